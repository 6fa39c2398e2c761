//! The raw form of transactions: what `eth_sendRawTransaction` takes.

use super::error::{DecodeError, Field};
use super::factory_dep::{FactoryDep, max_factory_deps};
use super::keccak::hash;
use super::l2::{Eip712, L2Kind, L2Transaction, Paymaster};
use super::recovered_signer::RecoveredSigner;
use super::rlp::{Items, ListWriter};
use super::signature::{CustomSignature, Ecdsa, Signature, V_OFFSET};
use super::{EIP_712, EIP_1559, EIP_2930, PRIORITY, TransactionHash, UPGRADE};
use eravm_core::{Address, Word};

/// Most bytes of a raw transaction that are read by default: as many as the network's nodes allow its ABI encoding.
pub const MAX_RAW_BYTES: usize = 1 << 24;

/// First byte of RLP lists, with which legacy transactions begin.
const FIRST_LIST_BYTE: u8 = 0xc0;
/// Items of a legacy transaction.
const LEGACY_ITEMS: usize = 9;
/// Items of a transaction of type 1.
const EIP_2930_ITEMS: usize = 11;
/// Items of a transaction of type 2.
const EIP_1559_ITEMS: usize = 12;
/// Items of a transaction of type 0x71.
const EIP_712_ITEMS: usize = 16;
/// What is added to twice the number of the chain and the parity of y in `v` (EIP-155).
const V_OFFSET_WITH_CHAIN: u128 = 35;

/// What a raw transaction must keep to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// The chain.
    pub chain_id: u64,
    /// Most pieces of code that may come with a transaction.
    pub max_factory_deps: usize,
    /// Whether transactions may deploy EVM code.
    pub runs_evm: bool,
    /// Most bytes.
    pub max_bytes: usize,
}

impl Rules {
    /// The rules of a chain in a protocol version. EVM code is run from version 27 on, if the chain has an emulator.
    pub const fn new(chain_id: u64, protocol: u16) -> Self {
        Self {
            chain_id,
            max_factory_deps: max_factory_deps(protocol),
            runs_evm: protocol >= 27,
            max_bytes: MAX_RAW_BYTES,
        }
    }
}

impl L2Transaction {
    /// Reads a signed transaction from its raw form. Writing it again gives the same bytes.
    ///
    /// Types 0, 1 and 2 must have a valid signature, because it says whom they are from. Type 0x71 says that itself, and its account
    /// judges the signature: [`check_signer`](Self::check_signer) does so for accounts without code.
    ///
    /// Prices have at most 64 bits, as the network's nodes demand.
    ///
    /// # Errors
    /// If it is anything else than a transaction in its one canonical form that keeps to the rules.
    pub fn from_raw(raw: &[u8], rules: &Rules) -> Result<Self, DecodeError> {
        Ok(Self::from_raw_with_signer(raw, rules)?.0)
    }

    /// Reads a signed transaction as [`from_raw`](Self::from_raw) does. With it comes its signer, where that had to be recovered:
    /// not for type 0x71.
    ///
    /// # Errors
    /// As those of [`from_raw`](Self::from_raw).
    pub fn from_raw_with_signer(
        raw: &[u8],
        rules: &Rules,
    ) -> Result<(Self, Option<RecoveredSigner>), DecodeError> {
        let mut transaction = parse(raw, rules)?;
        if matches!(transaction.kind, L2Kind::Eip712(_)) {
            return Ok((transaction, None));
        }
        let signer = transaction.recover_signer().map_err(DecodeError::Signature)?;
        transaction.from = signer.address();
        Ok((transaction, Some(signer)))
    }

    /// The raw form.
    pub fn to_raw(&self) -> Vec<u8> {
        match &self.kind {
            L2Kind::Legacy { chain_id, signature, .. } => {
                let parity = u128::from(signature.y_is_odd);
                let v = match chain_id {
                    Some(chain_id) => 2 * u128::from(*chain_id) + V_OFFSET_WITH_CHAIN + parity,
                    None => u128::from(V_OFFSET) + parity,
                };
                let mut list = ListWriter::default();
                self.write_legacy(&mut list);
                list.number(&Word::from_u128(v)).number(&signature.r).number(&signature.s);
                list.finish(None)
            }
            L2Kind::Eip2930 { signature, .. } | L2Kind::Eip1559 { signature, .. } => {
                let mut list = ListWriter::default();
                self.write_with_access_list(&mut list);
                write_signature(&mut list, signature);
                list.finish(Some(self.kind.tx_type()))
            }
            L2Kind::Eip712(own) => {
                let mut list = ListWriter::default();
                self.write_eip_712(&mut list, own);
                list.finish(Some(EIP_712))
            }
        }
    }

    /// What types 0, 1, 2 and 0x71 have in a row.
    fn write_action(&self, list: &mut ListWriter) {
        list.number(&self.gas_limit).optional_address(self.to.as_ref());
        list.number(&self.value).bytes(&self.calldata);
    }

    fn write_legacy(&self, list: &mut ListWriter) {
        list.number(&self.nonce).number(&self.kind.max_fee_per_gas());
        self.write_action(list);
    }

    fn write_with_access_list(&self, list: &mut ListWriter) {
        list.number(&Word::from_u64(self.kind.chain_id().unwrap_or_default()));
        list.number(&self.nonce);
        if let L2Kind::Eip1559 { max_priority_fee_per_gas, .. } = &self.kind {
            list.number(max_priority_fee_per_gas);
        }
        list.number(&self.kind.max_fee_per_gas());
        self.write_action(list);
        list.list(&ListWriter::default());
    }

    fn write_eip_712(&self, list: &mut ListWriter, own: &Eip712) {
        list.number(&self.nonce);
        list.number(&own.max_priority_fee_per_gas).number(&own.max_fee_per_gas);
        self.write_action(list);
        let custom = match &own.signature {
            Signature::Ecdsa(signature) => {
                write_signature(list, signature);
                &[][..]
            }
            Signature::Custom(signature) => {
                signature.unused.iter().for_each(|number| {
                    list.number(number);
                });
                &signature.bytes
            }
        };
        list.number(&Word::from_u64(own.chain_id)).optional_address(Some(&self.from));
        let mut factory_deps = ListWriter::default();
        for dep in &own.factory_deps {
            factory_deps.bytes(dep.code());
        }
        let mut paymaster = ListWriter::default();
        if let Some(Paymaster { address, input }) = &own.paymaster {
            paymaster.optional_address(Some(address)).bytes(input);
        }
        list.number(&own.gas_per_pubdata_limit).list(&factory_deps).bytes(custom).list(&paymaster);
    }
}

fn write_signature(list: &mut ListWriter, signature: &Ecdsa) {
    list.number(&Word::from_u64(u64::from(signature.y_is_odd)));
    list.number(&signature.r).number(&signature.s);
}

/// The hash that is signed for types 0, 1 and 2.
pub(super) fn signed_hash(transaction: &L2Transaction) -> TransactionHash {
    let mut list = ListWriter::default();
    match &transaction.kind {
        L2Kind::Legacy { chain_id, .. } => {
            transaction.write_legacy(&mut list);
            if let Some(chain_id) = chain_id {
                list.number(&Word::from_u64(*chain_id)).number(&Word::ZERO).number(&Word::ZERO);
            }
            hash(&list.finish(None))
        }
        kind => {
            transaction.write_with_access_list(&mut list);
            hash(&list.finish(Some(kind.tx_type())))
        }
    }
}

/// Reads all that a raw transaction says. Whom types 0, 1 and 2 are from is left open.
pub(crate) fn parse(raw: &[u8], rules: &Rules) -> Result<L2Transaction, DecodeError> {
    if raw.len() > rules.max_bytes {
        return Err(DecodeError::TooLong { bytes: raw.len(), limit: rules.max_bytes });
    }
    let (&first, rest) = raw.split_first().ok_or(DecodeError::Empty)?;
    let transaction = match first {
        // As lists they would be longer than memory.
        PRIORITY | UPGRADE => return Err(DecodeError::OnlyFromL1(first)),
        FIRST_LIST_BYTE.. => legacy(raw),
        EIP_2930 => eip_2930(rest),
        EIP_1559 => eip_1559(rest),
        EIP_712 => eip_712(rest, rules),
        _ => return Err(DecodeError::UnknownType(first)),
    }?;
    if transaction.to.is_none() && !rules.runs_evm {
        return Err(DecodeError::NoEvm);
    }
    match transaction.kind.chain_id() {
        Some(found) if found != rules.chain_id => {
            Err(DecodeError::WrongChain { found, expected: rules.chain_id })
        }
        _ => Ok(transaction),
    }
}

fn legacy(raw: &[u8]) -> Result<L2Transaction, DecodeError> {
    let mut items = Items::all_of(raw, LEGACY_ITEMS)?;
    let nonce = items.number(Field::Nonce)?;
    let gas_price = price(&mut items, Field::GasPrice)?;
    let action = Action::read(&mut items)?;
    let v = items.number(Field::V)?;
    let (chain_id, y_is_odd) = split_v(&v)?;
    let signature = read_signature(&mut items, y_is_odd)?;
    items.finish()?;
    Ok(action.with(nonce, L2Kind::Legacy { chain_id, gas_price, signature }))
}

/// The chain, if `v` names one, and whether y is odd.
fn split_v(v: &Word) -> Result<(Option<u64>, bool), DecodeError> {
    let wide = v.low_u128();
    if Word::from_u128(wide) != *v {
        return Err(DecodeError::TooLarge { field: Field::V, bits: 128 });
    }
    if let Some(number) = wide.checked_sub(V_OFFSET_WITH_CHAIN) {
        let chain_id = u64::try_from(number / 2);
        let chain_id =
            chain_id.map_err(|_| DecodeError::TooLarge { field: Field::ChainId, bits: 64 })?;
        return Ok((Some(chain_id), number % 2 == 1));
    }
    match wide.checked_sub(u128::from(V_OFFSET)) {
        Some(parity @ 0..=1) => Ok((None, parity == 1)),
        _ => Err(DecodeError::Parity(*v)),
    }
}

fn eip_2930(rest: &[u8]) -> Result<L2Transaction, DecodeError> {
    let mut items = Items::all_of(rest, EIP_2930_ITEMS)?;
    let chain_id = items.number_64(Field::ChainId)?;
    let nonce = items.number(Field::Nonce)?;
    let gas_price = price(&mut items, Field::GasPrice)?;
    let action = Action::read(&mut items)?;
    let signature = behind_access_list(&mut items)?;
    items.finish()?;
    Ok(action.with(nonce, L2Kind::Eip2930 { chain_id, gas_price, signature }))
}

fn eip_1559(rest: &[u8]) -> Result<L2Transaction, DecodeError> {
    let mut items = Items::all_of(rest, EIP_1559_ITEMS)?;
    let chain_id = items.number_64(Field::ChainId)?;
    let nonce = items.number(Field::Nonce)?;
    let max_priority_fee_per_gas = price(&mut items, Field::MaxPriorityFeePerGas)?;
    let max_fee_per_gas = price(&mut items, Field::MaxFeePerGas)?;
    let action = Action::read(&mut items)?;
    let signature = behind_access_list(&mut items)?;
    items.finish()?;
    let kind = L2Kind::Eip1559 { chain_id, max_fee_per_gas, max_priority_fee_per_gas, signature };
    Ok(action.with(nonce, kind))
}

fn eip_712(rest: &[u8], rules: &Rules) -> Result<L2Transaction, DecodeError> {
    let mut items = Items::all_of(rest, EIP_712_ITEMS)?;
    let nonce = items.number(Field::Nonce)?;
    let max_priority_fee_per_gas = price(&mut items, Field::MaxPriorityFeePerGas)?;
    let max_fee_per_gas = price(&mut items, Field::MaxFeePerGas)?;
    let action = Action::read(&mut items)?;
    if action.to.is_none() {
        return Err(DecodeError::NoTarget);
    }
    let vrs = [items.number(Field::V)?, items.number(Field::R)?, items.number(Field::S)?];
    let chain_id = items.number_64(Field::ChainId)?;
    let from = items.address(Field::From)?;
    let gas_per_pubdata_limit = price(&mut items, Field::GasPerPubdataLimit)?;
    let factory_deps = read_factory_deps(&mut items, rules.max_factory_deps)?;
    let custom = items.bytes(Field::CustomSignature)?;
    let paymaster = read_paymaster(&mut items)?;
    items.finish()?;
    let [v, r, s] = vrs;
    let signature = if custom.is_empty() {
        Signature::Ecdsa(Ecdsa { r, s, y_is_odd: parity(&v)? })
    } else {
        Signature::Custom(CustomSignature { bytes: custom.to_vec(), unused: vrs })
    };
    let kind = L2Kind::Eip712(Box::new(Eip712 {
        chain_id,
        max_fee_per_gas,
        max_priority_fee_per_gas,
        gas_per_pubdata_limit,
        factory_deps,
        paymaster,
        signature,
    }));
    Ok(L2Transaction { from, ..action.with(nonce, kind) })
}

/// What types 0, 1, 2 and 0x71 have in a row.
struct Action<'a> {
    gas_limit: Word,
    to: Option<Address>,
    value: Word,
    data: &'a [u8],
}

impl<'a> Action<'a> {
    fn read(items: &mut Items<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            gas_limit: items.number(Field::GasLimit)?,
            to: items.optional_address(Field::To)?,
            value: items.number(Field::Value)?,
            data: items.bytes(Field::Data)?,
        })
    }

    fn with(self, nonce: Word, kind: L2Kind) -> L2Transaction {
        let Self { gas_limit, to, value, data } = self;
        let calldata = data.to_vec();
        L2Transaction { to, nonce, gas_limit, value, calldata, ..L2Transaction::new(kind) }
    }
}

/// A number that nodes limit to 64 bits although its field is wider.
fn price(items: &mut Items<'_>, field: Field) -> Result<Word, DecodeError> {
    items.number_64(field).map(Word::from_u64)
}

/// The access list, which must be empty, and the signature.
fn behind_access_list(items: &mut Items<'_>) -> Result<Ecdsa, DecodeError> {
    if !items.list(Field::AccessList, None)?.is_empty() {
        return Err(DecodeError::AccessList);
    }
    let y_is_odd = parity(&items.number(Field::V)?)?;
    read_signature(items, y_is_odd)
}

fn parity(v: &Word) -> Result<bool, DecodeError> {
    match v.to_u64() {
        Some(0) => Ok(false),
        Some(1) => Ok(true),
        _ => Err(DecodeError::Parity(*v)),
    }
}

fn read_signature(items: &mut Items<'_>, y_is_odd: bool) -> Result<Ecdsa, DecodeError> {
    Ok(Ecdsa { r: items.number(Field::R)?, s: items.number(Field::S)?, y_is_odd })
}

fn read_factory_deps(items: &mut Items<'_>, limit: usize) -> Result<Vec<FactoryDep>, DecodeError> {
    let mut list = items.list(Field::FactoryDeps, None)?;
    let mut factory_deps = Vec::new();
    while !list.is_empty() {
        let index = factory_deps.len();
        if index == limit {
            return Err(DecodeError::TooManyFactoryDeps { limit });
        }
        let dep = FactoryDep::new(list.bytes(Field::FactoryDep(index))?);
        factory_deps.push(dep.map_err(|error| DecodeError::FactoryDep { index, error })?);
    }
    Ok(factory_deps)
}

/// The paymaster: an empty list for none, or its address and input.
fn read_paymaster(items: &mut Items<'_>) -> Result<Option<Paymaster>, DecodeError> {
    let mut list = items.list(Field::PaymasterParams, Some(2))?;
    if list.is_empty() {
        return Ok(None);
    }
    let address = list.address(Field::Paymaster)?;
    let input = list.bytes(Field::PaymasterInput)?.to_vec();
    list.finish()?;
    Ok(Some(Paymaster { address, input }))
}
