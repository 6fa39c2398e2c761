//! JSON with places for errors, and the choice between the formats that are JSON.

use super::{Artifact, ArtifactErrorKind, Format, combined, hardhat, standard, zkout};
use crate::hex::{self, HexError};
use crate::number::quote;
use eravm_core::VersionedHash;
use serde_json::{Map, Value};

/// Reads an artifact that is JSON.
pub(super) fn parse(text: &str, stem: &str) -> Result<Artifact, ArtifactErrorKind> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| ArtifactErrorKind::Json(error.to_string()))?;
    from_value(&value, stem)
}

/// Chooses the format by shape.
pub(super) fn from_value(value: &Value, stem: &str) -> Result<Artifact, ArtifactErrorKind> {
    let Value::Object(top) = value else {
        return Err(ArtifactErrorKind::UnknownJson(vec![type_of(value).to_owned()]));
    };
    if let Some(output @ Value::Object(inner)) = top.get("output")
        && (inner.contains_key("contracts") || inner.contains_key("errors"))
    {
        let path = "output".to_owned();
        return standard::parse(Node { value: output, path, format: Format::StandardJson });
    }
    let node = |format| Node { value, path: String::new(), format };
    match (top.get("bytecode"), top.get("contracts")) {
        (Some(Value::Object(_)), _) => zkout::parse(node(Format::Zkout), stem),
        (Some(_), _) => hardhat::parse(node(Format::Hardhat), stem),
        (None, Some(Value::Object(contracts))) if is_combined(contracts) => {
            combined::parse(node(Format::CombinedJson))
        }
        (None, Some(_)) => standard::parse(node(Format::StandardJson)),
        (None, None) if top.contains_key("errors") => standard::parse(node(Format::StandardJson)),
        (None, None) => Err(ArtifactErrorKind::UnknownJson(top.keys().cloned().collect())),
    }
}

/// Whether the values below `contracts` are contracts themselves instead of files with contracts.
fn is_combined(contracts: &Map<String, Value>) -> bool {
    contracts.values().any(|value| {
        let Value::Object(members) = value else { return false };
        let strings = ["bin", "bin-runtime", "asm"];
        strings.iter().any(|&key| matches!(members.get(key), Some(Value::String(_))))
            || members.contains_key("factory-deps")
    })
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A value that knows its place.
pub(super) struct Node<'a> {
    pub(super) value: &'a Value,
    /// Keys from the top, with dots.
    pub(super) path: String,
    pub(super) format: Format,
}

impl<'a> Node<'a> {
    /// The member of an object, unless it is missing or null.
    pub(super) fn optional(&self, key: &str) -> Result<Option<Node<'a>>, ArtifactErrorKind> {
        let value = self.object()?.get(key).filter(|value| !value.is_null());
        Ok(value.map(|value| self.child(key, value)))
    }

    /// The member of an object.
    pub(super) fn member(&self, key: &str) -> Result<Node<'a>, ArtifactErrorKind> {
        match self.object()?.get(key) {
            Some(value) => Ok(self.child(key, value)),
            None => Err(ArtifactErrorKind::WrongType {
                format: self.format,
                path: self.child_path(key),
                expected: "a value",
                found: "missing",
            }),
        }
    }

    /// All members of an object.
    pub(super) fn members(&self) -> Result<Vec<(&'a str, Node<'a>)>, ArtifactErrorKind> {
        let members = self.object()?.iter();
        Ok(members.map(|(key, value)| (key.as_str(), self.child(key, value))).collect())
    }

    /// All items of a list.
    pub(super) fn items(&self) -> Result<Vec<Node<'a>>, ArtifactErrorKind> {
        match self.value {
            Value::Array(items) => Ok(items
                .iter()
                .enumerate()
                .map(|(at, value)| Node {
                    value,
                    path: format!("{}[{at}]", self.path),
                    format: self.format,
                })
                .collect()),
            _ => Err(self.wrong_type("a list")),
        }
    }

    /// A string.
    pub(super) fn string(&self) -> Result<&'a str, ArtifactErrorKind> {
        match self.value {
            Value::String(text) => Ok(text),
            _ => Err(self.wrong_type("a string")),
        }
    }

    /// The bytecode of `contract`: hexadecimal digits.
    pub(super) fn code(&self, contract: &str) -> Result<Vec<u8>, ArtifactErrorKind> {
        let text = self.string()?;
        match hex::decode(text) {
            Ok(code) => Ok(code),
            // Compilers leave `__$…$__` where the address of a library belongs.
            Err(HexError::NotADigit { found: '_', .. }) => Err(ArtifactErrorKind::Unlinked {
                contract: contract.to_owned(),
                library: placeholder(text),
            }),
            Err(error) => Err(self.bad_hex(error)),
        }
    }

    /// A versioned hash.
    pub(super) fn hash(&self) -> Result<VersionedHash, ArtifactErrorKind> {
        self.hash_of(self.string()?)
    }

    /// The versioned hash in a text that belongs here.
    pub(super) fn hash_of(&self, text: &str) -> Result<VersionedHash, ArtifactErrorKind> {
        let bytes = hex::decode(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        bytes.map(VersionedHash).ok_or_else(|| ArtifactErrorKind::BadHash {
            format: self.format,
            path: self.shown_path(),
            found: quote(text),
        })
    }

    /// Code that a contract deploys: an object from hashes to names.
    pub(super) fn dependencies(&self) -> Result<Vec<(VersionedHash, String)>, ArtifactErrorKind> {
        self.members()?
            .into_iter()
            .map(|(hash, name)| Ok((name.hash_of(hash)?, name.string()?.to_owned())))
            .collect()
    }

    fn bad_hex(&self, error: HexError) -> ArtifactErrorKind {
        ArtifactErrorKind::BadHex { format: self.format, path: self.shown_path(), error }
    }

    fn object(&self) -> Result<&'a Map<String, Value>, ArtifactErrorKind> {
        match self.value {
            Value::Object(members) => Ok(members),
            _ => Err(self.wrong_type("an object")),
        }
    }

    fn wrong_type(&self, expected: &'static str) -> ArtifactErrorKind {
        ArtifactErrorKind::WrongType {
            format: self.format,
            path: self.shown_path(),
            expected,
            found: type_of(self.value),
        }
    }

    fn child(&self, key: &str, value: &'a Value) -> Node<'a> {
        Node { value, path: self.child_path(key), format: self.format }
    }

    fn child_path(&self, key: &str) -> String {
        let key = quote(key);
        if self.path.is_empty() { key } else { format!("{}.{key}", self.path) }
    }

    fn shown_path(&self) -> String {
        if self.path.is_empty() { "the whole".to_owned() } else { self.path.clone() }
    }
}

/// Characters of a placeholder: as many as the digits of an address.
const PLACEHOLDER: usize = 40;

/// The placeholder in unlinked code.
fn placeholder(text: &str) -> String {
    let start = text.find("__").unwrap_or_default();
    text.chars().skip(text[..start].chars().count()).take(PLACEHOLDER).collect()
}
