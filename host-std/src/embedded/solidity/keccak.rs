//! keccak256 at compile time, for the signatures of functions, errors and events.

/// Bytes of a block.
const RATE: usize = 136;

const ROUND_CONSTANTS: [u64; 24] = round_constants();

/// The round constants, from the shift register that defines them (FIPS 202, algorithm 5).
const fn round_constants() -> [u64; 24] {
    let mut constants = [0; 24];
    let mut register: u8 = 1;
    let mut round = 0;
    while round < 24 {
        let mut bit = 0;
        while bit < 7 {
            if register & 1 != 0 {
                constants[round] |= 1 << ((1 << bit) - 1);
            }
            register = register << 1 ^ if register & 0x80 != 0 { 0x71 } else { 0 };
            bit += 1;
        }
        round += 1;
    }
    constants
}

/// keccak256 of bytes.
pub(super) const fn keccak256(bytes: &[u8]) -> [u8; 32] {
    let mut state = [0; 25];
    let blocks = bytes.len() / RATE + 1;
    let mut block = 0;
    while block < blocks {
        let mut at = 0;
        while at < RATE {
            let index = block * RATE + at;
            let mut byte = if index < bytes.len() { bytes[index] } else { 0 };
            if index == bytes.len() {
                byte ^= 1;
            }
            if block + 1 == blocks && at + 1 == RATE {
                byte ^= 0x80;
            }
            state[at / 8] ^= (byte as u64) << (at % 8 * 8);
            at += 1;
        }
        state = permute(state);
        block += 1;
    }
    let mut digest = [0; 32];
    let mut at = 0;
    while at < 32 {
        digest[at] = (state[at / 8] >> (at % 8 * 8)) as u8;
        at += 1;
    }
    digest
}

/// keccak-f[1600] on lanes `x + 5 y`.
const fn permute(mut lanes: [u64; 25]) -> [u64; 25] {
    let mut round = 0;
    while round < 24 {
        lanes = rotate_and_move(mix_columns(lanes));
        lanes = mix_rows(lanes);
        lanes[0] ^= ROUND_CONSTANTS[round];
        round += 1;
    }
    lanes
}

/// Theta.
const fn mix_columns(mut lanes: [u64; 25]) -> [u64; 25] {
    let mut parity = [0; 5];
    let mut at = 0;
    while at < 25 {
        parity[at % 5] ^= lanes[at];
        at += 1;
    }
    at = 0;
    while at < 25 {
        lanes[at] ^= parity[(at + 4) % 5] ^ parity[(at + 1) % 5].rotate_left(1);
        at += 1;
    }
    lanes
}

/// Rho and pi.
const fn rotate_and_move(lanes: [u64; 25]) -> [u64; 25] {
    let mut moved = lanes;
    let (mut x, mut y) = (1, 0);
    let mut step = 0;
    while step < 24 {
        let (to_x, to_y) = (y, (2 * x + 3 * y) % 5);
        let by = (step + 1) * (step + 2) / 2 % 64;
        moved[to_x + 5 * to_y] = lanes[x + 5 * y].rotate_left(by as u32);
        (x, y) = (to_x, to_y);
        step += 1;
    }
    moved
}

/// Chi.
const fn mix_rows(lanes: [u64; 25]) -> [u64; 25] {
    let mut mixed = lanes;
    let mut at = 0;
    while at < 25 {
        let row = at / 5 * 5;
        let (next, after) = (lanes[row + (at + 1) % 5], lanes[row + (at + 2) % 5]);
        mixed[at] = lanes[at] ^ (!next & after);
        at += 1;
    }
    mixed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_machines_keccak256() {
        let bytes: Vec<u8> = (0..300u16).map(|byte| byte as u8).collect();
        for length in [0, 1, 31, 32, 134, 135, 136, 137, 271, 272, 300] {
            let input = &bytes[..length];
            assert_eq!(keccak256(input), crate::keccak::keccak([input]), "{length}");
        }
    }
}
