//! From what a batch file says of a transaction to the transaction.

use super::code::CodeLoader;
use super::deploy;
use super::error::{BatchFileError, BatchFileErrorKind as Kind, TypeField};
use super::format::{Entry, Key, Request, TypeName};
use super::value::Amount;
use crate::system_contracts::addresses::FORCE_DEPLOYER;
use crate::transaction::{
    CustomSignature, DEFAULT_GAS_PER_PUBDATA_LIMIT, Eip712, FactoryDep, L1Transaction, L2Kind,
    L2Transaction, Paymaster, Rules, Signature, SignatureError, Transaction, address_of_key,
    max_factory_deps,
};
use eravm_core::{Address, Word};
use primitive_types::U256;

/// Gas of a transaction that does not say how much.
const DEFAULT_GAS: u64 = 20_000_000;
/// What priority operations pay per byte of pubdata, in gas: what the network's contracts on L1 demand
/// (`REQUIRED_L2_GAS_PRICE_PER_PUBDATA`).
const PRIORITY_GAS_PER_PUBDATA: u64 = 800;

/// A transaction of a batch file. What depends on the course of the batch is open: its nonce, and so its signature.
#[derive(Clone, Debug)]
pub struct PlannedTransaction {
    /// Where it is in the file, as `transactions[3]`.
    pub place: String,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    /// Nothing is open.
    Ready(Box<Transaction>),
    /// The nonce may be open, and the signature is if there is a key.
    Open { transaction: Box<L2Transaction>, next_nonce: bool, key: Option<[u8; 32]> },
}

impl PlannedTransaction {
    /// Who sends it.
    pub fn sender(&self) -> Address {
        match &self.form {
            Form::Ready(transaction) => transaction.sender(),
            Form::Open { transaction, .. } => transaction.from,
        }
    }

    /// Whether it comes from L1.
    pub fn is_from_l1(&self) -> bool {
        matches!(&self.form, Form::Ready(transaction) if transaction.is_from_l1())
    }

    /// The transaction, signed if it is the command that signs; with this nonce if the file gives it none.
    ///
    /// # Errors
    /// If it cannot be signed.
    pub fn transaction(&self, next_nonce: Word) -> Result<Transaction, BatchFileError> {
        match &self.form {
            Form::Ready(transaction) => Ok(Transaction::clone(transaction)),
            Form::Open { transaction, next_nonce: is_open, key } => {
                let mut transaction = L2Transaction::clone(transaction);
                if *is_open {
                    transaction.nonce = next_nonce;
                }
                let Some(key) = key else { return Ok(transaction.into()) };
                let signed = transaction.sign(key);
                signed.map(Transaction::L2).map_err(|error| self.unsigned(error))
            }
        }
    }

    fn unsigned(&self, error: SignatureError) -> BatchFileError {
        Kind::Signature(error).at(format!("{}.key", self.place))
    }
}

/// What all transactions of a batch have in common.
#[derive(Debug)]
pub(super) struct Planner {
    pub(super) protocol: u16,
    pub(super) chain_id: u64,
    pub(super) runs_evm: bool,
    pub(super) base_fee: u64,
    pub(super) code: CodeLoader,
    /// Priority operations so far.
    pub(super) priority_operations: u64,
}

impl Planner {
    pub(super) fn plan(
        &mut self,
        entry: Entry,
        place: String,
    ) -> Result<PlannedTransaction, BatchFileError> {
        let form = match entry {
            Entry::Raw(bytes) => {
                let mut rules = Rules::new(self.chain_id, self.protocol);
                rules.runs_evm &= self.runs_evm;
                let read = L2Transaction::from_raw(&bytes.0, &rules);
                let read = read.map_err(|error| Kind::Raw(error).at(place.as_str()))?;
                Form::Ready(Box::new(read.into()))
            }
            Entry::Request(request) => self.request(*request, &place)?,
        };
        Ok(PlannedTransaction { place, form })
    }

    fn request(&mut self, mut request: Request, place: &str) -> Result<Form, BatchFileError> {
        let kind = request.kind();
        request.check_fields(kind).map_err(|(field, kind)| kind.at(format!("{place}.{field}")))?;
        let mut factory_deps = self.factory_deps(&request, place)?;
        if let Some(deployment) = request.deploy.take() {
            let code = self.code.load(&deployment.code, || format!("{place}.deploy.code"))?;
            let (deps, missing) = code.with_dependencies();
            for (hash, name) in missing {
                if !factory_deps.iter().any(|dep| dep.hash() == hash.at_rest()) {
                    let error = Kind::MissingDependency { hash, name };
                    return Err(error.at(format!("{place}.deploy.code")));
                }
            }
            deploy::fill_in(&mut request, &deployment, code.dep.hash());
            for dep in deps {
                if !factory_deps.contains(&dep) {
                    factory_deps.push(dep);
                }
            }
        }
        let (count, limit) = (factory_deps.len(), max_factory_deps(self.protocol));
        if count > limit {
            let error = Kind::TooManyFactoryDeps { count, limit };
            return Err(error.at(format!("{place}.factory_deps")));
        }
        match kind {
            TypeName::Priority => {
                let nonce = Word::from_u64(self.priority_operations);
                self.priority_operations = self.priority_operations.saturating_add(1);
                let operation = self.operation(&request, factory_deps, nonce, place)?;
                Ok(Form::Ready(Box::new(Transaction::Priority(operation))))
            }
            TypeName::Upgrade => {
                let nonce = Word::from_u64(self.protocol.into());
                let upgrade = self.operation(&request, factory_deps, nonce, place)?;
                Ok(Form::Ready(Box::new(Transaction::Upgrade(upgrade))))
            }
            _ => self.to_l2(request, kind, factory_deps, place),
        }
    }

    fn factory_deps(
        &mut self,
        request: &Request,
        place: &str,
    ) -> Result<Vec<FactoryDep>, BatchFileError> {
        let mut deps = Vec::new();
        for (index, code) in request.factory_deps.iter().enumerate() {
            let code = self.code.load(code, || format!("{place}.factory_deps[{index}]"))?;
            let own = code.with_dependencies().0;
            deps.extend(own);
        }
        Ok(deps)
    }

    fn operation(
        &self,
        request: &Request,
        factory_deps: Vec<FactoryDep>,
        nonce: Word,
        place: &str,
    ) -> Result<L1Transaction, BatchFileError> {
        let is_upgrade = request.kind() == TypeName::Upgrade;
        let from = match &request.from {
            Some(from) => from.address(),
            None if is_upgrade => FORCE_DEPLOYER,
            None => return Err(Kind::NoSender.at(place)),
        };
        let to = request.to.as_ref().ok_or_else(|| Kind::NoTarget.at(place))?.address();
        let gas_limit = word(request.gas, DEFAULT_GAS);
        let price = if is_upgrade { 0 } else { self.base_fee };
        let max_fee_per_gas = word(request.max_fee_per_gas, price);
        let value = word(request.value, 0);
        let cost = U256::from(gas_limit).checked_mul(max_fee_per_gas.into());
        let cost = cost.and_then(|gas| gas.checked_add(value.into()));
        let to_mint = match (request.to_mint, cost) {
            (Some(amount), _) => amount.0,
            (None, Some(cost)) => cost.into(),
            (None, None) => return Err(Kind::Cost.at(place)),
        };
        let refund_recipient = request.refund_recipient.as_ref();
        Ok(L1Transaction {
            from,
            to,
            gas_limit,
            gas_per_pubdata_limit: word(request.gas_per_pubdata, PRIORITY_GAS_PER_PUBDATA),
            max_fee_per_gas,
            nonce: request.nonce.map_or(nonce, |nonce| nonce.0),
            value,
            to_mint,
            refund_recipient: refund_recipient.map_or(from, |account| account.address()),
            calldata: request.data.clone().unwrap_or_default().0,
            factory_deps,
        })
    }

    fn to_l2(
        &self,
        request: Request,
        kind: TypeName,
        factory_deps: Vec<FactoryDep>,
        place: &str,
    ) -> Result<Form, BatchFileError> {
        let is_712 = kind == TypeName::Eip712;
        let key = request.signing_key(place)?;
        let signer = key.map(|key| address_of_key(&key)).transpose();
        let signer = signer.map_err(|error| Kind::Signature(error).at(format!("{place}.key")))?;
        let from = match (&request.from, signer) {
            (Some(from), Some(signer)) if !is_712 && from.address() != signer => {
                let error = Kind::OtherSender { signer, from: from.address() };
                return Err(error.at(format!("{place}.from")));
            }
            (Some(from), _) => from.address(),
            (None, Some(signer)) => signer,
            (None, None) => return Err(Kind::NoSender.at(place)),
        };
        let to = request.to.as_ref().map(|to| to.address());
        let calldata = request.data.clone().unwrap_or_default().0;
        if to.is_none() && (is_712 || !self.runs_evm || calldata.is_empty()) {
            return Err(Kind::NoTarget.at(place));
        }
        let transaction = L2Transaction {
            from,
            to,
            nonce: request.nonce.unwrap_or_default().0,
            gas_limit: word(request.gas, DEFAULT_GAS),
            value: word(request.value, 0),
            calldata,
            kind: self.l2_kind(&request, kind, factory_deps),
        };
        let next_nonce = request.nonce.is_none();
        Ok(Form::Open { transaction: Box::new(transaction), next_nonce, key })
    }

    fn l2_kind(&self, request: &Request, kind: TypeName, factory_deps: Vec<FactoryDep>) -> L2Kind {
        let chain_id = self.chain_id;
        let price = word(request.max_fee_per_gas, self.base_fee);
        let tip = word(request.max_priority_fee_per_gas, 0);
        match kind {
            TypeName::Legacy => L2Kind::Legacy {
                chain_id: Some(chain_id),
                gas_price: price,
                signature: Default::default(),
            },
            TypeName::Eip2930 => {
                L2Kind::Eip2930 { chain_id, gas_price: price, signature: Default::default() }
            }
            TypeName::Eip712 => L2Kind::Eip712(Box::new(Eip712 {
                chain_id,
                max_fee_per_gas: price,
                max_priority_fee_per_gas: tip,
                gas_per_pubdata_limit: word(request.gas_per_pubdata, DEFAULT_GAS_PER_PUBDATA_LIMIT),
                factory_deps,
                paymaster: request.paymaster.as_ref().map(|paymaster| Paymaster {
                    address: paymaster.address.address(),
                    input: paymaster.input.0.clone(),
                }),
                signature: Signature::Custom(CustomSignature {
                    bytes: request.signature.clone().unwrap_or_default().0,
                    unused: Default::default(),
                }),
            })),
            TypeName::Eip1559 | TypeName::Priority | TypeName::Upgrade => L2Kind::Eip1559 {
                chain_id,
                max_fee_per_gas: price,
                max_priority_fee_per_gas: tip,
                signature: Default::default(),
            },
        }
    }
}

impl Request {
    /// Its type: the one that it says, or the simplest that has all its fields.
    fn kind(&self) -> TypeName {
        let needs_712 = self.deploy.is_some()
            || !self.factory_deps.is_empty()
            || self.paymaster.is_some()
            || self.gas_per_pubdata.is_some()
            || self.signature.is_some();
        self.kind.unwrap_or(if needs_712 { TypeName::Eip712 } else { TypeName::Eip1559 })
    }

    /// Refuses fields that its type does not have.
    fn check_fields(&self, kind: TypeName) -> Result<(), (&'static str, Kind)> {
        let from_l1 = matches!(kind, TypeName::Priority | TypeName::Upgrade);
        let (is_712, one_price) =
            (kind == TypeName::Eip712, matches!(kind, TypeName::Legacy | TypeName::Eip2930));
        let own_code = "`eip712`, `priority` or `upgrade`";
        let fields = [
            ("key", self.key.is_some(), !from_l1, "a type that is signed"),
            ("signature", self.signature.is_some(), is_712, "`eip712`"),
            ("gas_per_pubdata", self.gas_per_pubdata.is_some(), is_712 || from_l1, own_code),
            ("factory_deps", !self.factory_deps.is_empty(), is_712 || from_l1, own_code),
            ("deploy", self.deploy.is_some(), is_712, "`eip712`"),
            ("paymaster", self.paymaster.is_some(), is_712, "`eip712`"),
            (
                "max_priority_fee_per_gas",
                self.max_priority_fee_per_gas.is_some(),
                !from_l1 && !one_price,
                "`eip1559` or `eip712`",
            ),
            ("to_mint", self.to_mint.is_some(), from_l1, "`priority` or `upgrade`"),
            (
                "refund_recipient",
                self.refund_recipient.is_some(),
                from_l1,
                "`priority` or `upgrade`",
            ),
        ];
        for (field, is_there, is_allowed, takes) in fields {
            if is_there && !is_allowed {
                return Err((field, Kind::NotOfType(TypeField { kind, takes })));
            }
        }
        let with_deploy = [("to", self.to.is_some()), ("data", self.data.is_some())]
            .into_iter()
            .find(|(_, is)| *is);
        match with_deploy {
            Some((field, _)) if self.deploy.is_some() => Err((field, Kind::DeployAndTarget)),
            _ => Ok(()),
        }
    }

    /// The key that signs; none if the signature is in the file.
    fn signing_key(&self, place: &str) -> Result<Option<[u8; 32]>, BatchFileError> {
        if self.signature.is_some() {
            return match &self.key {
                None => Ok(None),
                Some(_) => {
                    let error =
                        TypeField { kind: self.kind(), takes: "`key` or `signature` alone" };
                    Err(Kind::NotOfType(error).at(format!("{place}.key")))
                }
            };
        }
        let key = match (&self.key, &self.from) {
            (Some(Key::Bytes(bytes)), _) => {
                let key = <[u8; 32]>::try_from(&bytes[..]);
                let error = |_| Kind::KeyLength(bytes.len()).at(format!("{place}.key"));
                return key.map(Some).map_err(error);
            }
            (Some(Key::Test(account)), _) | (None, Some(account)) => account,
            (None, None) => return Err(Kind::NoSender.at(place)),
        };
        match key.key() {
            Some(key) => Ok(Some(key)),
            None => Err(Kind::NoKey(key.address()).at(format!("{place}.from"))),
        }
    }
}

fn word(amount: Option<Amount>, default: u64) -> Word {
    amount.map_or(Word::from_u64(default), |amount| amount.0)
}
