// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.28;

import {Pair} from "./Pair.sol";
import {Token} from "./Token.sol";

/// What the tests call: contracts that are created, used, and compute.
contract Scenario {
    uint256[] private sorted;

    /// Creates two tokens and a pair, joins, swaps to and fro, and leaves; a swap that asks for too much fails on the way.
    function trade(uint256 swaps) external returns (uint256 leftOver, uint256 rightOver, bytes memory error) {
        Token left = new Token("left", 1e24);
        Token right = new Token{salt: bytes32(uint256(7))}("right", 2e24);
        Pair pair = new Pair(left, right);
        left.approve(address(pair), type(uint256).max);
        right.approve(address(pair), 1e24);
        uint256 shares = pair.join(1e22, 3e22);
        for (uint256 index = 0; index < swaps; ++index) {
            Token paid = index % 3 == 2 ? right : left;
            pair.swap(paid, 1e18 * (index + 1), 1);
        }
        try pair.swap(left, 1e18, type(uint128).max) returns (uint256) {}
        catch (bytes memory data) {
            error = data;
        }
        pair.leave(shares / 3);
        leftOver = left.balanceOf(address(this));
        rightOver = right.balanceOf(address(this));
    }

    /// Arithmetic in a loop: a linear congruence, powers, and hashes.
    function compute(uint256 rounds) external pure returns (uint256 state) {
        state = 1;
        unchecked {
            for (uint256 index = 0; index < rounds; ++index) {
                state = state * 6364136223846793005 + 1442695040888963407;
                state ^= state >> 29;
                state = mulmod(state, state | 1, type(uint256).max - 188);
                if (index % 16 == 0) state = uint256(keccak256(abi.encode(state, index)));
                if (index % 64 == 0) state += (index + 3) ** 17 % 1000003;
            }
        }
    }

    /// Sorts an array in storage by insertion, and copies it through memory and calldata.
    function sort(uint256 length) external returns (bytes32) {
        for (uint256 index = 0; index < length; ++index) {
            sorted.push(uint256(keccak256(abi.encode(index))) >> 200);
        }
        for (uint256 index = 1; index < length; ++index) {
            uint256 value = sorted[index];
            uint256 at = index;
            while (at > 0 && sorted[at - 1] > value) {
                sorted[at] = sorted[at - 1];
                --at;
            }
            sorted[at] = value;
        }
        return this.hash(sorted);
    }

    function hash(uint256[] calldata values) external pure returns (bytes32) {
        return keccak256(abi.encodePacked(values));
    }

    /// Calls itself as deep as the gas lasts; returns how deep that was.
    function dive(uint256 depth) external returns (uint256) {
        try this.dive(depth + 1) returns (uint256 reached) {
            return reached;
        } catch {
            return depth;
        }
    }

    /// What the precompiles say of some input.
    function precompiles(bytes calldata input) external returns (bytes32 digest) {
        for (uint160 number = 1; number <= 10; ++number) {
            (bool succeeded, bytes memory output) = address(number).call{gas: 100000}(input);
            digest = keccak256(abi.encode(digest, succeeded, output));
        }
    }
}
