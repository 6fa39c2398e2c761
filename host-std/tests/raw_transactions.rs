//! Raw transactions: known examples, and everything that can be wrong with them.

use alloy_rlp::Header;
use eravm_core::{Address, CodeError, Word};
use eravm_host::decode_hex;
use eravm_host::transaction::{
    CustomSignature, DecodeError, Ecdsa, Eip712, FactoryDep, FactoryDepError, Field, L2Kind,
    L2Transaction, Paymaster, RlpError, Rules, Signature, SignatureError, Transaction,
    address_of_key,
};

fn bytes(digits: &str) -> Vec<u8> {
    decode_hex(digits).expect("these are digits")
}

fn address(digits: &str) -> Address {
    Address::from_slice(&bytes(digits))
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The rules of a chain in the newest protocol version of goldens.
fn rules(chain_id: u64) -> Rules {
    Rules::new(chain_id, 29)
}

fn read(raw: &[u8], chain_id: u64) -> L2Transaction {
    let read = L2Transaction::from_raw(raw, &rules(chain_id));
    let read = read.unwrap_or_else(|error| panic!("{}: {error}", digits(raw)));
    assert_eq!(read.to_raw(), raw);
    read
}

/// The example of EIP-155.
#[test]
fn a_known_legacy_transaction() {
    let raw = bytes(
        "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080\
         25a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761ae\
         cb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83",
    );
    let transaction = read(&raw, 1);
    assert_eq!(transaction.nonce, Word::from_u64(9));
    assert_eq!(transaction.kind.max_fee_per_gas(), Word::from_u64(20_000_000_000));
    assert_eq!(transaction.kind.max_priority_fee_per_gas(), Word::from_u64(20_000_000_000));
    assert_eq!(transaction.gas_limit, Word::from_u64(21_000));
    assert_eq!(transaction.to, Some(Address::repeat_byte(0x35)));
    assert_eq!(transaction.value, Word::from_u64(1_000_000_000_000_000_000));
    assert_eq!(
        digits(&transaction.signed_hash().0),
        "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53"
    );
    assert_eq!(
        digits(&transaction.hash().0),
        "33469b22e9f636356c4160a87eb19df52b7412e8eac32a4a55ffe88ea8350788"
    );
    assert_eq!(Ok(transaction.from), address_of_key(&[0x46; 32]));
    // The nonce of a signature is that of RFC 6979, as in the example.
    assert_eq!(transaction.clone().sign(&[0x46; 32]), Ok(transaction));
}

/// `signedEip2718Tx` of go-ethereum's tests.
#[test]
fn a_known_transaction_of_type_1() {
    let raw = bytes(
        "01f8630103018261a894b94f5374fce5edbc8e2a8697c15331677e6ebf0b0a825544c001a0c9519f4f2b303\
         35884581971573fadf60c6204f59a911df35ee8a540456b2660a032f1e8e2c5dd761f9e4f88f41c8310aeab\
         a26a8bfcdacfedfa12ec3862d37521",
    );
    let transaction = read(&raw, 1);
    assert_eq!(
        digits(&transaction.signed_hash().0),
        "49b486f0ec0a60dfbbca2d30cb07c9e8ffb2a2ff41f29a1ab6737475f6ff69f3"
    );
    assert_eq!(transaction.calldata, [0x55, 0x44]);
    assert_eq!(transaction.kind.max_priority_fee_per_gas(), Word::ONE);
}

/// A transaction of Ethereum's mainnet that alloy's tests have as well.
#[test]
fn a_known_transaction_of_type_2() {
    let raw = bytes(
        "02f8b00142843b9aca008504a817c80082ad62946069a6c32cf691f5982febae4faf8a6f3ab2f0f680b844a\
         22cb4650000000000000000000000005eee75727d804a2b13038928d36f8b188945a57a0000000000000000\
         000000000000000000000000000000000000000000000000c080a0840cfc572845f5786e702984c2a582528\
         cad4b49b2a10b9db1be7fca90058565a025e7109ceb98168d95b09b18bbf6b685130e0562f233877d492b94\
         eee0c5b6d1",
    );
    let transaction = read(&raw, 1);
    assert_eq!(transaction.from, address("dd6b8b3dc6b7ad97db52f08a275ff4483e024cea"));
    assert_eq!(
        digits(&transaction.hash().0),
        "0ec0b6a2df4d87424e5f6ad2a654e27aaeb7dac20ae9e8385cc09087ad532ee0"
    );
    assert_eq!(transaction.kind.max_fee_per_gas(), Word::from_u64(20_000_000_000));
    assert_eq!(transaction.kind.max_priority_fee_per_gas(), Word::from_u64(1_000_000_000));
}

/// The example of zksync-ethers and viem.
#[test]
fn a_known_transaction_of_type_0x71() {
    let raw = bytes(
        "71f87f8080808094a61464658afeaf65cccaafd3a512b69a83b77618830f42408001a073a20167b8d23b610\
         b058c05368174495adf7da3a4ed4a57eb6dbdeb1fafc24aa02f87530d663a0d061f69bb564d2c6fb46ae5ae\
         776bbd4bd2a2a4478b9cd1b42a82010e9436615cf349d7f6344891b1e7ca7c72883f5dc04982c350c080c0",
    );
    let transaction = read(&raw, 270);
    assert_eq!(transaction.from, address("36615cf349d7f6344891b1e7ca7c72883f5dc049"));
    assert_eq!(transaction.to, Some(address("a61464658afeaf65cccaafd3a512b69a83b77618")));
    assert_eq!(transaction.value, Word::from_u64(1_000_000));
    assert_eq!(transaction.kind.gas_per_pubdata_limit(), Word::from_u64(50_000));
    // The hash that zksync-ethers names for it is that with an empty signature: it takes the empty custom signature for one.
    // That confirms the hash that is signed. Of whole hashes there are hundreds in the goldens.
    let mut without = transaction.clone();
    if let L2Kind::Eip712(own) = &mut without.kind {
        own.signature = Signature::Custom(CustomSignature::default());
    }
    assert_eq!(without.signed_hash(), transaction.signed_hash());
    assert_eq!(
        digits(&without.hash().0),
        "9ed410ce33179ac1ff6b721060605afc72d64febfe0c08cacab5a246602131ee"
    );
    // What the same library writes for a transaction that is not signed and goes nowhere.
    let unsigned = bytes(
        "71ea8080808080808082010e808082010e9436615cf349d7f6344891b1e7ca7c72883f5dc04982c350c080c0",
    );
    assert_eq!(L2Transaction::from_raw(&unsigned, &rules(270)), Err(DecodeError::NoTarget));
}

fn eip_712(chain_id: u64, signature: Signature) -> L2Kind {
    L2Kind::Eip712(Box::new(Eip712 {
        chain_id,
        max_fee_per_gas: Word::from_u64(250),
        max_priority_fee_per_gas: Word::from_u64(2),
        gas_per_pubdata_limit: Word::from_u64(800),
        factory_deps: vec![FactoryDep::new([7; 32]).unwrap(), FactoryDep::new([8; 96]).unwrap()],
        paymaster: Some(Paymaster { address: Address::repeat_byte(9), input: vec![1; 70] }),
        signature,
    }))
}

/// One of every kind.
fn kinds(chain_id: u64) -> [L2Kind; 6] {
    let (signature, gas_price) = (Ecdsa::default(), Word::from_u64(u64::MAX));
    let custom = CustomSignature {
        bytes: vec![5; 33],
        unused: [Word::from_u64(chain_id), Word::ZERO, Word::ZERO],
    };
    [
        L2Kind::Legacy { chain_id: None, gas_price, signature },
        L2Kind::Legacy { chain_id: Some(chain_id), gas_price, signature },
        L2Kind::Eip2930 { chain_id, gas_price, signature },
        L2Kind::Eip1559 {
            chain_id,
            max_fee_per_gas: gas_price,
            max_priority_fee_per_gas: Word::ONE,
            signature,
        },
        eip_712(chain_id, Signature::Ecdsa(signature)),
        eip_712(chain_id, Signature::Custom(custom)),
    ]
}

#[test]
fn every_kind_can_be_signed_and_read_again() {
    let key = [0x21; 32];
    let signer = address_of_key(&key).unwrap();
    for chain_id in [0, 1, 324, 1 << 63, u64::MAX] {
        for kind in kinds(chain_id) {
            let is_custom = matches!(&kind, L2Kind::Eip712(own) if matches!(own.signature, Signature::Custom(_)));
            let request = L2Transaction {
                from: signer,
                to: Some(Address::repeat_byte(3)),
                nonce: Word([1, 2, 3, 4]),
                gas_limit: Word::from_u64(1 << 40),
                value: Word::MAX,
                calldata: vec![0; 61],
                ..L2Transaction::new(kind)
            };
            let sent = if is_custom { request } else { request.sign(&key).unwrap() };
            assert_eq!(read(&sent.to_raw(), chain_id), sent);
            match sent.check_signer() {
                Err(SignatureError::NotEcdsa(33)) => assert!(is_custom),
                other => assert_eq!(other.map(|signer| signer.address()), Ok(sent.from)),
            }
            let transaction = Transaction::from(sent);
            assert_eq!(transaction.encode().len(), transaction.encoded_words());
        }
    }
}

#[test]
fn deployments_have_no_target() {
    for kind in kinds(9).into_iter().take(4) {
        let is_old = matches!(kind, L2Kind::Legacy { chain_id: None, .. });
        let sent = L2Transaction::new(kind).sign(&[1; 32]).unwrap();
        assert_eq!(read(&sent.to_raw(), 9), sent);
        let without_evm = L2Transaction::from_raw(&sent.to_raw(), &Rules::new(9, 26));
        assert_eq!(without_evm, Err(DecodeError::NoEvm));
        // The reserved words say so, and whether a legacy transaction names its chain.
        let words = Transaction::from(sent).encode();
        let has_chain = Word::from_u64(u64::from(words[1].is_zero() && !is_old));
        assert_eq!(words[11..13], [has_chain, Word::ONE]);
    }
}

#[test]
fn signatures_for_others_are_told_apart() {
    let request = L2Transaction {
        from: Address::repeat_byte(4),
        to: Some(Address::zero()),
        ..L2Transaction::new(eip_712(270, Signature::Ecdsa(Ecdsa::default())))
    };
    assert_eq!(request.check_signer(), Err(SignatureError::OutOfRange));
    let signed = request.sign(&[6; 32]).unwrap();
    let recovered = address_of_key(&[6; 32]).unwrap();
    assert_eq!(signed.recover_signer().map(|signer| signer.address()), Ok(recovered));
    let from = Address::repeat_byte(4);
    assert_eq!(signed.check_signer(), Err(SignatureError::WrongSigner { recovered, from }));
    assert_eq!(signed.sign(&[0; 32]), Err(SignatureError::Key));
}

/// Items of a transaction, encoded.
type Items = Vec<Vec<u8>>;

fn item(bytes: &[u8]) -> Vec<u8> {
    alloy_rlp::encode(bytes)
}

fn list(items: &[Vec<u8>]) -> Vec<u8> {
    let payload = items.concat();
    let mut bytes = Vec::new();
    Header { list: true, payload_length: payload.len() }.encode(&mut bytes);
    bytes.extend(payload);
    bytes
}

/// The items of a raw transaction.
fn items(raw: &[u8]) -> Items {
    let mut rest = Header::decode_bytes(&mut &raw[usize::from(raw[0] < 0x80)..], true).unwrap();
    let mut items = Vec::new();
    while !rest.is_empty() {
        let start = rest;
        let header = Header::decode(&mut rest).unwrap();
        rest = &rest[header.payload_length..];
        items.push(start[..start.len() - rest.len()].to_vec());
    }
    items
}

/// A transaction of a kind by its index in [`kinds`], for chain 270.
fn sample(kind: usize) -> Vec<u8> {
    let is_custom = kind == 5;
    let kind = kinds(270).into_iter().nth(kind).expect("there is such a kind");
    let request = L2Transaction {
        to: Some(Address::repeat_byte(3)),
        nonce: Word::from_u64(1000),
        gas_limit: Word::from_u64(1 << 40),
        value: Word::from_u64(500),
        calldata: vec![1, 2, 3],
        ..L2Transaction::new(kind)
    };
    let sent = if is_custom { Ok(request) } else { request.sign(&[1; 32]) };
    sent.expect("the key is one").to_raw()
}

/// What comes of a transaction when its items are changed.
fn changed(kind: usize, change: impl FnOnce(&mut Items)) -> DecodeError {
    let raw = sample(kind);
    let mut items = items(&raw);
    change(&mut items);
    let mut changed = if raw[0] < 0x80 { vec![raw[0]] } else { Vec::new() };
    changed.extend(list(&items));
    assert_ne!(raw, changed);
    L2Transaction::from_raw(&changed, &rules(270)).expect_err("the change is noticed")
}

/// The error when one item is another.
fn with(kind: usize, at: usize, item: Vec<u8>) -> DecodeError {
    changed(kind, |items| items[at] = item)
}

const LEGACY: [Field; 9] = [
    Field::Nonce,
    Field::GasPrice,
    Field::GasLimit,
    Field::To,
    Field::Value,
    Field::Data,
    Field::V,
    Field::R,
    Field::S,
];
const EIP_2930: [Field; 11] = [
    Field::ChainId,
    Field::Nonce,
    Field::GasPrice,
    Field::GasLimit,
    Field::To,
    Field::Value,
    Field::Data,
    Field::AccessList,
    Field::V,
    Field::R,
    Field::S,
];
const EIP_1559: [Field; 12] = [
    Field::ChainId,
    Field::Nonce,
    Field::MaxPriorityFeePerGas,
    Field::MaxFeePerGas,
    Field::GasLimit,
    Field::To,
    Field::Value,
    Field::Data,
    Field::AccessList,
    Field::V,
    Field::R,
    Field::S,
];
const EIP_712: [Field; 16] = [
    Field::Nonce,
    Field::MaxPriorityFeePerGas,
    Field::MaxFeePerGas,
    Field::GasLimit,
    Field::To,
    Field::Value,
    Field::Data,
    Field::V,
    Field::R,
    Field::S,
    Field::ChainId,
    Field::From,
    Field::GasPerPubdataLimit,
    Field::FactoryDeps,
    Field::CustomSignature,
    Field::PaymasterParams,
];

/// Fields by the index of the kind in [`kinds`].
fn fields(kind: usize) -> &'static [Field] {
    match kind {
        0 | 1 => &LEGACY,
        2 => &EIP_2930,
        3 => &EIP_1559,
        _ => &EIP_712,
    }
}

#[test]
fn every_field_must_have_its_shape() {
    use Field::*;
    for kind in 0..6 {
        for (at, &field) in fields(kind).iter().enumerate() {
            let rlp = |error| DecodeError::Rlp { field, error };
            match field {
                AccessList | FactoryDeps | PaymasterParams => {
                    assert_eq!(with(kind, at, item(&[1; 20])), rlp(RlpError::UnexpectedBytes));
                }
                _ => assert_eq!(with(kind, at, list(&[])), rlp(RlpError::UnexpectedList)),
            }
            match field {
                To | From => {
                    for found in [1, 19, 21, 32] {
                        let error = DecodeError::AddressLength { field, found };
                        assert_eq!(with(kind, at, item(&vec![0x99; found])), error);
                    }
                }
                AccessList | FactoryDeps | PaymasterParams | Data | CustomSignature => {}
                _ => {
                    let zero = DecodeError::LeadingZero(field);
                    assert_eq!(with(kind, at, item(&[0])), zero);
                    assert_eq!(with(kind, at, item(&[0, 1])), zero);
                    let large = with(kind, at, item(&[1; 33]));
                    assert_eq!(large, DecodeError::TooLarge { field, bits: 256 });
                    assert_eq!(with(kind, at, vec![0x81, 0x7f]), rlp(RlpError::NotCanonical));
                }
            }
            if let ChainId | GasPrice | MaxFeePerGas | MaxPriorityFeePerGas | GasPerPubdataLimit =
                field
            {
                let large = with(kind, at, item(&[1; 9]));
                assert_eq!(large, DecodeError::TooLarge { field, bits: 64 });
            }
            // Cut off before the field, and with one more behind the last.
            let expected = fields(kind).len();
            let count = |found| DecodeError::ItemCount { field: Transaction, found, expected };
            assert_eq!(changed(kind, |items| items.truncate(at)), count(at));
            assert_eq!(changed(kind, |items| items.push(item(&[at as u8]))), count(expected + 1));
        }
    }
}

#[test]
fn chains_and_signatures_must_be_right() {
    let wrong = DecodeError::WrongChain { found: 271, expected: 270 };
    let chain = || item(&[1, 15]);
    assert_eq!(with(2, 0, chain()), wrong);
    assert_eq!(with(3, 0, chain()), wrong);
    assert_eq!(with(4, 10, chain()), wrong);
    assert_eq!(with(1, 6, item(&[2, 65])), wrong);
    let too_large = DecodeError::TooLarge { field: Field::ChainId, bits: 64 };
    assert_eq!(with(1, 6, item(&[255; 16])), too_large);
    assert_eq!(with(1, 6, item(&[1; 17])), DecodeError::TooLarge { field: Field::V, bits: 128 });
    for v in [26, 29, 34] {
        assert_eq!(with(0, 6, item(&[v])), DecodeError::Parity(Word::from_u64(v.into())));
    }
    for (kind, at) in [(2, 8), (3, 9), (4, 7)] {
        for v in [2, 27, 28] {
            assert_eq!(with(kind, at, item(&[v])), DecodeError::Parity(Word::from_u64(v.into())));
        }
    }
    // Types 0, 1 and 2 are from whoever signed them.
    for (kind, r) in [(0, 7), (1, 7), (2, 9), (3, 10)] {
        let signature = |error| DecodeError::Signature(error);
        assert_eq!(with(kind, r, item(&[])), signature(SignatureError::OutOfRange));
        assert_eq!(with(kind, r, item(&[255; 32])), signature(SignatureError::OutOfRange));
        assert_eq!(with(kind, r, item(&[5])), signature(SignatureError::NotRecoverable));
        assert_eq!(with(kind, r + 1, item(&[])), signature(SignatureError::OutOfRange));
        assert_eq!(with(kind, r + 1, item(&[0x80; 32])), signature(SignatureError::HighS));
    }
}

#[test]
fn lists_must_be_right() {
    let access = list(&[list(&[item(&[3; 20]), list(&[])])]);
    assert_eq!(with(2, 7, access.clone()), DecodeError::AccessList);
    assert_eq!(with(3, 8, access), DecodeError::AccessList);

    let deps = |codes: &[&[u8]]| {
        let codes: Vec<_> = codes.iter().map(|code| item(code)).collect();
        with(4, 13, list(&codes))
    };
    let wrong = |index, error| DecodeError::FactoryDep { index, error };
    let not_in_words = FactoryDepError::Code(CodeError::NotInWords(33));
    assert_eq!(deps(&[&[7; 32], &[7; 33]]), wrong(1, not_in_words));
    assert_eq!(deps(&[&[7; 64]]), wrong(0, FactoryDepError::EvenWords(2)));
    assert_eq!(deps(&[&[]]), wrong(0, FactoryDepError::EvenWords(0)));
    let long = vec![7; 65_537 * 32];
    let too_long = FactoryDepError::Code(CodeError::TooLong(65_537));
    assert_eq!(deps(&[&long]), wrong(0, too_long));
    assert_eq!(deps(&[&[7_u8; 32][..]; 65]), DecodeError::TooManyFactoryDeps { limit: 64 });
    let nested = with(4, 13, list(&[item(&[7; 32]), list(&[])]));
    let rlp = DecodeError::Rlp { field: Field::FactoryDep(1), error: RlpError::UnexpectedList };
    assert_eq!(nested, rlp);

    let paymaster = |items: &[Vec<u8>]| with(4, 15, list(items));
    let field = Field::PaymasterParams;
    let count = |found| DecodeError::ItemCount { field, found, expected: 2 };
    assert_eq!(paymaster(&[item(&[9; 20])]), count(1));
    assert_eq!(paymaster(&[item(&[9; 20]), item(&[]), item(&[])]), count(3));
    let length = |found| DecodeError::AddressLength { field: Field::Paymaster, found };
    assert_eq!(paymaster(&[item(&[9; 19]), item(&[])]), length(19));
    assert_eq!(paymaster(&[item(&[]), item(&[])]), length(0));
    let rlp = DecodeError::Rlp { field: Field::PaymasterInput, error: RlpError::UnexpectedList };
    assert_eq!(paymaster(&[item(&[9; 20]), list(&[])]), rlp);
    assert_eq!(with(4, 4, item(&[])), DecodeError::NoTarget);
    let from = DecodeError::AddressLength { field: Field::From, found: 0 };
    assert_eq!(with(4, 11, item(&[])), from);
}

#[test]
fn the_number_of_factory_deps_depends_on_the_protocol_version() {
    let mut kind = eip_712(270, Signature::Ecdsa(Ecdsa::default()));
    if let L2Kind::Eip712(own) = &mut kind {
        own.factory_deps = vec![FactoryDep::new([7; 32]).unwrap(); 33];
    }
    let to = Some(Address::zero());
    let raw = L2Transaction { to, ..L2Transaction::new(kind) }.to_raw();
    let read = |protocol| L2Transaction::from_raw(&raw, &Rules::new(270, protocol));
    assert_eq!(read(25), Err(DecodeError::TooManyFactoryDeps { limit: 32 }));
    assert_eq!(read(26).map(|read| read.to_raw()), Ok(raw.clone()));
}

#[test]
fn other_bytes_are_refused() {
    let read = |raw: &[u8]| L2Transaction::from_raw(raw, &rules(270)).expect_err("it is none");
    assert_eq!(read(&[]), DecodeError::Empty);
    for byte in [3, 4, 5, 0x70, 0x72, 0x7f, 0x80, 0xbf] {
        assert_eq!(read(&[byte, 0xc0]), DecodeError::UnknownType(byte));
    }
    assert_eq!(read(&[0, 0xc0]), DecodeError::UnknownType(0));
    for byte in [0xfe, 0xff] {
        assert_eq!(read(&[byte, 0xc0]), DecodeError::OnlyFromL1(byte));
    }
    let field = Field::Transaction;
    assert_eq!(read(&[2]), DecodeError::Rlp { field, error: RlpError::TooShort });
    assert_eq!(read(&[2, 0x80]), DecodeError::Rlp { field, error: RlpError::UnexpectedBytes });
    assert_eq!(read(&[0xf8, 1, 0]), DecodeError::Rlp { field, error: RlpError::NotCanonical });
    for kind in 0..6 {
        let mut raw = sample(kind);
        raw.extend([0; 3]);
        assert_eq!(read(&raw), DecodeError::TrailingBytes(3));
    }
    let raw = sample(3);
    let limit = raw.len() - 1;
    let short = Rules { max_bytes: limit, ..rules(270) };
    let long = DecodeError::TooLong { bytes: raw.len(), limit };
    assert_eq!(L2Transaction::from_raw(&raw, &short), Err(long));
}

/// Whatever bytes are read as a transaction are the one form of it.
#[test]
fn no_transaction_has_two_forms() {
    let mut read = 0;
    for kind in 0..6 {
        let mut raw = sample(kind);
        let mut check = |raw: &[u8]| {
            if let Ok(transaction) = L2Transaction::from_raw(raw, &rules(270)) {
                assert_eq!(transaction.to_raw(), raw);
                read += 1;
            }
        };
        for length in 0..raw.len() {
            check(&raw[..length]);
        }
        for at in 0..raw.len() {
            let byte = raw[at];
            for change in [1, 2, 0x10, 0x40, 0x80, 0xff, byte, byte ^ 0x80, byte ^ 0xc0] {
                raw[at] = byte ^ change;
                check(&raw);
            }
            raw[at] = byte;
        }
    }
    assert!(read > 1000, "{read}");
}
