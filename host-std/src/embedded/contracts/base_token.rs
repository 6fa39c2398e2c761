//! `L2BaseToken`: balances of the base token, and withdrawals of it.

use super::l1_messenger;
use super::rights::{only_from, only_from_bootloader};
use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{
    Arguments, Encoder, Selector, error, overflow, selector, split_selector, topic,
};
use crate::system_contracts::addresses::{
    BASE_TOKEN, BOOTLOADER, CONTRACT_DEPLOYER, MSG_VALUE_SIMULATOR,
};
use eravm_core::{Address, Word};
use primitive_types::U256;

/// Slot of the total supply.
const SUPPLY: Word = Word::ONE;
/// Selector of the function of L1 that pays a withdrawal out.
const FINALIZE: Selector =
    selector("finalizeEthWithdrawal(uint256,uint256,uint16,bytes,bytes32[])");

const TRANSFER: Word = topic("Transfer(address,address,uint256)");
const MINTED: Word = topic("Mint(address,uint256)");
const WITHDRAWAL: Word = topic("Withdrawal(address,address,uint256)");
const WITHDRAWAL_WITH_MESSAGE: Word = topic("WithdrawalWithMessage(address,address,uint256,bytes)");

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    const TRANSFER_FROM_TO: Selector = selector("transferFromTo(address,address,uint256)");
    const BALANCE_OF: Selector = selector("balanceOf(uint256)");
    const TOTAL_SUPPLY: Selector = selector("totalSupply()");
    const MINT: Selector = selector("mint(address,uint256)");
    const WITHDRAW: Selector = selector("withdraw(address)");
    const WITHDRAW_WITH_MESSAGE: Selector = selector("withdrawWithMessage(address,bytes)");
    let calldata = cx.calldata()?;
    let Some((function, arguments)) = split_selector(&calldata) else { return Err(Failure::EMPTY) };
    if !matches!(function, WITHDRAW | WITHDRAW_WITH_MESSAGE) {
        cx.not_payable()?;
    }
    match function {
        TRANSFER_FROM_TO => {
            let arguments = Arguments::new(arguments, 3)?;
            let (from, to) = (arguments.address(0)?, arguments.address(1)?);
            only_from(cx, &[MSG_VALUE_SIMULATOR, CONTRACT_DEPLOYER, BOOTLOADER])?;
            transfer(cx, &from, &to, &arguments.word(2)?)?;
            Ok(Step::done())
        }
        BALANCE_OF => {
            let account = Arguments::new(arguments, 1)?.word(0)?.to_address();
            Ok(Step::returns_word(balance_of(cx, &account)?))
        }
        TOTAL_SUPPLY => Ok(Step::returns_word(cx.load(&SUPPLY)?)),
        MINT => {
            let arguments = Arguments::new(arguments, 2)?;
            let (account, amount) = (arguments.address(0)?, arguments.word(1)?);
            only_from_bootloader(cx)?;
            mint(cx, &account, &amount)?;
            Ok(Step::done())
        }
        WITHDRAW => {
            let receiver = Arguments::new(arguments, 1)?.address(0)?;
            withdraw(cx, &receiver)
        }
        WITHDRAW_WITH_MESSAGE => {
            let arguments = Arguments::new(arguments, 2)?;
            withdraw_with_message(cx, &arguments.address(0)?, arguments.bytes(1)?)
        }
        _ => Err(Failure::EMPTY),
    }
}

/// The balance of an account.
pub(crate) fn balance_of(cx: &mut Context<'_>, account: &Address) -> Result<Word, Failure> {
    let slot = cx.slot_of(account);
    cx.load_of(&BASE_TOKEN, &slot)
}

/// Moves an amount from one account to another, with an event. Who may ask for it is not asked here.
pub(crate) fn transfer(
    cx: &mut Context<'_>,
    from: &Address,
    to: &Address,
    amount: &Word,
) -> Result<(), Failure> {
    const INSUFFICIENT_FUNDS: Selector = selector("InsufficientFunds(uint256,uint256)");
    let balance = balance_of(cx, from)?;
    let Some(left) = U256::from(balance).checked_sub((*amount).into()) else {
        return Err(error(INSUFFICIENT_FUNDS, &[*amount, balance]));
    };
    set_balance(cx, from, left)?;
    // Overflow is not possible: the sum of all balances is the total supply.
    let sum = U256::from(balance_of(cx, to)?).overflowing_add((*amount).into()).0;
    set_balance(cx, to, sum)?;
    let topics = [TRANSFER, Word::from_address(from), Word::from_address(to)];
    cx.emit(&BASE_TOKEN, &topics, &amount.to_be_bytes())
}

fn set_balance(cx: &mut Context<'_>, account: &Address, balance: U256) -> Result<(), Failure> {
    let slot = cx.slot_of(account);
    cx.store_of(&BASE_TOKEN, &slot, &balance.into())
}

/// Makes an amount out of nothing for an account, with an event. Who may ask for it is not asked here.
pub(crate) fn mint(cx: &mut Context<'_>, account: &Address, amount: &Word) -> Result<(), Failure> {
    let supply = U256::from(cx.load_of(&BASE_TOKEN, &SUPPLY)?).checked_add((*amount).into());
    cx.store_of(&BASE_TOKEN, &SUPPLY, &supply.ok_or_else(overflow)?.into())?;
    let balance = U256::from(balance_of(cx, account)?).checked_add((*amount).into());
    set_balance(cx, account, balance.ok_or_else(overflow)?)?;
    cx.emit(&BASE_TOKEN, &[MINTED, Word::from_address(account)], &amount.to_be_bytes())
}

fn withdraw(cx: &mut Context<'_>, receiver: &Address) -> Result<Step, Failure> {
    let amount = burn_value(cx)?;
    let message = [&FINALIZE.0[..], &receiver.0, &amount.to_be_bytes()].concat();
    l1_messenger::send_to_l1(cx, &BASE_TOKEN, &message)?;
    let topics = [WITHDRAWAL, Word::from_address(&cx.caller()), Word::from_address(receiver)];
    cx.emit(&BASE_TOKEN, &topics, &amount.to_be_bytes())?;
    Ok(Step::done())
}

fn withdraw_with_message(
    cx: &mut Context<'_>,
    receiver: &Address,
    additional: &[u8],
) -> Result<Step, Failure> {
    let amount = burn_value(cx)?;
    let sender = cx.caller();
    let head = [&FINALIZE.0[..], &receiver.0, &amount.to_be_bytes(), &sender.0].concat();
    l1_messenger::send_to_l1(cx, &BASE_TOKEN, &[&head, additional].concat())?;
    let topics =
        [WITHDRAWAL_WITH_MESSAGE, Word::from_address(&sender), Word::from_address(receiver)];
    let data = Encoder::new().word(amount).bytes(additional).finish();
    cx.emit(&BASE_TOKEN, &topics, &data)?;
    Ok(Step::done())
}

/// Burns the value of the call, which is this contract's already. Nothing is checked: where there was no supply, it wraps.
fn burn_value(cx: &mut Context<'_>) -> Result<Word, Failure> {
    let amount = Word::from_u128(cx.value());
    let own = U256::from(balance_of(cx, &BASE_TOKEN)?).overflowing_sub(amount.into()).0;
    set_balance(cx, &BASE_TOKEN, own)?;
    let supply = U256::from(cx.load_of(&BASE_TOKEN, &SUPPLY)?).overflowing_sub(amount.into()).0;
    cx.store_of(&BASE_TOKEN, &SUPPLY, &supply.into())?;
    Ok(amount)
}
