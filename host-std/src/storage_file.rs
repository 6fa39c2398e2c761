//! Storage as JSON: the state that a run begins with.
//!
//! Either a list `[[address, key, value], …]`, which is also how reports give written slots, or an
//! object `{address: {key: value}}`. Numbers are strings (decimal, or hexadecimal with `0x`) or
//! JSON numbers below 2⁶⁴. Slots that are listed count as written to before, even with value zero.

use crate::number::{NumberError, parse_address, parse_word};
use core::fmt;
use eravm_core::{Address, Word};
use serde_json::Value;

/// What is wrong with a file of storage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StorageFileError {
    /// It is not JSON; the parser's message with line and column.
    Json(String),
    /// Something has the wrong shape.
    Shape {
        /// Where.
        path: String,
        /// What should be there.
        expected: &'static str,
    },
    /// A number is none, or too large.
    Number {
        /// Where.
        path: String,
        /// What is wrong.
        error: NumberError,
    },
}

impl fmt::Display for StorageFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(message) => write!(f, "is not valid JSON ({message})"),
            Self::Shape { path, expected } => {
                write!(f, "has something else at {path}, where {expected} is expected")
            }
            Self::Number { path, error } => write!(f, "has a wrong number at {path}: {error}"),
        }
    }
}

impl core::error::Error for StorageFileError {}

/// Reads slots from JSON.
///
/// # Errors
/// If it is not JSON of one of the two shapes.
pub fn parse(bytes: &[u8]) -> Result<Vec<(Address, Word, Word)>, StorageFileError> {
    let value: Value =
        serde_json::from_slice(bytes).map_err(|e| StorageFileError::Json(e.to_string()))?;
    match &value {
        Value::Array(rows) => rows.iter().enumerate().map(|(at, row)| from_row(at, row)).collect(),
        Value::Object(accounts) => {
            let mut slots = Vec::new();
            for (address, keys) in accounts {
                let Value::Object(keys) = keys else {
                    return Err(shape(address.clone(), "an object from keys to values"));
                };
                let place = |error| StorageFileError::Number { path: address.clone(), error };
                let account = parse_address(address).map_err(place)?;
                for (key, value) in keys {
                    let path = || format!("{address}.{key}");
                    let slot = parse_word(key)
                        .map_err(|error| StorageFileError::Number { path: path(), error })?;
                    slots.push((account, slot, word(value, path)?));
                }
            }
            Ok(slots)
        }
        _ => Err(shape("the top".into(), "[[address, key, value], …] or {address: {key: value}}")),
    }
}

fn shape(path: String, expected: &'static str) -> StorageFileError {
    StorageFileError::Shape { path, expected }
}

fn from_row(at: usize, row: &Value) -> Result<(Address, Word, Word), StorageFileError> {
    let cells = match row {
        Value::Array(cells) => cells.as_slice(),
        _ => &[],
    };
    let [Value::String(address), key, value] = cells else {
        return Err(shape(format!("[{at}]"), "[\"address\", key, value]"));
    };
    let address = parse_address(address)
        .map_err(|error| StorageFileError::Number { path: format!("[{at}][0]"), error })?;
    Ok((address, word(key, || format!("[{at}][1]"))?, word(value, || format!("[{at}][2]"))?))
}

fn word(value: &Value, path: impl Fn() -> String) -> Result<Word, StorageFileError> {
    match value {
        Value::String(text) => {
            parse_word(text).map_err(|error| StorageFileError::Number { path: path(), error })
        }
        Value::Number(number) => match number.as_u64() {
            Some(number) => Ok(Word::from_u64(number)),
            None => Err(shape(path(), "a whole number below 2^64, or a string")),
        },
        _ => Err(shape(path(), "a number or a string")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_say_the_same() {
        let list = parse(br#"[["0x8002", "1", "0xff"], ["0x8002", 2, 3]]"#).unwrap();
        let map = parse(br#"{"0x8002": {"0x1": 255, "2": "3"}}"#).unwrap();
        assert_eq!(list, map);
    }

    #[test]
    fn mistakes_are_located() {
        let message = |text: &str| parse(text.as_bytes()).unwrap_err().to_string();
        assert!(message("[").contains("line 1"));
        assert!(message("7").contains("the top"));
        assert!(message(r#"[["0x1", 2]]"#).contains("[0]"));
        assert!(message(r#"[["0x1", 2, -3]]"#).contains("[0][2]"));
        assert!(message(r#"{"0x1": {"x": 1}}"#).contains("0x1.x"));
        assert!(message(r#"{"0x1": 3}"#).contains("object from keys"));
    }
}
