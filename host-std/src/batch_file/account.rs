//! Accounts as a batch file names them.

use crate::hex::without_prefix;
use crate::number::{NumberError, parse_address, quote};
use crate::pubdata::keccak;
use crate::transaction::{SignatureError, address_of_key};
use core::fmt;
use core::str::FromStr;
use eravm_core::Address;

/// Most characters of the name of a test account.
const MAX_NAME: usize = 64;

/// An account: one with an address, or a test account with a name.
///
/// The private key of a test account is the keccak256 of its name, so that everybody can sign for it. Nothing of value may ever be
/// sent to one on a real network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Account {
    /// An account about which only its address is known.
    Address(Address),
    /// A test account.
    Test(TestAccount),
}

/// A test account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TestAccount {
    /// Its name.
    pub name: String,
    /// Its private key.
    pub key: [u8; 32],
    /// Its address.
    pub address: Address,
}

/// Why text does not name an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NameError {
    /// It is neither an address nor a name.
    NotAName(String),
    /// It begins like an address, but is none.
    Address(NumberError),
    /// What belongs to the name is no private key, which is as likely as guessing somebody's key.
    Key(SignatureError),
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAName(text) => write!(
                f,
                "`{text}` is not an account: write an address with 0x in front, or the name of a test account, which is a \
                 letter and up to {} letters, digits, `-` and `_`",
                MAX_NAME - 1
            ),
            Self::Address(error) => fmt::Display::fmt(error, f),
            Self::Key(error) => write!(f, "{error}: take another name"),
        }
    }
}

impl core::error::Error for NameError {}

impl Account {
    /// Its address.
    pub const fn address(&self) -> Address {
        match self {
            Self::Address(address) => *address,
            Self::Test(account) => account.address,
        }
    }

    /// Its private key, if that is known.
    pub const fn key(&self) -> Option<[u8; 32]> {
        match self {
            Self::Address(_) => None,
            Self::Test(account) => Some(account.key),
        }
    }
}

impl TestAccount {
    /// The test account with a name.
    ///
    /// # Errors
    /// If it is no name.
    pub fn new(name: &str) -> Result<Self, NameError> {
        let is_name = name.len() <= MAX_NAME
            && name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
            // An address without its prefix: there would be two opinions about what it means.
            && !(name.len() == 40 && name.chars().all(|c| c.is_ascii_hexdigit()));
        if !is_name {
            return Err(NameError::NotAName(quote(name)));
        }
        let key = keccak(&[name.as_bytes()]);
        let address = address_of_key(&key).map_err(NameError::Key)?;
        Ok(Self { name: name.to_owned(), key, address })
    }
}

impl FromStr for Account {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        if without_prefix(text).len() < text.len() {
            return parse_address(text).map(Self::Address).map_err(NameError::Address);
        }
        TestAccount::new(text).map(Self::Test)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_a_key() {
        let Ok(Account::Test(alice)) = "alice".parse::<Account>() else { panic!("it is a name") };
        assert_eq!(address_of_key(&alice.key), Ok(alice.address));
        let same = format!("{:?}", alice.address).parse::<Account>();
        assert_eq!(same, Ok(Account::Address(alice.address)));
        let hex = "abcdef0123".repeat(4);
        for bad in ["", "1alice", "al ice", "älice", &"a".repeat(65), &hex] {
            assert!(matches!(bad.parse::<Account>(), Err(NameError::NotAName(_))), "{bad}");
        }
        let long = format!("0x{}", "1".repeat(41));
        assert!(matches!(long.parse::<Account>(), Err(NameError::Address(_))));
    }
}
