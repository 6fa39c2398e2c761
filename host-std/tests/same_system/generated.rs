//! Generated sequences of transactions, on both systems: they do the same, and what must always hold does.
//!
//! The base token is conserved, nonces only rise, and of what fails nothing is left but the fee and the nonce.

use super::differences::Compared;
use super::systems::{Systems, environment, replace};
use eravm_core::{Address, VersionedHash, Word};
use eravm_host::batch::{
    BatchEnvironment, BatchExecutor, BlockEnvironment, ExecutionMode, ExecutionResult, MemoryState,
    TransactionOutcome,
};
use eravm_host::batch_file::{TestAccount, next_nonce};
use eravm_host::fees::FeeInput;
use eravm_host::parse_word;
use eravm_host::system_contracts::addresses::{
    BASE_TOKEN, BOOTLOADER, NONCE_HOLDER, SYSTEM_CONTEXT,
};
use eravm_host::system_contracts::{Flavour, SystemContracts, balance_slot, nonce_slot};
use eravm_host::transaction::{
    Ecdsa, L1Transaction, L2Kind, L2Transaction, PreparedTransaction, Transaction,
};
use primitive_types::U256;

const CHAIN: u64 = 270;
const SEQUENCES: u64 = 24;
const TRANSACTIONS: usize = 16;
const OPERATOR: Address = Address::repeat_byte(0x0f);
const ETHER: u128 = 1_000_000_000_000_000_000;
/// Slot of the total supply.
const SUPPLY: Word = Word::ONE;
/// The hash that block 0 has for `SystemContext`.
const GENESIS_BLOCK: &str = "0xe8e77626586f73b955364c7b4bbf0bb7f7685ebd40e852b164633a4acbd3244c";
/// Adds one to slot 0 of whoever calls, returns what is there, and reverts with odd calldata.
const COUNTER: &str = "
        .text
entry:
        shr.s   96, r1, r2
        and!    1, r2, r0
        jump.ne @odd
        sload   r0, r3
        add     1, r3, r3
        sstore  r0, r3
        st.1    0, r3
        add     @one_word[0], r0, r1
        ret.ok  r1
odd:
        sstore  r0, r2
        ret.revert r0
        .rodata
one_word:
        .cell   2535301200456458802993406410752
";

/// A generator of numbers (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }
}

struct Setting {
    accounts: Vec<TestAccount>,
    counter: Address,
    receivers: Vec<Address>,
}

impl Setting {
    fn new() -> Self {
        let names = ["alice", "bob", "carol", "dave"];
        let accounts = names.map(|name| TestAccount::new(name).expect("it is a name")).to_vec();
        let counter = Address::repeat_byte(0xcc);
        let mut receivers: Vec<_> = accounts.iter().map(|account| account.address).collect();
        receivers.extend([counter, Address::repeat_byte(0x77), Address::repeat_byte(0x78)]);
        Self { accounts, counter, receivers }
    }

    fn executor(&self, contracts: &SystemContracts) -> BatchExecutor<MemoryState> {
        let mut state = MemoryState::new();
        replace(contracts, &mut state, CHAIN);
        let code = eravm_core::asm::assemble(COUNTER).expect("it assembles").bytecode;
        let hash = VersionedHash::of_code(&code).expect("it is code");
        state.add_code(hash, &code).expect("it is code");
        let storage = eravm_core::system_address(eravm_core::ACCOUNT_CODE_STORAGE);
        state.write(storage, Word::from_address(&self.counter), hash.to_word());
        let mut supply = 0;
        for (account, balance) in self.accounts.iter().zip([10 * ETHER, 5 * ETHER, ETHER / 100, 0])
        {
            let (token, slot) = balance_slot(&account.address);
            state.write(token, slot, Word::from_u128(balance));
            supply += balance;
        }
        state.write(BASE_TOKEN, SUPPLY, Word::from_u128(supply));
        let system = environment(
            contracts,
            CHAIN,
            Flavour::ProvedBatch,
            ExecutionMode::VerifyExecute,
            u32::MAX,
        );
        let batch = BatchEnvironment {
            number: 1,
            timestamp: 1_700_000_000,
            previous_hash: Some(Word::from_u64(1)),
            operator: OPERATOR,
            fee_input: FeeInput {
                fair_l2_gas_price: 45_250_000,
                fair_pubdata_price: 5_000_000_000,
                l1_gas_price: 2_000_000_000,
            },
            enforced_base_fee: None,
            first_block: BlockEnvironment {
                number: 1,
                timestamp: 1_700_000_000,
                previous_hash: parse_word(GENESIS_BLOCK).expect("it is a word"),
                max_virtual_blocks: 1,
                interop_roots: Vec::new(),
            },
        };
        BatchExecutor::new(system, batch, state).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Any transaction, mostly one that can be in a batch.
    fn transaction(&self, numbers: &mut Numbers, nonces: &[Word]) -> Transaction {
        let index = numbers.below(self.accounts.len() as u64) as usize;
        let account = &self.accounts[index];
        let to = self.receivers[numbers.below(self.receivers.len() as u64) as usize];
        let value = match numbers.below(8) {
            0 => 0,
            1 => 20 * ETHER,
            _ => u128::from(numbers.below(1 << 50)),
        };
        let calldata = vec![7; numbers.below(4) as usize];
        if numbers.below(8) == 0 {
            return Transaction::Priority(L1Transaction {
                from: account.address,
                to,
                gas_limit: Word::from_u64(2_000_000),
                gas_per_pubdata_limit: Word::from_u64(800),
                max_fee_per_gas: Word::from_u64(45_250_000),
                value: Word::from_u128(value.min(ETHER)),
                to_mint: Word::from_u128(value.min(ETHER) + ETHER / 1000),
                refund_recipient: account.address,
                calldata,
                ..L1Transaction::default()
            });
        }
        let mut nonce = nonces[index];
        if numbers.below(12) == 0 {
            nonce.0[0] = nonce.0[0].wrapping_add(numbers.below(3)).wrapping_sub(1);
        }
        let (to, value, calldata) = match numbers.below(6) {
            0 => {
                // withdraw(address)
                let mut data = vec![0x51, 0xcf, 0xf8, 0xd9];
                data.extend(Word::from_address(&account.address).to_be_bytes());
                (BASE_TOKEN, value, data)
            }
            1 => (SYSTEM_CONTEXT, 0, vec![0x9a, 0x8a, 0x05, 0x92]),
            2 => (self.counter, 0, calldata),
            _ => (to, value, calldata),
        };
        let price = 45_250_000 + numbers.below(3) * 1000 - numbers.below(10) / 9;
        let transaction = L2Transaction {
            to: Some(to),
            nonce,
            gas_limit: Word::from_u64(20_000_000),
            value: Word::from_u128(value),
            calldata,
            ..L2Transaction::new(L2Kind::Eip1559 {
                chain_id: CHAIN,
                max_fee_per_gas: Word::from_u64(price),
                max_priority_fee_per_gas: Word::ZERO,
                signature: Ecdsa::default(),
            })
        };
        Transaction::L2(transaction.sign(&account.key).expect("the key is one"))
    }

    /// Everybody who can have something.
    fn holders(&self) -> impl Iterator<Item = Address> {
        self.receivers.iter().copied().chain([BOOTLOADER, OPERATOR, BASE_TOKEN])
    }

    fn check_conservation(&self, executor: &mut BatchExecutor<MemoryState>, place: &str) {
        let mut value = |(address, key): (Address, Word)| {
            U256::from(executor.slot_value(&address, &key).expect("it is in memory"))
        };
        let sum = self.holders().map(|holder| value(balance_slot(&holder)));
        let sum = sum.fold(U256::zero(), |sum, balance| sum + balance);
        assert_eq!(sum, value((BASE_TOKEN, SUPPLY)), "{place}: balances and supply");
    }
}

/// Of what failed nothing is left but the fee, the nonce, and what the system notes of every transaction.
fn check_what_is_left(done: &TransactionOutcome, place: &str) {
    if !matches!(done.outcome.result, ExecutionResult::Revert(_)) {
        return;
    }
    for change in &done.outcome.storage_changes {
        let is_kept = [BASE_TOKEN, NONCE_HOLDER, SYSTEM_CONTEXT].contains(&change.address);
        // Logs of transactions from L1 are for L1, whatever becomes of them.
        let is_log = change.address == eravm_core::system_address(0x8008);
        assert!(is_kept || is_log, "{place}: {change:?}");
    }
}

#[test]
fn generated_transactions_do_the_same_and_lose_nothing() {
    let Some(systems) = Systems::load() else { return };
    let setting = Setting::new();
    let mut kinds = [0; 3];
    for seed in 0..SEQUENCES {
        let mut numbers = Numbers(seed);
        let mut executors =
            [&systems.bytecode, &systems.embedded].map(|contracts| setting.executor(contracts));
        let mut paid: Vec<_> = setting.holders().collect();
        paid.retain(|holder| *holder != BASE_TOKEN);
        for index in 0..TRANSACTIONS {
            let place = format!("seed {seed}, transaction {index}");
            let nonces_of = |executor: &mut BatchExecutor<MemoryState>| {
                let slots = setting.accounts.iter().map(|account| nonce_slot(&account.address));
                let values = slots
                    .map(|(address, key)| executor.slot_value(&address, &key).expect("in memory"));
                values.map(next_nonce).collect::<Vec<_>>()
            };
            let before = executors.each_mut().map(nonces_of);
            assert_eq!(before[0], before[1], "{place}: nonces");
            let transaction = setting.transaction(&mut numbers, &before[1]);
            // Every other one as a node has it that has computed its hashes and its signer before.
            let prepared = PreparedTransaction::new(transaction.clone());
            let [left, right] = executors.each_mut().map(|executor| {
                let done = match index % 2 {
                    0 => executor.execute(&transaction),
                    _ => executor.execute_prepared(&prepared),
                };
                done.unwrap_or_else(|error| panic!("{place}: {error}"))
            });
            let [a, b] = [&left, &right].map(|done| Compared::new(&done.outcome, &paid));
            let found = a.against(&b);
            assert!(found.is_empty(), "{place}: {transaction:?}\n{}", found.join("\n"));
            kinds[match right.outcome.result {
                ExecutionResult::Success { .. } => 0,
                ExecutionResult::Revert(_) => 1,
                ExecutionResult::Halt(_) => 2,
            }] += 1;
            check_what_is_left(&right, &place);
            setting.check_conservation(&mut executors[1], &place);
            let after = nonces_of(&mut executors[1]);
            let rises = before[1].iter().zip(&after).all(|(before, after)| before.0 <= after.0);
            assert!(rises, "{place}: nonces only rise");
        }
    }
    assert!(kinds.iter().all(|count| *count > 20), "{kinds:?}");
}
