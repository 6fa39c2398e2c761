//! Calls and estimates, compared with those of the network's API.

mod common;

use common::{corpus, goldens};
use eravm_core::{Address, Word};
use eravm_host::batch::{ExecutionResult, MemoryState};
use eravm_host::fees::Factor;
use eravm_host::golden::format::{Batch, Estimation};
use eravm_host::golden::{Code, Golden, compare_outcome, compare_result};
use eravm_host::oneshot::{
    AccountOverride, Breakdown, EstimateError, EstimateOptions, Funding, MAX_GAS_LIMIT, OneShot,
    OverriddenState, Run, SearchKind, StateOverrides, StorageOverride,
};
use eravm_host::system_contracts::balance_slot;
use eravm_host::transaction::{
    CustomSignature, Eip712, L1Transaction, L2Kind, L2Transaction, Signature, Transaction,
};
use primitive_types::U256;
use std::path::Path;

/// What a golden's only transaction is run with.
struct Case {
    name: String,
    batch: Batch,
    one_shot: OneShot,
    state: MemoryState,
    transaction: Transaction,
}

impl Case {
    fn of(name: &str, batch: &Batch, code: &Code) -> Self {
        let system = batch.system_environment(code).expect("its code is there");
        let mut state = batch.initial_state(code).expect("its code is there");
        for hash in [batch.default_aa_hash.0, batch.evm_emulator_hash.0] {
            state.add_program(hash, code.get(&hash).expect("it is there").clone());
        }
        let mut transactions = batch.all_transactions(code).expect("they can be read");
        let transaction = transactions.pop().expect("there is one");
        if name.starts_with("estimate_") {
            unfund(&mut state, &transaction);
        }
        Self {
            name: name.to_owned(),
            batch: batch.clone(),
            one_shot: OneShot::new(system, batch.batch_environment()),
            state,
            transaction,
        }
    }

    fn load(name: &str) -> Option<Self> {
        let path = corpus(&format!("goldens-sdk/{name}.json.gz"))?;
        let path = Path::new(&path);
        let golden = Golden::load(path).expect("it can be read");
        let code = Code::load(&Code::file_for(path).expect("there is code")).expect("it is code");
        Some(Self::of(name, &golden.batch, &code))
    }

    fn estimations(&self) -> [(SearchKind, &Estimation); 2] {
        let extra = self.batch.extra.as_ref().expect("it has estimates");
        let optimized = extra.estimation_optimized.as_ref().expect("it has both");
        let full = extra.estimation_full.as_ref().expect("it has both");
        [(SearchKind::Optimized, optimized), (SearchKind::Full, full)]
    }
}

/// Takes from the sender's balance what the golden's own run had added to it: the estimate adds it again.
fn unfund(state: &mut MemoryState, transaction: &Transaction) {
    let Transaction::L2(l2) = transaction else { return };
    let cost = U256::from(l2.gas_limit) * U256::from(l2.kind.max_fee_per_gas());
    let mut view = OverriddenState::over(state);
    let Ok(balance) = view.balance(&l2.from);
    let before = U256::from(balance).checked_sub(cost).expect("it was added");
    let (token, key) = balance_slot(&l2.from);
    state.write(token, key, before.into());
}

fn options(search: SearchKind, expected: &Estimation) -> EstimateOptions {
    let factor = |factor| Factor::new(factor).expect("it is one");
    EstimateOptions {
        search,
        acceptable_overestimation: expected.acceptable_overestimation,
        gas_limit_factor: factor(expected.estimate_gas_scale_factor),
        gas_price_factor: factor(expected.gas_price_scale_factor),
        // So the goldens were made.
        funding: Funding::Sender,
    }
}

/// All goldens whose names begin with `prefix`.
fn cases(prefix: &str, mut visit: impl FnMut(Case)) -> usize {
    let mut count = 0;
    goldens(|name, golden, code| {
        if name.starts_with(prefix) {
            count += 1;
            visit(Case::of(name, &golden.batch, code));
        }
    });
    count
}

fn check_sums(name: &str, breakdown: &Breakdown) {
    let Breakdown { overhead, intrinsic, validation, execution, pubdata, .. } = *breakdown;
    let sum = overhead + intrinsic + validation + execution + pubdata;
    assert_eq!(sum, breakdown.charged + breakdown.discount, "{name}: {breakdown:?}");
    assert_eq!(breakdown.charged + breakdown.refunded, breakdown.gas_limit, "{name}");
    let bytes = u64::from(breakdown.pubdata_bytes);
    assert_eq!(pubdata, bytes * breakdown.gas_per_pubdata, "{name}: {breakdown:?}");
}

#[test]
fn calls_do_what_the_network_says() {
    let count = cases("call_", |mut case| {
        let expected = &case.batch.transactions[0].outcome;
        let call = case.one_shot.call(&mut case.state, &case.transaction);
        let call = call.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let outcome = &call.outcome.outcome;
        compare_outcome(&case.name, expected, outcome).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(outcome.instructions, case.batch.transactions[0].instructions);
        let gas = call.gas;
        assert_eq!(gas.bootloader + gas.execution, expected.gas_used, "{}", case.name);
        assert_eq!(gas.pubdata, u64::from(gas.pubdata_bytes) * gas.gas_per_pubdata);
        let counter = case.batch.results.final_pubdata_counter;
        if matches!(outcome.result, ExecutionResult::Success { .. }) {
            assert_eq!(i64::from(gas.pubdata_bytes), i64::from(counter), "{}", case.name);
        } else {
            assert_eq!(gas.pubdata_bytes, 0, "{}", case.name);
        }
        assert!(gas.execution > 0 && gas.execution < gas.bootloader * 20, "{}: {gas:?}", case.name);
    });
    assert!(count == 13 || corpus("goldens-sdk").is_none(), "{count} calls");
}

#[test]
fn estimates_take_every_step_of_the_networks() {
    let count = cases("estimate_", |mut case| {
        let estimations = case.estimations().map(|(kind, expected)| (kind, expected.clone()));
        for (kind, expected) in estimations {
            check_estimate(&mut case, kind, &expected);
        }
    });
    assert!(count == 11 || corpus("goldens-sdk").is_none(), "{count} estimates");
}

fn check_estimate(case: &mut Case, kind: SearchKind, expected: &Estimation) {
    let what = format!("{} {kind:?}", case.name);
    let options = options(kind, expected);
    let estimator = case.one_shot.estimator(&mut case.state, &case.transaction, &options);
    let estimator = estimator.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(estimator.base_fee(), expected.base_fee, "{what}");
    assert_eq!(estimator.gas_per_pubdata(), expected.gas_per_pubdata, "{what}");
    assert_eq!(case.transaction.encoded_words(), expected.encoding_len, "{what}");
    assert_eq!(expected.max_gas_limit, MAX_GAS_LIMIT, "{what}");
    match estimator.estimate() {
        Ok(estimate) => {
            assert_eq!(expected.error, None, "{what}");
            let bounds = (estimate.bounds.lower, estimate.bounds.upper);
            assert_eq!(Some(bounds), expected.bounds, "{what}");
            let steps = estimate.steps.iter().map(|it| (it.gas, it.gas_limit, it.failed));
            assert_eq!(steps.collect::<Vec<_>>(), expected.steps, "{what}");
            assert_eq!(Some(estimate.unscaled_gas_limit), expected.unscaled_gas_limit, "{what}");
            assert_eq!(Some(estimate.suggested_gas_limit), expected.suggested_gas_limit, "{what}");
            assert_eq!(Some(estimate.overhead), expected.overhead, "{what}");
            let (fee, answer) = (estimate.fee, expected.fee.expect("it has an answer"));
            assert_eq!(fee.gas_limit, answer.gas_limit, "{what}");
            assert_eq!(fee.gas_per_pubdata_limit, answer.gas_per_pubdata_limit, "{what}");
            assert_eq!(fee.max_fee_per_gas, answer.max_fee_per_gas, "{what}");
            assert_eq!(fee.max_priority_fee_per_gas, answer.max_priority_fee_per_gas, "{what}");
            check_first_run(&what, expected, estimate.first_run.as_ref());
            check_breakdown(&what, &estimate.run);
            // The golden itself is the run with one of the two answers.
            let golden = &case.batch.transactions[0];
            if case.transaction.gas_limit() == Word::from_u64(fee.gas_limit) {
                let outcome = &estimate.run.outcome.outcome;
                compare_outcome(&what, &golden.outcome, outcome)
                    .unwrap_or_else(|error| panic!("{error:?}"));
                assert_eq!(outcome.instructions, golden.instructions, "{what}");
            } else {
                assert_eq!(kind, SearchKind::Full, "{what}");
            }
        }
        Err(EstimateError::FirstRun(run)) => {
            assert_eq!(expected.error.as_deref(), Some("initial run failed"), "{what}");
            check_first_run(&what, expected, Some(&run));
            let golden = &case.batch.transactions[0];
            compare_outcome(&what, &golden.outcome, &run.outcome.outcome)
                .unwrap_or_else(|error| panic!("{error:?}"));
        }
        Err(error) => panic!("{what}: {error}"),
    }
}

fn check_first_run(what: &str, expected: &Estimation, run: Option<&Run>) {
    assert_eq!(expected.initial.is_some(), run.is_some(), "{what}");
    let (Some(expected), Some(run)) = (&expected.initial, run) else { return };
    let outcome = &run.outcome.outcome;
    assert_eq!(u64::from(outcome.ergs_used), expected.computational_gas_used, "{what}");
    assert_eq!(outcome.refunded, expected.gas_refunded, "{what}");
    assert_eq!(outcome.pubdata, expected.pubdata_published, "{what}");
    compare_result(what, &expected.result, &outcome.result)
        .unwrap_or_else(|error| panic!("{error:?}"));
    let is_halt = matches!(outcome.result, ExecutionResult::Halt(_));
    assert_eq!(run.breakdown.is_none(), is_halt, "{what}");
    if !is_halt {
        check_breakdown(what, run);
    }
}

fn check_breakdown(what: &str, run: &Run) {
    let breakdown = run.breakdown.expect("it was charged");
    check_sums(what, &breakdown);
    let outcome = &run.outcome.outcome;
    assert_eq!(breakdown.gas_limit, run.gas_limit, "{what}");
    assert_eq!(breakdown.refunded, outcome.refunded, "{what}");
    assert_eq!(breakdown.pubdata_bytes, outcome.pubdata, "{what}");
    assert!(breakdown.validation > 0 && breakdown.execution > 0, "{what}: {breakdown:?}");
}

/// The figures as the bootloader's log has them in the golden.
#[test]
fn breakdowns_have_the_bootloaders_figures() {
    let Some(mut case) = Case::load("estimate_transfer") else { return };
    let options = EstimateOptions { funding: Funding::Sender, ..EstimateOptions::default() };
    let estimate = case.one_shot.estimate(&mut case.state, &case.transaction, &options);
    let breakdown = estimate.expect("it succeeds").run.breakdown;
    let expected = Breakdown {
        gas_limit: 180_257,
        overhead: 10_000,
        intrinsic: 14_070,
        validation: 0x141b4,
        execution: 0x12067 - 0xb780 - 0x23fd,
        pubdata: 0x23fd,
        discount: 0xb7aa - 0xb780,
        charged: 180_257 - 47_018,
        refunded: 47_018,
        pubdata_bytes: 83,
        gas_per_pubdata: 111,
    };
    assert_eq!(breakdown, Some(expected));

    let Some(mut case) = Case::load("estimate_l1_increment") else { return };
    let estimate = case.one_shot.estimate(&mut case.state, &case.transaction, &options);
    let breakdown = estimate.expect("it succeeds").run.breakdown;
    let expected = Breakdown {
        gas_limit: 378_165,
        overhead: 10_000,
        intrinsic: 167_157 + 88 * 800,
        validation: 0x181c,
        execution: 0x1e614 - 0x14b20 - 0x6a40,
        pubdata: 0x6a40,
        discount: 0x1a6b4 - 0x14b20,
        charged: 378_165 - 108_212,
        refunded: 108_212,
        pubdata_bytes: 34,
        gas_per_pubdata: 800,
    };
    assert_eq!(breakdown, Some(expected));
}

/// By default the payer gets what the transaction costs, so that it does not matter that the paymaster is poor.
#[test]
fn a_poor_paymaster_does_not_keep_from_an_estimate_unless_it_should() {
    let Some(mut poor) = Case::load("estimate_paymaster") else { return };
    let default = EstimateOptions::default();
    let estimate = poor.one_shot.estimate(&mut poor.state, &poor.transaction, &default);
    assert!(!estimate.expect("it succeeds").run.failed());
    let strict = EstimateOptions { funding: Funding::Sender, ..default };
    let error = poor.one_shot.estimate(&mut poor.state, &poor.transaction, &strict).unwrap_err();
    assert!(error.to_string().contains("Paymaster balance might not be enough"), "{error}");
}

#[test]
fn a_value_above_the_balance_is_told_before_anything_is_run() {
    let Some(mut case) = Case::load("estimate_value_above_balance") else { return };
    let options = EstimateOptions::default();
    let error = case.one_shot.estimate(&mut case.state, &case.transaction, &options).unwrap_err();
    assert!(
        matches!(error, EstimateError::Balance { value, .. } if value == case.transaction.value())
    );
    let rich = AccountOverride { balance: Some(case.transaction.value()), ..Default::default() };
    let overrides = StateOverrides { accounts: [(case.transaction.sender(), rich)].into() };
    let one_shot = case.one_shot.with_overrides(overrides);
    assert!(one_shot.estimate(&mut case.state, &case.transaction, &options).is_ok());
}

#[test]
fn overrides_change_what_a_call_sees_and_nothing_else() {
    let Some(mut case) = Case::load("call_balance_of") else { return };
    let token = case.transaction.to().expect("it goes to the token");
    let output = |one_shot: &OneShot, case: &mut Case| {
        let call = one_shot.call(&mut case.state, &case.transaction).expect("it can be made");
        match call.outcome.outcome.result {
            ExecutionResult::Success { output } => output,
            other => panic!("{other:?}"),
        }
    };
    let plain = case.one_shot.clone();
    let before = output(&plain, &mut case);
    // Without slots nobody has tokens.
    let with = |storage| {
        let account = AccountOverride { storage, ..Default::default() };
        let overrides = StateOverrides { accounts: [(token, account)].into() };
        plain.clone().with_overrides(overrides)
    };
    assert_eq!(output(&with(StorageOverride::All([].into())), &mut case), [0; 32]);
    assert_eq!(output(&with(StorageOverride::Some([].into())), &mut case), before);
    assert_eq!(output(&plain, &mut case), before);
}

#[test]
fn an_unsigned_request_costs_what_a_signed_one_does() {
    let Some(mut case) = Case::load("estimate_token_transfer") else { return };
    let options = EstimateOptions::default();
    let signed = case.one_shot.estimate(&mut case.state, &case.transaction, &options).unwrap();
    let Transaction::L2(mut request) = case.transaction.clone() else { panic!("it is for L2") };
    let L2Kind::Eip712(own) = &mut request.kind else { panic!("it is of type 0x71") };
    own.signature = Signature::Custom(CustomSignature::default());
    (own.max_fee_per_gas, own.max_priority_fee_per_gas) = (Word::ZERO, Word::ZERO);
    request.gas_limit = Word::ZERO;
    // The account's nonce is taken to be this one.
    request.nonce = Word::from_u64(77);
    let unsigned = case.one_shot.estimate(&mut case.state, &request.into(), &options).unwrap();
    assert_eq!(unsigned.overhead, signed.overhead);
    assert_eq!(unsigned.fee.max_fee_per_gas, signed.fee.max_fee_per_gas);
    assert!(unsigned.fee.gas_limit.abs_diff(signed.fee.gas_limit) < 20_000);
}

/// A limit per byte of pubdata that is below the price of the moment is kept in the answer.
#[test]
fn prices_follow_the_limit_per_byte_of_pubdata() {
    let Some(mut case) = Case::load("estimate_token_transfer") else { return };
    let Transaction::L2(mut request) = case.transaction.clone() else { panic!("it is for L2") };
    let L2Kind::Eip712(own) = &mut request.kind else { panic!("it is of type 0x71") };
    own.gas_per_pubdata_limit = Word::from_u64(50);
    let options = EstimateOptions::default();
    let estimate = case.one_shot.estimate(&mut case.state, &request.into(), &options).unwrap();
    assert_eq!(estimate.fee.gas_per_pubdata_limit, 50);
    assert_eq!(estimate.run.breakdown.map(|it| it.gas_per_pubdata), Some(49));
}

#[test]
fn hostile_requests_are_answered() {
    let Some(mut call) = Case::load("call_balance_of") else { return };
    let Some(mut estimate) = Case::load("estimate_transfer") else { return };
    let all = Word([u64::MAX; 4]);
    let account = AccountOverride {
        balance: Some(all),
        nonce: Some(u128::MAX),
        storage: StorageOverride::All([(all, all)].into()),
        ..Default::default()
    };
    // Every system contract without its storage.
    let system = (0..=0x8015_u64).map(|number| Word::from_u64(number).to_address());
    let overrides = StateOverrides { accounts: system.map(|it| (it, account.clone())).collect() };
    let own = Eip712 {
        chain_id: u64::MAX,
        max_fee_per_gas: all,
        max_priority_fee_per_gas: all,
        gas_per_pubdata_limit: all,
        factory_deps: Vec::new(),
        paymaster: None,
        signature: Signature::Custom(CustomSignature::default()),
    };
    let l2 = L2Transaction {
        from: Address::repeat_byte(0xff),
        to: Some(Address::zero()),
        nonce: all,
        gas_limit: all,
        value: all,
        calldata: vec![0xff; 1000],
        kind: L2Kind::Eip712(Box::new(own)),
    };
    let l1 = L1Transaction { gas_limit: all, value: all, to_mint: all, ..Default::default() };
    let options =
        EstimateOptions { gas_price_factor: Factor::new(f64::MAX).unwrap(), ..Default::default() };
    for transaction in
        [Transaction::L2(l2), Transaction::Priority(l1.clone()), Transaction::Upgrade(l1)]
    {
        for overrides in [StateOverrides::default(), overrides.clone()] {
            let one_shot = call.one_shot.clone().with_overrides(overrides.clone());
            let made = one_shot.call(&mut call.state, &transaction).expect("it can be made");
            assert!(!matches!(made.outcome.outcome.result, ExecutionResult::Success { .. }));
            let one_shot = estimate.one_shot.clone().with_overrides(overrides);
            for options in [options, EstimateOptions::default()] {
                let error = one_shot.estimate(&mut estimate.state, &transaction, &options);
                assert!(!error.unwrap_err().to_string().is_empty());
            }
        }
    }
}
