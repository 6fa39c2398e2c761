//! Overrides as JSON: the third parameter of `eth_call`.
//!
//! ```
//! use eravm_host::oneshot::StateOverrides;
//!
//! let text = r#"{
//!     "0x8006": { "stateDiff": { "0x1": "0x2a" } },
//!     "alice": { "balance": "5 ether", "nonce": 7, "code": { "evm": "0x00" } }
//! }"#;
//! assert_eq!(StateOverrides::from_json(text.as_bytes())?.accounts.len(), 2);
//! let error = StateOverrides::from_json(br#"{"alice": {"balanse": 1}}"#).unwrap_err();
//! assert!(error.to_string().starts_with("at alice.balanse: unknown field `balanse`"));
//! # Ok::<(), eravm_host::oneshot::OverridesJsonError>(())
//! ```

use super::overrides::{
    AccountOverride, CodeOverride, CodeOverrideError, EvmCode, StateOverrides, StorageOverride,
};
use crate::batch_file::{Account, Amount, Bytes, Number, Pairs};
use core::fmt;
use eravm_core::Word;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use std::collections::BTreeMap;

/// JSON that says no overrides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OverridesJsonError {
    /// Where, as `alice.code`; empty for the text as a whole.
    pub place: String,
    /// What is wrong there, with line and column.
    pub message: String,
}

impl fmt::Display for OverridesJsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" => write!(f, "cannot be used: {}", self.message),
            place => write!(f, "at {place}: {}", self.message),
        }
    }
}

impl core::error::Error for OverridesJsonError {}

impl StateOverrides {
    /// Reads JSON: accounts with `balance`, `nonce`, `code`, and `state` (these slots, and no others) or `stateDiff` (these slots,
    /// and the others as they are). Accounts and numbers are written as in a batch file, which includes how the network's API writes them.
    ///
    /// `code` is a text, of which what may be EraVM bytecode is ([`CodeOverride::detect`]); or `{"eravm": …}` or `{"evm": …}`.
    ///
    /// # Errors
    /// If it is nothing of the kind, has another field, or has something twice.
    pub fn from_json(bytes: &[u8]) -> Result<Self, OverridesJsonError> {
        let wrong = |at: String, error: serde_json::Error| OverridesJsonError {
            place: if at == "." { String::new() } else { at },
            message: error.to_string(),
        };
        let mut source = serde_json::Deserializer::from_slice(bytes);
        let root: Root = serde_path_to_error::deserialize(&mut source)
            .map_err(|error| wrong(error.path().to_string(), error.into_inner()))?;
        source.end().map_err(|error| wrong(String::new(), error))?;
        Ok(root.0)
    }
}

#[derive(serde::Deserialize)]
#[serde(try_from = "Pairs<Account, OneAccount>")]
struct Root(StateOverrides);

impl TryFrom<Pairs<Account, OneAccount>> for Root {
    type Error = String;

    fn try_from(pairs: Pairs<Account, OneAccount>) -> Result<Self, String> {
        let mut accounts = BTreeMap::new();
        for (account, override_) in pairs.0 {
            let address = account.address();
            if accounts.insert(address, override_.0).is_some() {
                return Err(format!(
                    "the account {address:?} is there twice: put everything into one object"
                ));
            }
        }
        Ok(Self(StateOverrides { accounts }))
    }
}

#[derive(serde::Deserialize)]
#[serde(try_from = "Fields")]
struct OneAccount(AccountOverride);

#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
struct Fields {
    balance: Option<Amount>,
    nonce: Option<Number<u128>>,
    code: Option<Code>,
    state: Option<Slots>,
    state_diff: Option<Slots>,
}

impl TryFrom<Fields> for OneAccount {
    type Error = &'static str;

    fn try_from(fields: Fields) -> Result<Self, &'static str> {
        let storage = match (fields.state, fields.state_diff) {
            (None, None) => StorageOverride::Unchanged,
            (Some(slots), None) => StorageOverride::All(slots.0),
            (None, Some(slots)) => StorageOverride::Some(slots.0),
            (Some(_), Some(_)) => {
                return Err("there are both `state` and `stateDiff`: leave one of them out");
            }
        };
        Ok(Self(AccountOverride {
            balance: fields.balance.map(|balance| balance.0),
            nonce: fields.nonce.map(|nonce| nonce.0),
            code: fields.code.map(|code| code.0),
            storage,
        }))
    }
}

#[derive(serde::Deserialize)]
#[serde(try_from = "Pairs<Amount, Amount>")]
struct Slots(BTreeMap<Word, Word>);

impl TryFrom<Pairs<Amount, Amount>> for Slots {
    type Error = String;

    fn try_from(pairs: Pairs<Amount, Amount>) -> Result<Self, String> {
        let mut slots = BTreeMap::new();
        for (key, value) in pairs.0 {
            if slots.insert(key.0, value.0).is_some() {
                return Err(format!("the slot {} is there twice: leave one of them out", key.0));
            }
        }
        Ok(Self(slots))
    }
}

struct Code(CodeOverride);

/// Code of a kind that is said.
#[derive(serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum KnownCode {
    EraVm(Bytes),
    Evm(Bytes),
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CodeVisitor)
    }
}

struct CodeVisitor;

impl<'de> Visitor<'de> for CodeVisitor {
    type Value = Code;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("code: a text, {\"eravm\": text} or {\"evm\": text}")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Code, E> {
        let bytes = Bytes::deserialize(StrDeserializer::new(text))?;
        usable(CodeOverride::detect(bytes.0))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Code, A::Error> {
        match KnownCode::deserialize(MapAccessDeserializer::new(map))? {
            KnownCode::EraVm(code) => usable(CodeOverride::era_vm(code.0)),
            KnownCode::Evm(code) => usable(EvmCode::new(code.0).map(CodeOverride::Evm)),
        }
    }
}

fn usable<E: Error>(code: Result<CodeOverride, CodeOverrideError>) -> Result<Code, E> {
    code.map(Code).map_err(E::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch_file::TestAccount;

    fn error(text: &str) -> String {
        StateOverrides::from_json(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn all_fields_are_read() {
        let code = format!("0x{}", "00".repeat(32));
        let text = format!(
            r#"{{
                "0x8006": {{ "state": {{ "0x01": "0x2a", "2": 3 }}, "nonce": "0x5", "balance": null }},
                "0x1": {{ "code": "{code}", "stateDiff": {{}} }},
                "0x2": {{ "code": "0x6000" }},
                "0x3": {{ "code": {{ "evm": "{code}" }} }},
                "alice": {{ "balance": "0x10" }}
            }}"#
        );
        let overrides = StateOverrides::from_json(text.as_bytes()).unwrap();
        let of = |number| &overrides.accounts[&eravm_core::system_address(number)];
        let number = Word::from_u64;
        let slots = [(number(1), number(42)), (number(2), number(3))].into();
        let storage = StorageOverride::All(slots);
        let expected = AccountOverride { nonce: Some(5), storage, ..Default::default() };
        assert_eq!(*of(0x8006), expected);
        assert_eq!(of(1).storage, StorageOverride::Some(BTreeMap::new()));
        assert!(matches!(of(1).code, Some(CodeOverride::EraVm(_))));
        assert!(matches!(of(2).code, Some(CodeOverride::Evm(_))));
        // 32 bytes may be either, and it is said what they are.
        assert!(matches!(of(3).code, Some(CodeOverride::Evm(_))));
        let alice = TestAccount::new("alice").unwrap().address;
        assert_eq!(overrides.accounts[&alice].balance, Some(number(16)));
    }

    #[test]
    fn errors_say_where() {
        let cases = [
            ("[]", "cannot be used: invalid type"),
            ("{} {}", "cannot be used: trailing characters"),
            (r#"{"al ice": {}}"#, "at al ice: `al ice` is not an account"),
            (r#"{"alice": {"storage": {}}}"#, "at alice.storage: unknown field `storage`"),
            (r#"{"alice": {"nonce": -1}}"#, "at alice.nonce: "),
            (r#"{"alice": {"state": {}, "stateDiff": {}}}"#, "at alice: there are both"),
            (r#"{"0x1": {"state": {"0x1": 1, "1": 1}}}"#, "at 0x1.state: the slot 0x1 is there"),
            (r#"{"0x1": {}, "0x01": {}}"#, "cannot be used: the account 0x00000000000000"),
            (r#"{"0x1": {"code": "00"}}"#, "at 0x1.code: `00` is not bytes"),
            (r#"{"0x1": {"code": {"wasm": "0x"}}}"#, "at 0x1.code"),
            (r#"{"0x1": {"code": {"eravm": "0x00"}}}"#, "at 0x1.code: it is no EraVM bytecode"),
            (r#"{"0x1": {"code": {"evm": "0x", "eravm": "0x"}}}"#, "at 0x1.code"),
            (r#"{"0x1": {"code": 1}}"#, "at 0x1.code: invalid type"),
        ];
        for (text, expected) in cases {
            let error = error(text);
            assert!(error.starts_with(expected), "{text}: {error}");
        }
        let long = format!(r#"{{"0x1": {{"code": "0x{}"}}}}"#, "00".repeat(65536));
        assert!(error(&long).contains("EVM code has at most 65535 bytes, not 65536"));
    }
}
