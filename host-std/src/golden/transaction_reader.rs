//! From the JSON of a transaction to the transaction.

use super::load::Code;
use super::transaction_data::{
    CommonData, L2CommonData, PaymasterParams, TransactionData, TransactionKind,
};
use crate::transaction::{
    CustomSignature, DecodeError, Ecdsa, Eip712, FactoryDep, FactoryDepError, L1Transaction,
    L2Kind, L2Transaction, MAX_FACTORY_DEPS, Paymaster, Rules, Signature, Transaction, parse_raw,
};
use core::fmt;
use eravm_core::{VersionedHash, Word};
use std::collections::HashMap;

/// Why a transaction of a golden cannot be encoded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TransactionDataError {
    /// It has no `common_data`.
    NoCommonData,
    /// It comes from L1 and has no `contractAddress`, or is of type 0x71 and has none.
    NoTarget,
    /// It has more code with it than any protocol version allows; how much.
    TooManyFactoryDeps(usize),
    /// Code that comes with it is not known.
    UnknownCode(VersionedHash),
    /// Code that comes with it is none.
    Code(VersionedHash, FactoryDepError),
    /// A transaction of type 0, 1 or 2 has what only other types have; the field.
    NotOfItsType(&'static str),
    /// A transaction of type 0, 1 or 2 has a signature that is not r, s and 27 or 28; the number of bytes.
    Signature(usize),
    /// The raw form of a legacy transaction cannot be read, so that its chain is not known.
    Raw(DecodeError),
    /// Its `upgradeId` is not `Version` and a number.
    UpgradeId(String),
}

impl fmt::Display for TransactionDataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCommonData => f.write_str("common_data is missing: who sent it is not known"),
            Self::NoTarget => f.write_str(
                "execute.contractAddress is missing, which only types 0, 1 and 2 may leave out",
            ),
            Self::TooManyFactoryDeps(count) => write!(
                f,
                "execute.factoryDeps has {count} items, more than the {MAX_FACTORY_DEPS} that are allowed"
            ),
            Self::UnknownCode(hash) => {
                write!(f, "execute.factoryDeps names {hash}, which is not in the code file")
            }
            Self::Code(hash, error) => {
                write!(f, "execute.factoryDeps names {hash}, which cannot be sent: {error}")
            }
            Self::NotOfItsType(field) => {
                write!(f, "{field} has a value that transactions of this type cannot carry")
            }
            Self::Signature(bytes) => write!(
                f,
                "common_data.L2.signature has {bytes} bytes that are not r, s and 27 or 28, as its type demands"
            ),
            Self::Raw(error) => write!(f, "common_data.L2.input.data: {error}"),
            Self::UpgradeId(text) => write!(
                f,
                "common_data.ProtocolUpgrade.upgradeId is {text:.80?} where `Version` and a number is expected"
            ),
        }
    }
}

impl core::error::Error for TransactionDataError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Code(_, error) => Some(error),
            Self::Raw(error) => Some(error),
            _ => None,
        }
    }
}

/// Code that comes with transactions, by hash. Transactions of a batch share it.
#[derive(Clone, Debug)]
pub struct FactoryDeps<'a> {
    code: &'a Code,
    known: HashMap<VersionedHash, FactoryDep>,
}

impl<'a> FactoryDeps<'a> {
    /// From the code of a golden.
    pub fn new(code: &'a Code) -> Self {
        Self { code, known: HashMap::new() }
    }

    /// The code with a hash.
    ///
    /// # Errors
    /// If it is not known or cannot come with a transaction.
    pub fn get(&mut self, hash: &VersionedHash) -> Result<FactoryDep, TransactionDataError> {
        if let Some(dep) = self.known.get(hash) {
            return Ok(dep.clone());
        }
        let program = self.code.get(hash).ok_or(TransactionDataError::UnknownCode(*hash))?;
        let bytes: Vec<u8> = program.words().iter().flat_map(Word::to_be_bytes).collect();
        let dep =
            FactoryDep::new(bytes).map_err(|error| TransactionDataError::Code(*hash, error))?;
        // Blobs of foreign code are kept as words, too, but under another hash.
        if dep.hash() != *hash {
            return Err(TransactionDataError::UnknownCode(*hash));
        }
        self.known.insert(*hash, dep.clone());
        Ok(dep)
    }
}

impl TransactionData {
    /// The transaction. `chain_id` is that of the batch.
    ///
    /// What it pays and does is in the JSON, and so is the signature that its account gets; the raw form, which may differ, only says
    /// whether a legacy transaction names its chain. Written raw, a transaction of type 0x71 may therefore differ from what
    /// was sent in what nobody reads: see [`CustomSignature::unused`], and a paymaster with address zero.
    ///
    /// # Errors
    /// If it is not a transaction, or code that comes with it is not known.
    pub fn transaction(
        &self,
        chain_id: u64,
        code: &mut FactoryDeps<'_>,
    ) -> Result<Transaction, TransactionDataError> {
        let common = self.common_data.as_ref().ok_or(TransactionDataError::NoCommonData)?;
        let hashes = &self.execute.factory_deps;
        if hashes.len() > MAX_FACTORY_DEPS {
            return Err(TransactionDataError::TooManyFactoryDeps(hashes.len()));
        }
        let deps: Result<Vec<_>, _> = hashes.iter().map(|hash| code.get(&hash.0)).collect();
        let deps = deps?;
        match common {
            CommonData::L2(common) => self.to_l2(common, chain_id, deps).map(Transaction::L2),
            CommonData::L1(common) => self
                .with_action(L1Transaction {
                    from: common.sender.0,
                    gas_limit: common.gas_limit.0,
                    gas_per_pubdata_limit: common.gas_per_pubdata_limit.0,
                    max_fee_per_gas: common.max_fee_per_gas.0,
                    nonce: Word::from_u64(common.serial_id),
                    to_mint: common.to_mint.0,
                    refund_recipient: common.refund_recipient.0,
                    factory_deps: deps,
                    ..L1Transaction::default()
                })
                .map(Transaction::Priority),
            CommonData::ProtocolUpgrade(common) => {
                let version = upgrade_version(&common.upgrade_id)?;
                self.with_action(L1Transaction {
                    from: common.sender.0,
                    gas_limit: common.gas_limit.0,
                    gas_per_pubdata_limit: common.gas_per_pubdata_limit.0,
                    max_fee_per_gas: common.max_fee_per_gas.0,
                    nonce: Word::from_u64(u64::from(version)),
                    to_mint: common.to_mint.0,
                    refund_recipient: common.refund_recipient.0,
                    factory_deps: deps,
                    ..L1Transaction::default()
                })
                .map(Transaction::Upgrade)
            }
        }
    }

    /// Fills in what the transaction does.
    fn with_action(&self, common: L1Transaction) -> Result<L1Transaction, TransactionDataError> {
        let to = self.execute.contract_address.ok_or(TransactionDataError::NoTarget)?.0;
        let calldata = self.execute.calldata.0.clone();
        Ok(L1Transaction { to, value: self.execute.value.0, calldata, ..common })
    }

    fn to_l2(
        &self,
        common: &L2CommonData,
        chain_id: u64,
        factory_deps: Vec<FactoryDep>,
    ) -> Result<L2Transaction, TransactionDataError> {
        let to = self.execute.contract_address.map(|to| to.0);
        self.check_type(common)?;
        let kind = match common.transaction_type {
            TransactionKind::LegacyTransaction => L2Kind::Legacy {
                chain_id: legacy_chain(common, chain_id)?,
                gas_price: common.fee.max_fee_per_gas.0,
                signature: common.ecdsa()?,
            },
            TransactionKind::EIP2930Transaction => L2Kind::Eip2930 {
                chain_id,
                gas_price: common.fee.max_fee_per_gas.0,
                signature: common.ecdsa()?,
            },
            TransactionKind::EIP1559Transaction => L2Kind::Eip1559 {
                chain_id,
                max_fee_per_gas: common.fee.max_fee_per_gas.0,
                max_priority_fee_per_gas: common.fee.max_priority_fee_per_gas.0,
                signature: common.ecdsa()?,
            },
            TransactionKind::EIP712Transaction if to.is_none() => {
                return Err(TransactionDataError::NoTarget);
            }
            TransactionKind::EIP712Transaction => {
                L2Kind::Eip712(Box::new(eip_712(common, chain_id, factory_deps)))
            }
        };
        Ok(L2Transaction {
            from: common.initiator_address.0,
            to,
            nonce: Word::from_u64(common.nonce),
            gas_limit: common.fee.gas_limit.0,
            value: self.execute.value.0,
            calldata: self.execute.calldata.0.clone(),
            kind,
        })
    }
}

impl TransactionData {
    /// Checks that nothing would be lost because the type of the transaction has no field for it.
    ///
    /// The limit per byte of pubdata is an exception: whatever the JSON says, types 0, 1 and 2 have the default.
    fn check_type(&self, common: &L2CommonData) -> Result<(), TransactionDataError> {
        let tx_type = common.transaction_type;
        if tx_type == TransactionKind::EIP712Transaction {
            return Ok(());
        }
        let params = &common.paymaster_params;
        let fee = &common.fee;
        let has_two_prices = tx_type == TransactionKind::EIP1559Transaction;
        let wrong = if !self.execute.factory_deps.is_empty() {
            "execute.factoryDeps"
        } else if !params.paymaster.0.is_zero() || !params.paymaster_input.is_empty() {
            "common_data.L2.paymasterParams"
        } else if !has_two_prices && fee.max_priority_fee_per_gas != fee.max_fee_per_gas {
            "common_data.L2.fee.max_priority_fee_per_gas"
        } else {
            return Ok(());
        };
        Err(TransactionDataError::NotOfItsType(wrong))
    }
}

impl L2CommonData {
    fn ecdsa(&self) -> Result<Ecdsa, TransactionDataError> {
        let signature = Ecdsa::from_packed(&self.signature);
        signature.ok_or(TransactionDataError::Signature(self.signature.len()))
    }
}

fn eip_712(common: &L2CommonData, chain_id: u64, factory_deps: Vec<FactoryDep>) -> Eip712 {
    let PaymasterParams { paymaster, paymaster_input } = common.paymaster_params.clone();
    let is_paid = !paymaster.0.is_zero() || !paymaster_input.is_empty();
    let custom = || CustomSignature { bytes: common.signature.clone(), ..Default::default() };
    Eip712 {
        chain_id,
        max_fee_per_gas: common.fee.max_fee_per_gas.0,
        max_priority_fee_per_gas: common.fee.max_priority_fee_per_gas.0,
        gas_per_pubdata_limit: common.fee.gas_per_pubdata_limit.0,
        factory_deps,
        paymaster: is_paid.then_some(Paymaster { address: paymaster.0, input: paymaster_input }),
        signature: Ecdsa::from_packed(&common.signature)
            .map_or_else(|| Signature::Custom(custom()), Signature::Ecdsa),
    }
}

/// The chain of a legacy transaction, if it names one. A call, which has no raw form, does not.
fn legacy_chain(common: &L2CommonData, chain_id: u64) -> Result<Option<u64>, TransactionDataError> {
    let Some(input) = common.input.as_ref().filter(|input| !input.data.is_empty()) else {
        return Ok(None);
    };
    let rules = Rules { runs_evm: true, ..Rules::new(chain_id, u16::MAX) };
    let raw = parse_raw(&input.data, &rules).map_err(TransactionDataError::Raw)?;
    Ok(raw.kind.chain_id())
}

fn upgrade_version(text: &str) -> Result<u16, TransactionDataError> {
    let version = text.strip_prefix("Version").and_then(|number| number.parse().ok());
    version.ok_or_else(|| TransactionDataError::UpgradeId(text.chars().take(80).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn l2(tx_type: &str) -> Value {
        let mut signature = vec![1; 64];
        signature.push(28);
        json!({
            "common_data": {"L2": {
                "nonce": 7,
                "fee": {
                    "gas_limit": "0x5", "gas_per_pubdata_limit": "0x1",
                    "max_fee_per_gas": "0x3", "max_priority_fee_per_gas": "0x2"
                },
                "initiatorAddress": format!("0x{}", "11".repeat(20)),
                "signature": signature,
                "transactionType": tx_type,
                "input": null,
                "paymasterParams": {
                    "paymaster": format!("0x{}", "00".repeat(20)), "paymasterInput": []
                }
            }},
            "execute": {
                "contractAddress": format!("0x{}", "22".repeat(20)), "value": "0x4",
                "calldata": "0x0102", "factoryDeps": []
            }
        })
    }

    fn upgrade(id: &str) -> Value {
        let address = format!("0x{}", "33".repeat(20));
        json!({
            "common_data": {"ProtocolUpgrade": {
                "sender": address, "upgradeId": id, "gasLimit": "0x1", "maxFeePerGas": "0x2",
                "gasPerPubdataLimit": "0x3", "toMint": "0x4", "refundRecipient": address
            }},
            "execute": {"contractAddress": address}
        })
    }

    fn read(json: Value) -> Result<Transaction, TransactionDataError> {
        let data: TransactionData = serde_json::from_value(json).expect("it has the shape");
        data.transaction(270, &mut FactoryDeps::new(&Code::default()))
    }

    #[test]
    fn prices_depend_on_the_type() {
        let types = [
            ("LegacyTransaction", 3, 50_000),
            ("EIP2930Transaction", 3, 50_000),
            ("EIP1559Transaction", 2, 50_000),
            ("EIP712Transaction", 2, 1),
        ];
        for (tx_type, priority, pubdata) in types {
            let mut json = l2(tx_type);
            json["common_data"]["L2"]["fee"]["max_priority_fee_per_gas"] =
                json!(format!("{:#x}", priority));
            let read = read(json).unwrap();
            assert_eq!(read.max_fee_per_gas(), Word::from_u64(3));
            assert_eq!(read.max_priority_fee_per_gas(), Word::from_u64(priority));
            assert_eq!(read.gas_per_pubdata_limit(), Word::from_u64(pubdata));
            assert_eq!(read.calldata(), [1, 2]);
        }
    }

    #[test]
    fn nothing_is_lost() {
        let wrong = |json| match read(json) {
            Err(TransactionDataError::NotOfItsType(field)) => field,
            other => panic!("{other:?}"),
        };
        let field = "common_data.L2.fee.max_priority_fee_per_gas";
        assert_eq!(wrong(l2("LegacyTransaction")), field);
        assert_eq!(wrong(l2("EIP2930Transaction")), field);
        let mut json = l2("EIP1559Transaction");
        json["common_data"]["L2"]["paymasterParams"]["paymasterInput"] = json!([1]);
        assert_eq!(wrong(json), "common_data.L2.paymasterParams");
    }

    #[test]
    fn signatures_of_other_forms_are_for_accounts() {
        let with = |tx_type: &str, signature: &[u8]| {
            let mut json = l2(tx_type);
            json["common_data"]["L2"]["signature"] = json!(signature);
            read(json)
        };
        let wrong = TransactionDataError::Signature(65);
        assert_eq!(with("EIP1559Transaction", &[1; 65]), Err(wrong));
        let Ok(Transaction::L2(own)) = with("EIP712Transaction", &[1; 65]) else {
            panic!("the account judges it")
        };
        assert_eq!(*own.kind.signature(), [1; 65]);
        assert!(with("EIP712Transaction", &[]).is_ok());
    }

    #[test]
    fn mistakes_are_named() {
        let error = |json| read(json).unwrap_err();
        assert_eq!(error(json!({"execute": {}})), TransactionDataError::NoCommonData);
        let mut json = l2("EIP712Transaction");
        json["execute"]["contractAddress"] = Value::Null;
        assert_eq!(error(json), TransactionDataError::NoTarget);
        let mut json = upgrade("Version29");
        json["execute"] = json!({});
        assert_eq!(error(json), TransactionDataError::NoTarget);
        let hash = VersionedHash([1; 32]);
        let mut json = l2("EIP712Transaction");
        json["execute"]["factoryDeps"] = json!([hash.to_string()]);
        assert_eq!(error(json.clone()), TransactionDataError::UnknownCode(hash));
        json["execute"]["factoryDeps"] = json!(vec![hash.to_string(); 65]);
        assert_eq!(error(json), TransactionDataError::TooManyFactoryDeps(65));
        let mut json = l2("LegacyTransaction");
        json["common_data"]["L2"]["fee"]["max_priority_fee_per_gas"] = json!("0x3");
        json["common_data"]["L2"]["input"] = json!({"hash": hash.to_string(), "data": [4]});
        let raw = TransactionDataError::Raw(DecodeError::UnknownType(4));
        assert_eq!(error(json), raw);
    }

    #[test]
    fn the_nonce_of_an_upgrade_is_its_version() {
        let read = |id| read(upgrade(id)).map(|read| read.nonce());
        assert_eq!(read("Version29"), Ok(Word::from_u64(29)));
        for id in ["29", "Version", "Version-1", "Version65536", "version29"] {
            assert_eq!(read(id), Err(TransactionDataError::UpgradeId(id.to_owned())));
        }
    }
}
