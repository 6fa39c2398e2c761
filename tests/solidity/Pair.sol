// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.28;

import {Token} from "./Token.sol";

/// An exchange of two tokens: the product of its reserves does not fall, and 0.3 % of what comes in stay.
contract Pair {
    Token public immutable left;
    Token public immutable right;
    uint112 private leftReserve;
    uint112 private rightReserve;
    uint256 public totalShares;
    mapping(address => uint256) public shares;
    bool private entered;

    event Joined(address indexed who, uint256 left, uint256 right, uint256 shares);
    event Left(address indexed who, uint256 left, uint256 right, uint256 shares);
    event Swapped(address indexed who, address indexed paidIn, uint256 paid, uint256 received);

    error Reentered();
    error NothingFor(uint256 amount);
    error Less(uint256 received, uint256 wanted);

    modifier once() {
        if (entered) revert Reentered();
        entered = true;
        _;
        entered = false;
    }

    constructor(Token left_, Token right_) {
        left = left_;
        right = right_;
    }

    function reserves() external view returns (uint112, uint112) {
        return (leftReserve, rightReserve);
    }

    function join(uint256 leftAmount, uint256 rightAmount) external once returns (uint256 made) {
        left.transferFrom(msg.sender, address(this), leftAmount);
        right.transferFrom(msg.sender, address(this), rightAmount);
        if (totalShares == 0) {
            made = root(leftAmount * rightAmount);
        } else {
            uint256 byLeft = (leftAmount * totalShares) / leftReserve;
            uint256 byRight = (rightAmount * totalShares) / rightReserve;
            made = byLeft < byRight ? byLeft : byRight;
        }
        if (made == 0) revert NothingFor(made);
        totalShares += made;
        shares[msg.sender] += made;
        sync();
        emit Joined(msg.sender, leftAmount, rightAmount, made);
    }

    function leave(uint256 amount) external once returns (uint256 leftAmount, uint256 rightAmount) {
        shares[msg.sender] -= amount;
        leftAmount = (amount * leftReserve) / totalShares;
        rightAmount = (amount * rightReserve) / totalShares;
        totalShares -= amount;
        left.transfer(msg.sender, leftAmount);
        right.transfer(msg.sender, rightAmount);
        sync();
        emit Left(msg.sender, leftAmount, rightAmount, amount);
    }

    function swap(Token paidIn, uint256 amount, uint256 least) external once returns (uint256 received) {
        bool isLeft = paidIn == left;
        (uint256 there, uint256 other) =
            isLeft ? (uint256(leftReserve), uint256(rightReserve)) : (uint256(rightReserve), uint256(leftReserve));
        paidIn.transferFrom(msg.sender, address(this), amount);
        uint256 counted = amount * 997;
        received = (counted * other) / (there * 1000 + counted);
        if (received < least) revert Less(received, least);
        (isLeft ? right : left).transfer(msg.sender, received);
        sync();
        emit Swapped(msg.sender, address(paidIn), amount, received);
    }

    function sync() private {
        leftReserve = uint112(left.balanceOf(address(this)));
        rightReserve = uint112(right.balanceOf(address(this)));
    }

    function root(uint256 square) private pure returns (uint256 guess) {
        if (square < 4) return square == 0 ? 0 : 1;
        guess = square;
        uint256 next = square / 2 + 1;
        while (next < guess) {
            guess = next;
            next = (square / next + next) / 2;
        }
    }
}
