//! Worlds as files: what a failure is written down as, and what regression tests are kept as.
//!
//! A case is assembly with directives in comments that begin with `;;`:
//!
//! ```text
//! ;; rules newest
//! ;; register 3 0x2a pointer
//! ;; slot 0x..8003 0x01 0x05           address, key, value before the run
//! ;; account 0x..10001 0x0100..        address, code hash
//! ;; default-account 0x0100..
//! ;; evm-emulator 0x0100..
//! ;; entry 0x..8001                    address; assembly of the first frame follows
//! ;; caller 0x.. / ergs 1000 / context 5 / static / stipend 4096 / calldata 0x..
//! ;; code 0x0100..                     hash; its assembly follows
//! ```
//!
//! Text before the first directive says which rule the case is about.

use crate::world::{Code, First, Rules, World};
use core::fmt;
use eravm_core::{Address, Program, VersionedHash, Word, asm};

/// Writes a world.
pub(crate) fn write(world: &World, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let first = &world.entry;
    if world.rules == Rules::BeforeGrowthRule {
        writeln!(f, ";; rules before-growth-rule")?;
    }
    for (register, word, is_pointer) in &world.registers {
        let tag = if *is_pointer { " pointer" } else { "" };
        writeln!(f, ";; register {register} {}{tag}", hex(*word))?;
    }
    for (address, key, value) in &world.slots {
        writeln!(f, ";; slot {address:?} {} {}", hex(*key), hex(*value))?;
    }
    for (address, hash) in &world.accounts {
        writeln!(f, ";; account {address:?} {hash}")?;
    }
    writeln!(f, ";; default-account {}", world.default_account)?;
    writeln!(f, ";; evm-emulator {}", world.evm_emulator)?;
    writeln!(f, ";; caller {:?}", first.caller)?;
    writeln!(f, ";; ergs {}", first.ergs)?;
    writeln!(f, ";; stipend {}", first.heap_stipend)?;
    if first.context_u128 != 0 {
        writeln!(f, ";; context {}", first.context_u128)?;
    }
    if first.is_static {
        writeln!(f, ";; static")?;
    }
    if !first.calldata.is_empty() {
        let hex: String = first.calldata.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(f, ";; calldata 0x{hex}")?;
    }
    writeln!(f, ";; entry {:?}", first.address)?;
    write_code(&first.code, f)?;
    for code in &world.codes {
        writeln!(f, ";; code {}", code.hash)?;
        write_code(&code.words, f)?;
    }
    Ok(())
}

fn hex(word: Word) -> String {
    VersionedHash::from(word).to_string()
}

fn write_code(words: &[Word], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let bytes: Vec<u8> = words.iter().flat_map(Word::to_be_bytes).collect();
    let text = asm::disassemble(&bytes).map_err(|_| fmt::Error)?;
    writeln!(f, "{text}")
}

/// Reads a case.
///
/// # Errors
/// A description of the first line that is not understood.
pub fn read(text: &str) -> Result<World, String> {
    let mut world = empty();
    let mut section: Option<(Option<VersionedHash>, String)> = None;
    for line in text.lines() {
        let Some(directive) = line.trim_start().strip_prefix(";;") else {
            if let Some((_, code)) = &mut section {
                code.push_str(line);
                code.push('\n');
            }
            continue;
        };
        let words: Vec<&str> = directive.split_whitespace().collect();
        let begins = match words[..] {
            ["entry", address] => {
                world.entry.address = parse_address(address)?;
                Some(None)
            }
            ["code", hash] => Some(Some(VersionedHash::from(parse_word(hash)?))),
            _ => {
                directive_of(&mut world, &words).map_err(|error| format!("{line}: {error}"))?;
                None
            }
        };
        if let Some(hash) = begins {
            finish(&mut world, section.replace((hash, String::new())))?;
        }
    }
    finish(&mut world, section)?;
    Ok(world)
}

fn finish(
    world: &mut World,
    section: Option<(Option<VersionedHash>, String)>,
) -> Result<(), String> {
    let Some((hash, source)) = section else { return Ok(()) };
    let code = asm::assemble(&source).map_err(|error| error.to_string())?.bytecode;
    let words = Program::new(&code).map_err(|error| error.to_string())?.words().to_vec();
    match hash {
        Some(hash) => world.codes.push(Code { hash, words }),
        None => world.entry.code = words,
    }
    Ok(())
}

fn directive_of(world: &mut World, words: &[&str]) -> Result<(), String> {
    match *words {
        ["rules", "newest"] => world.rules = Rules::Newest,
        ["rules", "before-growth-rule"] => world.rules = Rules::BeforeGrowthRule,
        ["register", number, value] => {
            world.registers.push((parse(number)?, parse_word(value)?, false));
        }
        ["register", number, value, "pointer"] => {
            world.registers.push((parse(number)?, parse_word(value)?, true));
        }
        ["slot", address, key, value] => {
            world.slots.push((parse_address(address)?, parse_word(key)?, parse_word(value)?));
        }
        ["account", address, hash] => {
            world.accounts.push((parse_address(address)?, parse_word(hash)?.into()));
        }
        ["default-account", hash] => world.default_account = parse_word(hash)?.into(),
        ["evm-emulator", hash] => world.evm_emulator = parse_word(hash)?.into(),
        ["caller", address] => world.entry.caller = parse_address(address)?,
        ["ergs", ergs] => world.entry.ergs = parse(ergs)?,
        ["stipend", bytes] => world.entry.heap_stipend = parse(bytes)?,
        ["context", value] => world.entry.context_u128 = parse(value)?,
        ["static"] => world.entry.is_static = true,
        ["calldata", hex] => world.entry.calldata = parse_bytes(hex)?,
        _ => return Err("unknown directive".into()),
    }
    Ok(())
}

fn empty() -> World {
    let base = |last: u8| {
        let mut hash = [0; 32];
        (hash[0], hash[3], hash[31]) = (1, 1, last);
        VersionedHash(hash)
    };
    let zero = eravm_core::system_address(0);
    World {
        rules: Rules::Newest,
        entry: First {
            address: zero,
            caller: zero,
            code: Vec::new(),
            calldata: Vec::new(),
            ergs: 100_000,
            context_u128: 0,
            is_static: false,
            heap_stipend: eravm_core::isa::USER_STIPEND_BYTES,
        },
        registers: Vec::new(),
        codes: Vec::new(),
        accounts: Vec::new(),
        slots: Vec::new(),
        default_account: base(1),
        evm_emulator: base(2),
    }
}

fn parse<T: core::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text} is not a number"))
}

fn parse_bytes(text: &str) -> Result<Vec<u8>, String> {
    let wrong = || format!("{text} is not hexadecimal");
    let digits = text.strip_prefix("0x").ok_or_else(wrong)?;
    let padded = if digits.len() % 2 == 0 { digits.to_owned() } else { format!("0{digits}") };
    (0..padded.len())
        .step_by(2)
        .map(|at| {
            u8::from_str_radix(padded.get(at..at + 2).unwrap_or("?"), 16).map_err(|_| wrong())
        })
        .collect()
}

fn parse_word(text: &str) -> Result<Word, String> {
    let bytes = parse_bytes(text)?;
    let mut word = [0; 32];
    let start = 32usize.checked_sub(bytes.len()).ok_or("longer than a word")?;
    word[start..].copy_from_slice(&bytes);
    Ok(Word::from_be_bytes(&word))
}

fn parse_address(text: &str) -> Result<Address, String> {
    Ok(parse_word(text)?.to_address())
}
