//! Reading arguments of functions and data of events, as Solidity encodes them.

use eravm_core::Word;

/// The number in the word that begins at a byte, if an offset or a length could be as large.
pub(crate) fn number(data: &[u8], at: usize) -> Option<usize> {
    let word = data.get(at..)?.first_chunk()?;
    usize::try_from(Word::from_be_bytes(word).to_u64()?).ok()
}

/// The byte string whose offset is in the word that begins at a byte. It may lie anywhere in the data, and needs no padding.
pub(crate) fn bytes(data: &[u8], at: usize) -> Option<&[u8]> {
    let string = data.get(number(data, at)?..)?;
    let length = number(string, 0)?;
    string.get(32..)?.get(..length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_strings_are_in_the_data() {
        let read = |words: [u64; 3]| {
            let words = words.map(|word| Word::from_u64(word).to_be_bytes());
            bytes(&words.concat(), 32).map(<[u8]>::to_vec)
        };
        // The string is all three words, its length the first, its offset the second.
        assert_eq!(read([7, 0, 0]), Some(vec![0; 7]));
        assert_eq!(read([64, 0, 0]), Some(vec![0; 64]));
        assert_eq!(read([65, 0, 0]), None);
        // Only its length is there, in the third word.
        assert_eq!(read([0, 64, 0]), Some(Vec::new()));
        assert_eq!(read([0, 64, 1]), None);
        assert_eq!(read([0, 65, 0]), None);
        assert_eq!(read([0, u64::MAX, 0]), None);
        assert_eq!(read([u64::MAX, 0, 0]), None);
        assert_eq!(bytes(&[0; 63], 32), None);
        assert_eq!(bytes(&[0xff; 64], 0), None);
        assert_eq!(bytes(&[], usize::MAX), None);
    }
}
