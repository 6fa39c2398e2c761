//! Bundles of system contracts: those that are published, and what is wrong with others.

mod common;

use common::{Folder, corpus, goldens};
use eravm_core::{VersionedHash, Word, system_address};
use eravm_host::artifact::ArtifactErrorKind;
use eravm_host::golden::Golden;
use eravm_host::pubdata::InvalidBytecode;
use eravm_host::system_contracts::{
    BundleError, BundleErrorKind, Bytecode, Flavour, GenesisOptions, SystemContracts, Warning,
};
use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::Path;

/// The published bundles with their protocol versions and numbers of contracts.
const BUNDLES: [(u16, usize); 4] = [(26, 32), (27, 36), (28, 37), (29, 40)];

fn load(path: &str) -> Result<(SystemContracts, Vec<Warning>), BundleError> {
    SystemContracts::load(Path::new(path))
}

fn published(protocol: u16) -> Option<SystemContracts> {
    let path = corpus(&format!("contracts/v{protocol}.tar.gz"))?;
    let (contracts, warnings) = load(&path).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(warnings, []);
    Some(contracts)
}

#[test]
fn published_bundles_are_known_and_complete() {
    for (protocol, count) in BUNDLES {
        let Some(contracts) = published(protocol) else { return };
        assert_eq!(contracts.protocol_version(), Some(protocol));
        assert_eq!(contracts.contracts().count(), count, "{protocol}");
        assert_eq!(contracts.bootloaders().count(), 6, "{protocol}");
        assert!(contracts.default_account_no_security().is_some());
        assert_eq!(contracts.evm_emulator().is_some(), protocol >= 27);
        let empty = [0, 0x8001].map(|at| {
            let mut all = contracts.contracts();
            all.find(|(address, _)| *address == system_address(at)).map(|(_, code)| code.hash())
        });
        assert!(empty[0].is_some() && empty[0] == empty[1]);
        let codes = contracts.codes();
        // `EmptyContract` stands twice; the emulator is no contract.
        let others = 8 + usize::from(protocol >= 27);
        assert_eq!(codes.len(), count - 1 + others, "{protocol}");
        assert!(
            codes.iter().all(|(hash, code)| VersionedHash::of_code(code.bytes()) == Some(*hash))
        );
    }
}

#[test]
fn folders_are_as_good_as_archives() {
    let Some(path) = corpus("contracts/v29.tar.gz") else { return };
    let folder = Folder::new();
    let packed = std::fs::File::open(&path).expect("it is there");
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(packed));
    archive.unpack(folder.path("")).expect("it can be unpacked");
    // What else lies there does not matter, and links may lead in circles.
    folder.file("contracts/notes.json", "no JSON");
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path(""), folder.path("contracts/up")).expect("a link");
    let (from_folder, warnings) = load(&folder.path("")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(warnings, []);
    let (from_archive, _) = load(&path).expect("it is known");
    assert_eq!(format!("{from_folder:?}"), format!("{from_archive:?}"));
}

/// The goldens begin with the genesis of their bundles, to which slots of L2BaseToken are added.
#[test]
fn genesis_is_what_recorded_batches_begin_with() {
    let bundles: HashMap<u16, SystemContracts> = BUNDLES
        .into_iter()
        .filter_map(|(protocol, _)| Some((protocol, published(protocol)?)))
        .collect();
    let mut first_batches = 0;
    goldens(|name, Golden { batch, .. }, code| {
        let Some(contracts) = bundles.get(&batch.protocol_version) else { return };
        let bootloaders: HashSet<_> =
            contracts.bootloaders().map(|(_, code)| code.hash()).collect();
        assert!(bootloaders.contains(&batch.bootloader.hash.0), "{name}");
        assert_eq!(batch.default_aa_hash.0, contracts.default_account().hash(), "{name}");
        let emulator = contracts.evm_emulator().unwrap_or(contracts.default_account());
        assert_eq!(batch.evm_emulator_hash.0, emulator.hash(), "{name}");

        let genesis = contracts.genesis(&GenesisOptions::default());
        let leaves: Vec<_> = batch
            .initial_storage
            .iter()
            .map(|(address, key, value, index)| (address.0, key.0, value.0, *index))
            .collect();
        for (index, (address, key, value)) in (1..).zip(genesis.iter().copied()) {
            assert!(leaves.contains(&(address, key, value, index)), "{name}: slot {index}");
        }
        let published: HashSet<_> = contracts.contracts().map(|(_, code)| code.hash()).collect();
        let known: HashSet<_> = batch.initial_factory_deps.iter().map(|hash| hash.0).collect();
        assert!(known.is_superset(&published), "{name}");
        for (hash, bytecode) in contracts.codes() {
            // The code file has what is used.
            let Some(program) = code.get(&hash) else { continue };
            let bytes: Vec<u8> = program.words().iter().flat_map(Word::to_be_bytes).collect();
            assert_eq!(bytes, bytecode.bytes(), "{name}: {hash}");
        }

        let is_second =
            ["call_", "estimate_", "random_mix_"].iter().any(|one| name.starts_with(one));
        if !is_second {
            let (base, rest) = leaves.split_at(genesis.len());
            let base: Vec<_> =
                base.iter().map(|(address, key, value, _)| (*address, *key, *value)).collect();
            assert_eq!(base, genesis, "{name}");
            assert!(rest.iter().all(|leaf| leaf.0 == system_address(0x800a)), "{name}");
            assert_eq!(known, published, "{name}");
            first_batches += 1;
        }
    });
    assert!([0, 27].contains(&first_batches), "{first_batches}");
}

#[test]
fn options_choose_among_the_slots() {
    let Some(contracts) = published(29) else { return };
    let slots = contracts.genesis(&GenesisOptions { chain_id: 5, allow_evm: false });
    assert!(slots.contains(&(system_address(0x800b), Word::ZERO, Word::from_u64(5))));
    assert!(slots.iter().all(|(address, ..)| *address != system_address(0x8006)));
    let without_number = contracts.genesis(&GenesisOptions { chain_id: 0, allow_evm: false });
    assert_eq!(without_number.len() + 1, slots.len());
}

/// An artifact of foundry-zksync with code of one kind of byte.
fn artifact(byte: u8, words: usize) -> String {
    format!(r#"{{"bytecode": {{"object": "{}"}}}}"#, format!("{byte:02x}").repeat(32 * words))
}

/// The smallest bundle.
fn small() -> Vec<(&'static str, String)> {
    vec![
        ("zkout/proved_batch.yul/proved_batch.json", artifact(1, 1)),
        ("zkout/DefaultAccount.sol/DefaultAccount.json", artifact(2, 1)),
        ("zkout/NonceHolder.sol/NonceHolder.json", artifact(3, 3)),
    ]
}

fn tar(members: &[(&str, String)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, content) in members {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, path, content.as_bytes()).expect("memory does not fail");
    }
    archive.into_inner().expect("memory does not fail")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).and_then(|()| packed.finish()).expect("memory does not fail")
}

/// Loads these members from an archive, and as a folder, which must come to the same.
fn load_both(members: &[(&str, String)]) -> Result<(SystemContracts, Vec<Warning>), BundleError> {
    let folder = Folder::new();
    for (path, content) in members {
        let path = folder.path(&format!("unpacked/{path}"));
        let parent = Path::new(&path).parent().expect("it is in a folder");
        std::fs::create_dir_all(parent).expect("folders can be made");
        std::fs::write(path, content).expect("files can be written");
    }
    let from_folder = load(&folder.path("unpacked"));
    let from_archive = load(&folder.file("packed", gzip(&tar(members))));
    match (&from_folder, &from_archive) {
        (Ok((one, _)), Ok((other, _))) => assert_eq!(format!("{one:?}"), format!("{other:?}")),
        (Err(one), Err(other)) => {
            let place = |error: &BundleError, root: &str| {
                error.entry.strip_prefix(&folder.path(root)).map(str::to_owned)
            };
            assert_eq!(place(one, "unpacked"), place(other, "packed"));
            assert!(other.to_string().len() < 2000);
        }
        (one, other) => panic!("{one:?} is not {other:?}"),
    }
    from_archive
}

fn with(name: &'static str, content: String) -> Vec<(&'static str, String)> {
    let mut members = small();
    members.retain(|(path, _)| *path != name);
    members.push((name, content));
    members
}

fn refused(members: &[(&str, String)]) -> (String, BundleErrorKind) {
    let error = load_both(members).expect_err("it cannot be used");
    (error.entry, *error.kind)
}

#[test]
fn unknown_bundles_are_used_with_a_warning() {
    let (contracts, warnings) = load_both(&small()).expect("it can be used");
    assert_eq!(contracts.protocol_version(), None);
    let bootloader = contracts.bootloader(Flavour::ProvedBatch).map(Bytecode::hash);
    assert_eq!(bootloader, VersionedHash::of_code(&[1; 32]));
    let default_account = contracts.default_account().hash();
    let expected = Warning::UnknownBundle { bootloader, default_account, evm_emulator: None };
    assert_eq!(warnings, [expected]);
    assert_eq!(contracts.contracts().count(), 1);
    assert!(contracts.bootloader(Flavour::FeeEstimate).is_none());
    // One slot of code, one mark, four constants.
    assert_eq!(contracts.genesis(&GenesisOptions::default()).len(), 6);
}

#[test]
fn what_is_missing_repeated_or_empty_is_a_warning() {
    let mut members = small();
    members.push(("other/NonceHolder.json", artifact(3, 3)));
    members.push(("other/L1Messenger.json", artifact(3, 0)));
    members.push(("other/Compressor.json", r#"{"name": "settings"}"#.to_owned()));
    let (_, warnings) = load_both(&members).expect("it can be used");
    let is_repeated = |warning: &Warning| matches!(warning, Warning::Repeated { .. });
    assert!(warnings.iter().any(is_repeated), "{warnings:?}");
    let without_code = Warning::WithoutCode("other/L1Messenger.json".to_owned());
    assert!(warnings.contains(&without_code), "{warnings:?}");
    assert_eq!(warnings.len(), 3, "{warnings:?}");

    let Some(path) = corpus("contracts/v28.tar.gz") else { return };
    let packed = std::fs::read(path).expect("it can be read");
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(packed.as_slice()));
    let mut kept = tar::Builder::new(Vec::new());
    for entry in archive.entries().expect("it is an archive") {
        let entry = entry.expect("it is sound");
        if !entry.path().expect("it has one").ends_with("Bridgehub.json") {
            let mut header = entry.header().clone();
            let path = entry.path().expect("it has one").into_owned();
            kept.append_data(&mut header, path, entry).expect("memory does not fail");
        }
    }
    let folder = Folder::new();
    let path = folder.file("kept.tar", kept.into_inner().expect("memory does not fail"));
    let (contracts, warnings) = load(&path).expect("it can be used");
    assert_eq!(contracts.protocol_version(), Some(28));
    let address = Word::from_u64(0x1_0002).to_address();
    assert_eq!(warnings, [Warning::Missing { name: "Bridgehub", address, protocol: 28 }]);
}

#[test]
fn newer_names_are_known() {
    let mut members = small();
    members.push(("a/L2BaseToken.json", artifact(4, 1)));
    members.push(("b/L2BaseTokenEra.json", artifact(5, 1)));
    let (contracts, _) = load_both(&members).expect("it can be used");
    let token = contracts.contracts().find(|(address, _)| *address == system_address(0x800a));
    assert_eq!(token.map(|(_, code)| code.bytes().to_vec()), Some(vec![5; 32]));
}

#[test]
fn bad_artifacts_are_refused_by_name() {
    let name = "zkout/NonceHolder.sol/NonceHolder.json";
    let bad = |content: String| {
        let (entry, kind) = refused(&with(name, content));
        assert!(entry.ends_with(name), "{entry}");
        kind
    };
    let bytecode = |words| bad(artifact(7, words));
    let even = InvalidBytecode::EvenWords { words: 2 };
    assert!(matches!(bytecode(2), BundleErrorKind::Bytecode(error) if error == even));
    let long = bytecode(65536);
    let too_long = |kind: &_| matches!(kind, ArtifactErrorKind::TooLong { words: 65536 });
    assert!(matches!(&long, BundleErrorKind::Artifact(kind) if too_long(kind)), "{long:?}");
    let cut_off = artifact(7, 1);
    let damaged = [
        cut_off[..40].to_owned(),
        r#"{"bytecode": {"object": "0x12"}}"#.to_owned(),
        r#"{"bytecode": {"object": "xy"}}"#.to_owned(),
        r#"{"bytecode": {"object": 5}}"#.to_owned(),
        cut_off.replacen('{', &format!(r#"{{"hash": "{}", "#, "01".repeat(32)), 1),
        "[".repeat(100_000),
        String::from("\u{0}"),
        String::new(),
    ];
    for content in damaged {
        let kind = bad(content);
        assert!(matches!(kind, BundleErrorKind::Artifact(_)), "{kind:?}");
    }
    let mut two = small();
    two.push(("zzz/NonceHolder.json", artifact(9, 3)));
    let other = refused(&two).1;
    assert!(matches!(&other, BundleErrorKind::Conflict { other } if other.contains("NonceHolder")));
}

#[test]
fn incomplete_bundles_are_refused() {
    let without = |part: &str| {
        let mut members = small();
        members.retain(|(path, _)| !path.contains(part));
        refused(&members).1
    };
    assert!(matches!(without("proved_batch"), BundleErrorKind::NoBootloader));
    assert!(matches!(without("DefaultAccount"), BundleErrorKind::NoDefaultAccount));
}

#[test]
fn what_is_no_bundle_is_refused() {
    let folder = Folder::new();
    let kind = |content: &[u8]| *load(&folder.file("x", content)).expect_err("no bundle").kind;
    assert!(matches!(kind(b""), BundleErrorKind::NotABundle));
    assert!(matches!(kind(b"{}"), BundleErrorKind::NotABundle));
    assert!(matches!(kind(&gzip(b"{}")), BundleErrorKind::NotABundle));
    let packed = gzip(&tar(&small()));
    let artifact = |kind| match kind {
        BundleErrorKind::Artifact(kind) => kind,
        other => panic!("{other:?}"),
    };
    let cut_off = artifact(kind(&packed[..packed.len() / 2]));
    assert!(matches!(cut_off, ArtifactErrorKind::Gzip(_)));
    let bomb = artifact(kind(&gzip(&vec![0; 65 << 20])));
    assert!(matches!(bomb, ArtifactErrorKind::Read(_)), "{bomb:?}");
    let half = &tar(&small())[..700];
    assert!(matches!(artifact(kind(half)), ArtifactErrorKind::Tar(_)));
    let many: Vec<_> = (0..10_001).map(|_| ("a", String::new())).collect();
    assert!(matches!(artifact(kind(&tar(&many))), ArtifactErrorKind::TooManyMembers(10_000)));

    let missing = load(&folder.path("nothing")).expect_err("nothing is there");
    assert!(matches!(*missing.kind, BundleErrorKind::Read(_)));
    let deep = folder.path(&format!("deep{}", "/x".repeat(20)));
    std::fs::create_dir_all(deep).expect("folders can be made");
    let error = load(&folder.path("deep")).expect_err("it is too deep");
    assert!(matches!(*error.kind, BundleErrorKind::TooDeep(_)));
}

#[test]
fn damaged_archives_never_do_more_than_fail() {
    let mut state = 1u64;
    let mut next = |limit: usize| {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 33) as usize % limit
    };
    let folder = Folder::new();
    let original = tar(&small());
    let mut results = [0; 2];
    for _ in 0..1500 {
        let mut damaged = original.clone();
        for _ in 0..1 + next(3) {
            let at = next(damaged.len());
            match next(6) {
                0 => damaged.truncate(at.max(1)),
                _ => damaged[at] ^= 1 << next(8),
            }
        }
        let result = load(&folder.file("x", &damaged));
        results[usize::from(result.is_ok())] += 1;
        if let Err(error) = result {
            assert!(error.to_string().len() < 4000);
        }
    }
    assert!(results.iter().all(|count| *count > 0), "{results:?}");
}
