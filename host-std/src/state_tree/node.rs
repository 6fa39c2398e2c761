//! Nodes as they are kept: with sixteen children, which are four steps below.

use super::hashing::{TREE_DEPTH, row_above};
use super::key::LeafKey;
use crate::pubdata::Hash;

/// Steps from a node to its children.
pub(super) const STEPS: usize = 4;
/// Children of a node.
pub(super) const CHILDREN: usize = 1 << STEPS;
/// Nodes above one another at most.
pub(super) const LEVELS: usize = TREE_DEPTH / STEPS;

/// Height of the children of nodes with `level` nodes above.
pub(super) const fn children_height(level: usize) -> usize {
    TREE_DEPTH.saturating_sub(STEPS * (level + 1))
}

/// The place of a node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Position {
    /// How many nodes are above it.
    level: u8,
    /// The way to it, then zeros.
    path: [u8; 32],
}

impl Position {
    /// The root.
    pub(crate) const ROOT: Self = Self { level: 0, path: [0; 32] };

    /// The node with `level` nodes above on the way to a leaf.
    pub(super) fn on_way_to(key: &LeafKey, level: usize) -> Self {
        let level = level.min(LEVELS);
        let mut path = [0; 32];
        let whole = level / 2;
        path[..whole].copy_from_slice(&key.path()[..whole]);
        if let Some(half) = path.get_mut(whole)
            && level % 2 == 1
        {
            *half = key.nibble(level - 1) << 4;
        }
        Self { level: level as u8, path }
    }

    /// How many nodes are above it.
    pub(super) fn level(&self) -> usize {
        self.level.into()
    }

    /// Whether a leaf is below it.
    fn is_above(&self, key: &LeafKey) -> bool {
        Self::on_way_to(key, self.level.into()) == *self
    }

    /// The level, then the way, as far as it goes. No two positions have the same bytes, and nodes of a level are in the order of
    /// their leaves.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let path = &self.path[..self.level().div_ceil(2).min(32)];
        [&[self.level], path].concat()
    }
}

/// What is below a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Child {
    /// One leaf, and this is the hash of its subtree.
    Leaf {
        /// The leaf.
        key: LeafKey,
        /// The hash of the subtree.
        hash: Hash,
    },
    /// Another node, with this hash.
    Node {
        /// Its hash.
        hash: Hash,
    },
}

impl Child {
    pub(super) const fn hash(&self) -> Hash {
        match self {
            Self::Leaf { hash, .. } | Self::Node { hash } => *hash,
        }
    }
}

/// A node: its children by their four steps, in that order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Node(pub(super) Vec<(u8, Child)>);

/// Marks children that are leaves.
const IS_LEAF: u8 = 0x10;

impl Node {
    /// The child below four steps.
    pub(super) fn child(&self, steps: u8) -> Option<&Child> {
        self.0.iter().find(|(at, _)| *at == steps).map(|(_, child)| child)
    }

    /// Hashes of all children, `None` where there is none.
    pub(super) fn row(&self) -> [Option<Hash>; CHILDREN] {
        let mut row = [None; CHILDREN];
        for (steps, child) in &self.0 {
            if let Some(place) = row.get_mut(usize::from(*steps)) {
                *place = Some(child.hash());
            }
        }
        row
    }

    /// The hash of the node with `level` nodes above. `None` without children.
    pub(crate) fn hash(&self, level: usize) -> Option<Hash> {
        let mut row = self.row().to_vec();
        for step in 0..STEPS {
            row = row_above(&row, children_height(level) + step);
        }
        row.first().copied().flatten()
    }

    /// Its children, each with a byte for four steps and kind, the key of a leaf, and the hash.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * 65);
        for (steps, child) in &self.0 {
            match child {
                Child::Leaf { key, hash } => {
                    bytes.push(steps | IS_LEAF);
                    bytes.extend(key.path());
                    bytes.extend(hash);
                }
                Child::Node { hash } => {
                    bytes.push(*steps);
                    bytes.extend(hash);
                }
            }
        }
        bytes
    }

    /// Reads what [`encode`](Self::encode) wrote. `None` if that is not a node with children which can be at this place.
    pub(crate) fn decode(position: &Position, mut bytes: &[u8]) -> Option<Self> {
        let mut children: Vec<(u8, Child)> = Vec::new();
        while let Some((&first, rest)) = bytes.split_first() {
            let steps = first & !IS_LEAF;
            let is_next = children.last().is_none_or(|(last, _)| *last < steps);
            if usize::from(steps) >= CHILDREN || !is_next {
                return None;
            }
            let (child, rest) = if first & IS_LEAF == 0 {
                let (hash, rest) = rest.split_first_chunk()?;
                (Child::Node { hash: *hash }, rest)
            } else {
                let (path, rest) = rest.split_first_chunk()?;
                let (hash, rest) = rest.split_first_chunk()?;
                let key = LeafKey::from_path(*path);
                if !position.is_above(&key) || key.nibble(position.level()) != steps {
                    return None;
                }
                (Child::Leaf { key, hash: *hash }, rest)
            };
            children.push((steps, child));
            bytes = rest;
        }
        if children.is_empty() { None } else { Some(Self(children)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(first: u8) -> LeafKey {
        let mut path = [0x77; 32];
        path[0] = first;
        LeafKey::from_path(path)
    }

    fn node() -> (Position, Node) {
        let children = vec![
            (2, Child::Leaf { key: key(0x52), hash: [2; 32] }),
            (9, Child::Node { hash: [9; 32] }),
            (15, Child::Leaf { key: key(0x5f), hash: [15; 32] }),
        ];
        (Position::on_way_to(&key(0x50), 1), Node(children))
    }

    #[test]
    fn a_node_is_read_as_it_was_written() {
        let (position, node) = node();
        assert_eq!(Node::decode(&position, &node.encode()), Some(node));
        assert_eq!(position.encode(), [1, 0x50]);
        assert_eq!(Position::ROOT.encode(), [0]);
        assert_eq!(Position::on_way_to(&key(0x12), 64).encode().len(), 33);
    }

    #[test]
    fn what_is_no_node_is_not_read() {
        let (position, node) = node();
        let bytes = node.encode();
        for length in 0..bytes.len() {
            let whole = [65, 65 + 33].contains(&length);
            assert_eq!(Node::decode(&position, &bytes[..length]).is_some(), whole, "{length}");
        }
        let elsewhere = Position::on_way_to(&key(0x60), 1);
        assert_eq!(Node::decode(&elsewhere, &bytes), None);
        let twice = [&bytes[65..98], &bytes[65..98]].concat();
        assert_eq!(Node::decode(&position, &twice), None);
        let unknown = [&[0x20][..], &[0; 32]].concat();
        assert_eq!(Node::decode(&position, &unknown), None);
        let other_child = [&[0x13][..], &bytes[1..65]].concat();
        assert_eq!(Node::decode(&position, &other_child), None);
    }
}
