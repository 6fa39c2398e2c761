// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.28;

import {Token} from "./Token.sol";

/// What the benchmarks call.
contract Workloads {
    struct Vector {
        int256 x;
        int256 y;
        int256 z;
    }

    struct Sphere {
        Vector center;
        int256 radius;
        int256 brightness;
        bool isMirror;
    }

    /// One, in the fixed-point numbers of the tracer.
    int256 private constant ONE = 1e6;
    uint256 private constant BOUNCES = 3;

    Sphere[] private spheres;

    /// The number of Fibonacci with an index, modulo 2^256.
    function fibonacci(uint256 index) external pure returns (uint256 number) {
        uint256 next = 1;
        unchecked {
            for (uint256 step = 0; step < index; ++step) (number, next) = (next, number + next);
        }
    }

    /// A hash of a hash of a hash.
    function hashes(uint256 rounds) external pure returns (bytes32 hash) {
        for (uint256 round = 0; round < rounds; ++round) hash = keccak256(abi.encode(hash, round));
    }

    /// Creates a token and transfers some to as many accounts.
    function transfers(uint256 count) external returns (uint256) {
        Token token = new Token("token", 1e24);
        for (uint256 index = 1; index <= count; ++index) {
            token.transfer(address(uint160(0x10000 + index)), index);
        }
        return token.balanceOf(address(this));
    }

    /// Looks at a scene of spheres through so many times so many points, and sums up what it sees.
    function trace(uint256 size) external returns (int256 light) {
        spheres.push(Sphere(Vector(0, -1002 * ONE, 8 * ONE), 1000 * ONE, ONE / 2, false));
        spheres.push(Sphere(Vector(-2 * ONE, 0, 8 * ONE), 2 * ONE, ONE, true));
        spheres.push(Sphere(Vector(2 * ONE, 0, 7 * ONE), 3 * ONE / 2, ONE / 3, false));
        spheres.push(Sphere(Vector(0, 2 * ONE, 10 * ONE), 2 * ONE, 2 * ONE / 3, true));
        int256 half = int256(size) / 2;
        for (int256 row = -half; row < half; ++row) {
            for (int256 column = -half; column < half; ++column) {
                Vector memory way = unit(Vector((column * ONE) / half, (row * ONE) / half, 2 * ONE));
                light = light * 31 / 30 + look(Vector(0, 0, 0), way);
            }
        }
        delete spheres;
    }

    function look(Vector memory from, Vector memory way) private view returns (int256 light) {
        int256 strength = ONE;
        for (uint256 bounce = 0; bounce < BOUNCES; ++bounce) {
            (bool found, uint256 index, int256 distance) = nearest(from, way);
            if (!found) return light + (strength * (way.y + ONE)) / (4 * ONE);
            Sphere storage sphere = spheres[index];
            from = add(from, times(way, distance));
            Vector memory normal = unit(subtract(from, sphere.center));
            from = add(from, times(normal, ONE / 1000));
            light += (((strength * shine(from, normal)) / ONE) * sphere.brightness) / ONE;
            if (!sphere.isMirror) return light;
            way = subtract(way, times(normal, 2 * dot(way, normal)));
            strength = strength / 2;
        }
    }

    /// What a place on a sphere gets from the lamp, unless another sphere is between them.
    function shine(Vector memory place, Vector memory normal) private view returns (int256) {
        Vector memory lamp = unit(Vector(ONE, 2 * ONE, -ONE));
        int256 facing = dot(normal, lamp);
        (bool isShaded,,) = nearest(place, lamp);
        return facing > 0 && !isShaded ? facing : int256(0);
    }

    function nearest(Vector memory from, Vector memory way)
        private
        view
        returns (bool found, uint256 index, int256 distance)
    {
        uint256 count = spheres.length;
        for (uint256 each = 0; each < count; ++each) {
            int256 hit = meet(spheres[each], from, way);
            if (hit > 0 && (!found || hit < distance)) (found, index, distance) = (true, each, hit);
        }
    }

    /// How far a ray goes until it meets a sphere; 0 if it does not.
    function meet(Sphere storage sphere, Vector memory from, Vector memory way) private view returns (int256) {
        Vector memory toCenter = subtract(sphere.center, from);
        int256 along = dot(toCenter, way);
        int256 radius = sphere.radius;
        int256 square = (along * along - (dot(toCenter, toCenter) - (radius * radius) / ONE) * ONE);
        if (square < 0) return 0;
        int256 depth = int256(root(uint256(square)));
        if (along > depth + ONE / 1000) return along - depth;
        return along + depth > ONE / 1000 ? along + depth : int256(0);
    }

    function add(Vector memory a, Vector memory b) private pure returns (Vector memory) {
        return Vector(a.x + b.x, a.y + b.y, a.z + b.z);
    }

    function subtract(Vector memory a, Vector memory b) private pure returns (Vector memory) {
        return Vector(a.x - b.x, a.y - b.y, a.z - b.z);
    }

    function times(Vector memory a, int256 factor) private pure returns (Vector memory) {
        return Vector((a.x * factor) / ONE, (a.y * factor) / ONE, (a.z * factor) / ONE);
    }

    function dot(Vector memory a, Vector memory b) private pure returns (int256) {
        return (a.x * b.x + a.y * b.y + a.z * b.z) / ONE;
    }

    function unit(Vector memory a) private pure returns (Vector memory) {
        int256 length = int256(root(uint256(dot(a, a) * ONE)));
        return Vector((a.x * ONE) / length, (a.y * ONE) / length, (a.z * ONE) / length);
    }

    function root(uint256 square) private pure returns (uint256 guess) {
        if (square < 4) return square == 0 ? 0 : 1;
        guess = 1;
        uint256 rest = square;
        while (rest > 3) {
            rest >>= 2;
            guess <<= 1;
        }
        guess <<= 1;
        uint256 next = (square / guess + guess) / 2;
        while (next < guess) {
            guess = next;
            next = (square / guess + guess) / 2;
        }
    }
}
