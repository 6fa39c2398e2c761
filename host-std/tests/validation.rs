//! Rules for the validation of transactions: what each allows, and what it refuses.

mod common;

use common::chain::{Chain, TIMESTAMP, balance_slot, call_abi, decimal, mapping_slot, selector};
use common::corpus;
use core::fmt::Write;
use eravm_core::{Address, Word, system_address};
use eravm_host::batch::{BatchExecutor, ExecutionResult, Halt};
use eravm_host::transaction::{
    CustomSignature, Eip712, L2Kind, L2Transaction, Paymaster, Signature, Transaction,
    address_of_key,
};
use eravm_host::validation::{
    PaymasterRules, TimestampAsserter, ValidationError, ValidationParameters, ValidationTracer,
    ValidationTraces, ViolatedRule, validate,
};

const ACCOUNT: Address = Address::repeat_byte(0xaa);
const OTHER: Address = Address::repeat_byte(0xbb);
/// Reads the slot that its calldata says, and returns the value.
const READER: Address = Address::repeat_byte(0xcc);
const TOKEN: Address = Address::repeat_byte(0xdd);
const ASSERTER: Address = Address::repeat_byte(0xee);
const PAYMASTER: Address = Address::repeat_byte(0x99);
const KECCAK256: Address = system_address(0x8010);
const SYSTEM_CONTEXT: Address = system_address(0x800b);

const READER_CODE: &str = "\
        .text
entry:
        ld      r1, r2
        sload   r2, r3
        st.1    0, r3
        add     @abi[0], r0, r1
        ret.ok  r1
        .rodata
abi:
        .cell   2535301200456458802993406410752
";

/// What an account does while it validates.
#[derive(Clone, Default)]
struct Body {
    text: String,
    data: String,
    labels: usize,
}

impl Body {
    fn new() -> Self {
        Self::default()
    }

    fn line(mut self, line: &str) -> Self {
        writeln!(self.text, "        {line}").expect("text can be written");
        self
    }

    fn constant(&mut self, value: &str) -> String {
        self.labels += 1;
        let label = format!("constant_{}", self.labels);
        writeln!(self.data, "{label}:\n        .cell   {value}").expect("text can be written");
        label
    }

    /// Writes a word to the heap.
    fn store(mut self, at: u32, word: &Word) -> Self {
        let label = self.constant(&decimal(word));
        self.line(&format!("add     @{label}[0], r0, r3")).line(&format!("st.1    {at}, r3"))
    }

    /// Calls with the first bytes of the heap and goes on, whatever comes of it; r1 points to what it returns.
    fn call_with(mut self, address: &Address, bytes: u32, ergs: u32, is_system: bool) -> Self {
        let abi = self.constant(&call_abi(bytes, ergs, is_system));
        let to = self.constant(&decimal(&Word::from_address(address)));
        let body = self
            .line(&format!("add     @{abi}[0], r0, r1"))
            .line(&format!("add     @{to}[0], r0, r2"))
            .line(&format!("far_call r1, r2, @after_{abi}"));
        let text = format!("{}after_{abi}:\n", body.text);
        Self { text, ..body }
    }

    fn call(self, address: &Address, bytes: u32) -> Self {
        self.call_with(address, bytes, u32::MAX, false)
    }

    /// Reads a slot of another contract.
    fn read(self, key: &Word) -> Self {
        self.store(0, key).call(&READER, 32)
    }

    /// Hashes two words and keeps the hash in the heap.
    fn hash(self, first: &Word, second: &Word, to: u32) -> Self {
        self.store(0, first)
            .store(32, second)
            .call(&KECCAK256, 64)
            .line("ld      r1, r4")
            .line(&format!("st.1    {to}, r4"))
    }

    /// Calls a function.
    fn function(self, address: &Address, number: u32, arguments: &[Word]) -> Self {
        // Arguments are not aligned: the selector comes first.
        let mut bytes = selector(number).to_be_bytes()[..4].to_vec();
        arguments.iter().for_each(|word| bytes.extend(word.to_be_bytes()));
        let length = u32::try_from(bytes.len()).expect("it is short");
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        let mut body = self;
        for (at, word) in (0..).step_by(32).zip(bytes.chunks(32)) {
            let word = Word::from_be_bytes(word.first_chunk().expect("it is whole"));
            body = body.store(at, &word);
        }
        body.call(address, length)
    }

    /// An account that does this, then uses its nonce 0, and agrees to everything.
    fn account(self) -> String {
        let increment = selector(0xe123_9cd8);
        let magic = selector(0x202b_cce7);
        let mut body = self
            .store(0, &increment)
            .store(32, &Word::ZERO)
            .call_with(&system_address(0x8003), 36, u32::MAX, true)
            .store(0, &magic);
        let abi = body.constant("2535301200456458802993406410752");
        let body = body.line(&format!("add     @{abi}[0], r0, r1")).line("ret.ok  r1");
        body.program()
    }

    /// A paymaster that does this and agrees to everything, without a context.
    fn paymaster(self) -> String {
        let mut body = self
            .store(0, &selector(0x038a_24bc))
            .store(32, &Word::from_u64(64))
            .store(64, &Word::ZERO);
        let abi = body.constant(&call_abi(96, 0, false));
        let body = body.line(&format!("add     @{abi}[0], r0, r1")).line("ret.ok  r1");
        body.program()
    }

    /// A contract that does this.
    fn contract(self) -> String {
        self.line("ret     r0").program()
    }

    fn program(self) -> String {
        format!("        .text\nentry:\n{}        .rodata\n{}", self.text, self.data)
    }
}

/// A transaction of the account that calls nobody.
fn transaction() -> L2Transaction {
    L2Transaction {
        from: ACCOUNT,
        to: Some(OTHER),
        gas_limit: Word::from_u64(10_000_000),
        ..L2Transaction::new(L2Kind::Eip712(Box::new(Eip712 {
            chain_id: 270,
            max_fee_per_gas: Word::ZERO,
            max_priority_fee_per_gas: Word::ZERO,
            gas_per_pubdata_limit: Word::from_u64(50_000),
            factory_deps: Vec::new(),
            paymaster: None,
            signature: Signature::Custom(CustomSignature {
                bytes: vec![1; 65],
                ..CustomSignature::default()
            }),
        })))
    }
}

type Checked = Result<ValidationTraces, ValidationError<core::convert::Infallible>>;

/// Validates a transaction of an account that does this, with other parameters than the network's.
fn check_with(
    body: Body,
    adjust: impl FnOnce(&mut Chain, &mut ValidationParameters),
) -> Option<Checked> {
    let mut chain = Chain::new()?;
    chain.deploy_account(ACCOUNT, &body.account());
    chain.deploy_assembled(READER, READER_CODE);
    let transaction = transaction();
    let mut parameters = ValidationParameters::new(&transaction);
    adjust(&mut chain, &mut parameters);
    let Chain { system, batch, mut state } = chain;
    Some(validate(system, batch, &mut state, &transaction, &parameters))
}

fn check(body: Body) -> Option<Checked> {
    check_with(body, |_, _| {})
}

fn passes(checked: Option<Checked>) {
    if let Some(checked) = checked {
        assert_eq!(checked, Ok(ValidationTraces::default()));
    }
}

fn refuses(checked: Option<Checked>, rule: ViolatedRule) {
    if let Some(checked) = checked {
        assert_eq!(checked, Err(ValidationError::Violated(rule)));
    }
}

fn slot(address: Address, key: Word, caller: Address) -> ViolatedRule {
    ViolatedRule::TouchedDisallowedStorageSlot { address, key, caller }
}

/// A look at the time that somebody took.
fn refuses_time(checked: Option<Checked>, asker: Address) {
    let Some(checked) = checked else { return };
    let Err(ValidationError::Violated(ViolatedRule::TouchedDisallowedStorageSlot {
        address,
        caller,
        ..
    })) = checked
    else {
        panic!("{checked:?}")
    };
    assert_eq!((address, caller), (SYSTEM_CONTEXT, asker));
}

fn number(number: u64) -> Word {
    Word::from_u64(number)
}

fn account_word() -> Word {
    Word::from_address(&ACCOUNT)
}

#[test]
fn an_account_may_read_its_own_slots_and_the_slot_of_its_address() {
    passes(check(Body::new().line("sload   r0, r3")));
    passes(check(Body::new().read(&account_word())));
}

#[test]
fn slots_of_others_are_refused() {
    let key = number(5);
    refuses(check(Body::new().read(&key)), slot(READER, key, ACCOUNT));
    // The lower 20 bytes alone are not enough.
    let key = Word([account_word().0[0], account_word().0[1], account_word().0[2], 1]);
    refuses(check(Body::new().read(&key)), slot(READER, key, ACCOUNT));
    // The balance of somebody else is read by a contract that is no part of the system here.
    let key = mapping_slot(&Word::from_address(&OTHER), &Word::ZERO);
    refuses(check(Body::new().read(&key)), slot(READER, key, ACCOUNT));
}

#[test]
fn transient_storage_and_writes_are_free() {
    passes(check(Body::new().line("tload   r0, r3")));
    passes(check(Body::new().line("add     7, r0, r3").line("sstore  r0, r3")));
}

#[test]
fn slots_of_mappings_are_allowed_from_a_hash_of_the_account_on() {
    let mapping = number(3);
    let hashed = Body::new().hash(&account_word(), &mapping, 96);
    let base = mapping_slot(&account_word(), &mapping);
    let after = |offset: u64| -> Word {
        (primitive_types::U256::from(base) + primitive_types::U256::from(offset)).into()
    };
    passes(check(hashed.clone().read(&base)));
    passes(check(hashed.clone().read(&after(127))));
    refuses(check(hashed.clone().read(&after(128))), slot(READER, after(128), ACCOUNT));
    // The slot before is another one's.
    let before = after(0).0;
    let before = Word([before[0].wrapping_sub(1), before[1], before[2], before[3]]);
    refuses(check(hashed.read(&before)), slot(READER, before, ACCOUNT));
    // Without its hash being computed, or if other than 64 bytes are hashed, nobody knows what a slot is.
    refuses(check(Body::new().read(&base)), slot(READER, base, ACCOUNT));
    let longer = Body::new().store(0, &account_word()).store(32, &mapping).call(&KECCAK256, 65);
    refuses(check(longer.read(&base)), slot(READER, base, ACCOUNT));
}

#[test]
fn mappings_in_mappings_are_allowed_if_the_outer_one_is() {
    let (mapping, spender) = (number(3), Word::from_address(&OTHER));
    let outer = mapping_slot(&account_word(), &mapping);
    let inner = mapping_slot(&spender, &outer);
    let innermost = mapping_slot(&number(9), &inner);
    let both = Body::new().hash(&account_word(), &mapping, 96).hash(&spender, &outer, 96);
    passes(check(both.clone().read(&inner)));
    passes(check(both.clone().hash(&number(9), &inner, 96).read(&innermost)));
    refuses(check(both.read(&innermost)), slot(READER, innermost, ACCOUNT));
    let inner_only = Body::new().hash(&spender, &outer, 96);
    refuses(check(inner_only.read(&inner)), slot(READER, inner, ACCOUNT));
}

#[test]
fn a_token_may_be_asked_for_what_the_account_has() {
    let Some(path) = corpus("sdk-contracts/Token.json") else { return };
    let token = eravm_host::artifact::load(&path, None).expect("it is an artifact");
    let ask = |body: Body| {
        check_with(body, |chain, _| {
            chain.deploy(TOKEN, &token.code);
            chain.state.write(TOKEN, number(2), number(1000));
        })
    };
    let (own, other) = (account_word(), Word::from_address(&OTHER));
    let call =
        |selector, arguments: &[Word]| ask(Body::new().function(&TOKEN, selector, arguments));
    let (balance_of, allowance, total_supply) = (0x70a0_8231, 0xdd62_ed3e, 0x1816_0ddd);
    passes(call(balance_of, &[own]));
    passes(call(allowance, &[own, other]));
    passes(call(allowance, &[other, own]));
    refuses(call(balance_of, &[other]), slot(TOKEN, mapping_slot(&other, &Word::ZERO), ACCOUNT));
    refuses(call(total_supply, &[]), slot(TOKEN, number(2), ACCOUNT));
}

#[test]
fn what_is_trusted_may_be_read() {
    let key = number(5);
    let read = Body::new().read(&key);
    passes(check_with(read.clone(), |_, parameters| {
        parameters.trusted_slots.insert((READER, key));
    }));
    passes(check_with(read.clone(), |_, parameters| {
        parameters.trusted_addresses.insert(READER);
    }));
    let other_slot = |_: &mut Chain, parameters: &mut ValidationParameters| {
        parameters.trusted_slots.insert((READER, number(6)));
        parameters.trusted_addresses.insert(OTHER);
    };
    refuses(check_with(read, other_slot), slot(READER, key, ACCOUNT));
}

#[test]
fn a_slot_with_a_trusted_address_makes_that_trusted() {
    let (pointer, key) = (number(5), number(6));
    let second = Address::repeat_byte(0xcd);
    let trust = |chain: &mut Chain, parameters: &mut ValidationParameters| {
        chain.deploy_assembled(second, READER_CODE);
        chain.state.write(READER, pointer, Word::from_address(&second));
        parameters.trusted_address_slots.insert((READER, pointer));
    };
    let read_second = |body: Body| body.store(0, &key).call(&second, 32);
    passes(check_with(read_second(Body::new().read(&pointer)), trust));
    refuses(check_with(read_second(Body::new()), trust), slot(second, key, ACCOUNT));
}

#[test]
fn tokens_on_the_list_may_look_up_their_code() {
    let code = "360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";
    let code = eravm_host::parse_word(&format!("0x{code}")).expect("it is a word");
    let read = Body::new().read(&code);
    passes(check_with(read.clone(), |_, parameters| parameters.trust_token(READER)));
    refuses(check(read), slot(READER, code, ACCOUNT));
}

#[test]
fn addresses_without_code_may_not_be_called() {
    refuses(check(Body::new().call(&OTHER, 0)), ViolatedRule::CalledContractWithNoCode(OTHER));
    // The one with code reads slot 0, which is not the account's.
    refuses(check(Body::new().call(&READER, 0)), slot(READER, Word::ZERO, ACCOUNT));
    // A delegate call is a call.
    let delegate = Body::new()
        .line("add     r0, r0, r1")
        .store(0, &Word::from_address(&OTHER))
        .line("add     r3, r0, r2")
        .line("far_call.delegate r1, r2, @caught");
    let delegate = Body { text: format!("{}caught:\n", delegate.text), ..delegate };
    refuses(check(delegate), ViolatedRule::CalledContractWithNoCode(OTHER));
}

#[test]
fn of_the_context_only_the_chain_may_be_looked_at() {
    refuses(check(Body::new().line("context.meta r3")), ViolatedRule::TouchedDisallowedContext);
    passes(check(Body::new().line("context.ergs_left r3")));
    // chainId() and getBlockTimestamp().
    passes(check(Body::new().function(&SYSTEM_CONTEXT, 0x9a8a_0592, &[])));
    refuses_time(check(Body::new().function(&SYSTEM_CONTEXT, 0x796b_89b9, &[])), ACCOUNT);
}

#[test]
fn ergs_are_limited() {
    let too_many = |limit| ViolatedRule::TookTooManyComputationalGas { limit };
    let endless = Body::new();
    let endless = Body { text: format!("{}again:\n", endless.text), ..endless };
    let endless = endless.line("jump    @again");
    refuses(check(endless), too_many(300_000));
    // A frame that runs out is enough, whether or not its caller cares.
    let careless = Body::new().store(0, &account_word()).call_with(&READER, 32, 1000, false);
    refuses(check(careless), too_many(300_000));
    let modest = Body::new().read(&account_word());
    refuses(
        check_with(modest.clone(), |_, parameters| parameters.computational_gas_limit = 4000),
        too_many(4000),
    );
    passes(check_with(modest, |_, parameters| parameters.computational_gas_limit = 100_000));
}

/// Asks the time like the network's contract, but for the comparison.
fn with_asserter(chain: &mut Chain, parameters: &mut ValidationParameters) {
    let code = Body::new().function(&SYSTEM_CONTEXT, 0x796b_89b9, &[]).contract();
    chain.deploy_assembled(ASSERTER, &code);
    parameters.timestamp_asserter =
        Some(TimestampAsserter { address: ASSERTER, min_seconds_till_end: 60 });
}

#[test]
fn the_time_may_be_asserted() {
    let assert_time =
        |body: Body, start: Word, end: Word| body.function(&ASSERTER, 0x5b1a_0c91, &[start, end]);
    let (start, end) = (number(TIMESTAMP - 10), number(TIMESTAMP + 60));
    let once = assert_time(Body::new(), start, end);
    let twice = assert_time(once.clone(), number(1), Word([0, 0, 0, 1]));
    for body in [once.clone(), twice] {
        if let Some(checked) = check_with(body, with_asserter) {
            let timestamps = Some(TIMESTAMP - 10..TIMESTAMP + 60);
            assert_eq!(checked, Ok(ValidationTraces { timestamps }));
        }
    }
    let late = assert_time(Body::new(), start, number(TIMESTAMP + 59));
    refuses(
        check_with(late, with_asserter),
        ViolatedRule::TimestampAssertionCloseToRangeEnd {
            end: TIMESTAMP + 59,
            timestamp: TIMESTAMP,
            min_seconds_till_end: 60,
        },
    );
    // Another function of that contract asserts nothing; and a contract that nobody appointed may not ask.
    passes(check_with(Body::new().function(&ASSERTER, 0x1111_1111, &[start, end]), with_asserter));
    let unknown = check_with(once, |chain, parameters| {
        with_asserter(chain, parameters);
        parameters.timestamp_asserter = None;
    });
    refuses_time(unknown, ASSERTER);
}

/// Validates a transaction that a paymaster pays for which does this.
fn check_paymaster(body: &Body, rules: PaymasterRules) -> Option<Checked> {
    let mut chain = Chain::new()?;
    chain.deploy_account(ACCOUNT, &Body::new().account());
    chain.deploy_assembled(READER, READER_CODE);
    chain.deploy_assembled(PAYMASTER, &body.clone().paymaster());
    let mut transaction = transaction();
    if let L2Kind::Eip712(own) = &mut transaction.kind {
        own.paymaster = Some(Paymaster { address: PAYMASTER, input: vec![1, 2, 3, 4] });
    }
    let parameters =
        ValidationParameters { paymaster_rules: rules, ..ValidationParameters::new(&transaction) };
    assert_eq!(parameters.paymaster_address, Some(PAYMASTER));
    let Chain { system, batch, mut state } = chain;
    Some(validate(system, batch, &mut state, &transaction, &parameters))
}

#[test]
fn paymasters_have_the_rules_that_the_operator_chooses() {
    use PaymasterRules::{AccountSlots, OwnSlots, Unrestricted};
    let key = number(5);
    let foreign = Body::new().read(&key);
    passes(check_paymaster(&foreign, Unrestricted));
    refuses(check_paymaster(&foreign, OwnSlots), slot(READER, key, PAYMASTER));
    refuses(check_paymaster(&foreign, AccountSlots), slot(READER, key, PAYMASTER));

    let own = Body::new().line("add     5, r0, r3").line("sload   r3, r4");
    let bootloader = system_address(0x8001);
    passes(check_paymaster(&own, Unrestricted));
    passes(check_paymaster(&own, OwnSlots));
    refuses(check_paymaster(&own, AccountSlots), slot(PAYMASTER, key, bootloader));

    let word = Word::from_address(&PAYMASTER);
    let kept = Body::new().hash(&word, &number(1), 96).read(&mapping_slot(&word, &number(1)));
    passes(check_paymaster(&kept, OwnSlots));
    refuses(
        check_paymaster(&kept, AccountSlots),
        slot(READER, mapping_slot(&word, &number(1)), PAYMASTER),
    );
    let of_account = Body::new().read(&account_word());
    passes(check_paymaster(&of_account, AccountSlots));
}

#[test]
fn a_paymaster_with_rules_has_a_limit_of_ergs() {
    let endless = Body::new();
    let endless = Body { text: format!("{}again:\n", endless.text), ..endless };
    let endless = endless.line("jump    @again");
    let limit = 300_000;
    refuses(
        check_paymaster(&endless, PaymasterRules::OwnSlots),
        ViolatedRule::TookTooManyComputationalGas { limit },
    );
    // Without, the bootloader notices that it has failed.
    if let Some(checked) = check_paymaster(&endless, PaymasterRules::Unrestricted) {
        assert!(matches!(checked, Err(ValidationError::Halted(Halt::Bootloader { .. }))));
    }
}

/// A transfer by an account without code of its own, which pays its fee.
fn transfer(chain: &mut Chain) -> L2Transaction {
    chain.batch.fee_input.fair_l2_gas_price = 100_000_000;
    let key = [7; 32];
    let sender = address_of_key(&key).expect("it is a key");
    chain.fund(&sender, 1_000_000_000_000_000_000);
    let kind = L2Kind::Eip1559 {
        chain_id: 270,
        max_fee_per_gas: number(100_000_000),
        max_priority_fee_per_gas: Word::ZERO,
        signature: Default::default(),
    };
    let unsigned = L2Transaction {
        to: Some(OTHER),
        gas_limit: number(10_000_000),
        value: number(1000),
        ..L2Transaction::new(kind)
    };
    unsigned.sign(&key).expect("it is a key")
}

#[test]
fn a_transfer_of_a_default_account_is_valid() {
    let Some(mut chain) = Chain::new() else { return };
    let transaction = transfer(&mut chain);
    let parameters = ValidationParameters::new(&transaction);
    let Chain { system, batch, mut state } = chain;
    let before = state.value(&system_address(0x800a), &balance_slot(&transaction.from));
    let checked = validate(system.clone(), batch.clone(), &mut state, &transaction, &parameters);
    assert_eq!(checked, Ok(ValidationTraces::default()));
    assert_eq!(state.value(&system_address(0x800a), &balance_slot(&transaction.from)), before);

    // A later nonce, or a signature of somebody else, is the bootloader's business.
    let later = L2Transaction { nonce: number(3), ..transaction.clone() };
    let later = later.sign(&[7; 32]).expect("it is a key");
    let stranger = L2Transaction { from: OTHER, ..transaction };
    for refused in [later, stranger] {
        let parameters = ValidationParameters::new(&refused);
        let checked = validate(system.clone(), batch.clone(), &mut state, &refused, &parameters);
        assert!(
            matches!(checked, Err(ValidationError::Halted(Halt::Bootloader { .. }))),
            "{checked:?}"
        );
    }
}

#[test]
fn a_batch_goes_on_after_a_tracer_has_stopped_a_transaction() {
    let Some(mut chain) = Chain::new() else { return };
    let good = Transaction::from(transfer(&mut chain));
    chain.deploy_account(ACCOUNT, &Body::new().read(&number(5)).account());
    chain.deploy_assembled(READER, READER_CODE);
    let mut bad = transaction();
    if let L2Kind::Eip712(own) = &mut bad.kind {
        own.max_fee_per_gas = number(100_000_000);
    }
    let parameters = ValidationParameters::new(&bad);
    let mut executor =
        BatchExecutor::new(chain.system, chain.batch, chain.state).expect("it begins");
    executor.make_snapshot().expect("nothing runs");
    executor.push_transaction(&Transaction::from(bad)).expect("there is room");
    let ergs = executor.signals().ergs;
    let mut tracer = ValidationTracer::new(&parameters, TIMESTAMP);
    let outcome = executor.trace_transaction(&mut tracer).expect("it runs").outcome;
    assert_eq!(outcome.result, ExecutionResult::Halt(Halt::Tracer));
    assert_eq!(tracer.violation(), Some(&slot(READER, number(5), ACCOUNT)));
    assert!(outcome.events.is_empty() && outcome.storage_changes.is_empty());
    assert_eq!(outcome.ergs_used, ergs - outcome.ergs_left);
    assert!(outcome.ergs_used < 1_000_000, "{}", outcome.ergs_used);
    executor.rollback().expect("there is a snapshot");
    assert_eq!(executor.signals().ergs, ergs);
    let outcome = executor.execute(&good).expect("it runs").outcome;
    assert!(matches!(outcome.result, ExecutionResult::Success { .. }), "{:?}", outcome.result);
}
