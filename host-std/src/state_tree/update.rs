//! Writing leaves: all nodes above them, each once.

use super::entries::{Entries, Entry};
use super::error::TreeError;
use super::hashing::{Lone, empty_subtree, row_above};
use super::key::LeafKey;
use super::node::{CHILDREN, Child, LEVELS, Node, Position, STEPS, children_height};
use super::source::{TreeHead, TreeSource};
use crate::batch::Leaf;
use crate::pubdata::Hash;
use core::ops::Range;

/// What is to be kept of a tree so that leaves are written.
#[derive(Clone, Debug)]
pub(crate) struct Patch {
    /// Nodes that are new or other than before.
    pub(crate) nodes: Vec<(Position, Node)>,
    /// The tree as a whole.
    pub(crate) head: TreeHead,
}

/// A child of a node that is being made.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// As it was.
    Kept(Child),
    /// A leaf that was written or is further down than before; its hash is not known yet.
    Placed(LeafKey, Leaf),
    /// The node at this place in the next level; its hash is not known yet.
    Below(usize),
}

/// A node that is being made.
#[derive(Clone, Debug)]
struct Draft {
    position: Position,
    /// By their four steps.
    parts: Vec<(u8, Part)>,
    /// The entries that belong below.
    entries: Range<usize>,
}

impl Draft {
    fn of_node(position: Position, node: Node, entries: Range<usize>) -> Self {
        let parts = node.0.into_iter().map(|(steps, child)| (steps, Part::Kept(child)));
        Self { position, parts: parts.collect(), entries }
    }

    /// The part below four steps.
    fn part(&self, steps: u8) -> Option<Part> {
        self.parts.iter().find(|(at, _)| *at == steps).map(|(_, part)| *part)
    }

    fn set_part(&mut self, steps: u8, part: Part) {
        let place = self.parts.partition_point(|(at, _)| *at < steps);
        match self.parts.get_mut(place) {
            Some((at, there)) if *at == steps => *there = part,
            _ => self.parts.insert(place, (steps, part)),
        }
    }

    /// The node, and the hashes of all children, once they are known.
    fn finish(self) -> (Position, Node) {
        let kept = self.parts.into_iter().filter_map(|(steps, part)| match part {
            Part::Kept(child) => Some((steps, child)),
            Part::Placed(..) | Part::Below(_) => None,
        });
        (self.position, Node(kept.collect()))
    }
}

/// Makes the nodes above entries.
pub(crate) fn patch<S: TreeSource>(
    source: &S,
    head: &TreeHead,
    entries: &Entries,
) -> Result<Patch, S::Error> {
    if entries.sorted().is_empty() {
        return Ok(Patch { nodes: Vec::new(), head: entries.head(head.root) });
    }
    let mut levels = drafts(source, entries.sorted())?;
    place_leaves(&mut levels);
    let mut nodes = Vec::new();
    let mut hashes: Vec<Hash> = Vec::new();
    // From below: the hashes of a level's nodes are in the nodes of the level above.
    for (level, drafts) in levels.into_iter().enumerate().rev() {
        let mut row = Vec::with_capacity(drafts.len() * CHILDREN);
        for mut draft in drafts {
            for (_, part) in &mut draft.parts {
                if let Part::Below(place) = *part
                    && let Some(hash) = hashes.get(place)
                {
                    *part = Part::Kept(Child::Node { hash: *hash });
                }
            }
            let (position, node) = draft.finish();
            row.extend(node.row());
            nodes.push((position, node));
        }
        let height = children_height(level);
        for step in 0..STEPS {
            row = row_above(&row, height + step);
        }
        let empty = empty_subtree(height + STEPS);
        hashes = row.into_iter().map(|hash| hash.unwrap_or(empty)).collect();
    }
    let root = hashes.first().copied().unwrap_or(head.root);
    Ok(Patch { nodes, head: entries.head(root) })
}

/// The nodes above entries, level by level from the root, with the leaves where they belong.
fn drafts<S: TreeSource>(source: &S, entries: &[Entry]) -> Result<Vec<Vec<Draft>>, S::Error> {
    let root = source.node(&Position::ROOT)?.unwrap_or_default();
    let mut level = vec![Draft::of_node(Position::ROOT, root, 0..entries.len())];
    let mut levels = Vec::new();
    while !level.is_empty() {
        let mut below = Vec::new();
        for draft in &mut level {
            let mut begin = draft.entries.start;
            let own = entries.get(draft.entries.clone()).unwrap_or_default();
            let depth = draft.position.level();
            for group in
                own.chunk_by(|left, right| left.key.nibble(depth) == right.key.nibble(depth))
            {
                let range = begin..begin + group.len();
                begin = range.end;
                below.extend(enter(source, draft, group, range, below.len())?);
            }
        }
        levels.push(core::mem::replace(&mut level, below));
    }
    Ok(levels)
}

/// Brings entries that are below the same child of a node to where they belong: into the node, or into one below, which is
/// returned and will have the place `place` in its level.
fn enter<S: TreeSource>(
    source: &S,
    draft: &mut Draft,
    group: &[Entry],
    range: Range<usize>,
    place: usize,
) -> Result<Option<Draft>, S::Error> {
    let Some(first) = group.first() else { return Ok(None) };
    let level = draft.position.level();
    let steps = first.key.nibble(level);
    let there = draft.part(steps);
    let is_alone = group.len() == 1;
    // A leaf that is in the way moves down.
    let moved = match there {
        Some(Part::Kept(Child::Leaf { key, .. }) | Part::Placed(key, _))
            if is_alone && key == first.key =>
        {
            None
        }
        Some(Part::Kept(Child::Leaf { key, .. })) => Some((key, source.known_leaf(&key)?)),
        Some(Part::Placed(key, leaf)) => Some((key, leaf)),
        Some(Part::Kept(Child::Node { .. }) | Part::Below(_)) | None => None,
    };
    let node = match there {
        Some(Part::Kept(Child::Node { .. }) | Part::Below(_)) => {
            source.known_node(&first.key, level + 1)?
        }
        _ if moved.is_none() && is_alone => {
            draft.set_part(steps, Part::Placed(first.key, first.leaf));
            return Ok(None);
        }
        _ => Node::default(),
    };
    // Two leaves part above the last level.
    if level + 1 >= LEVELS {
        return Err(TreeError::NodeMissing { key: first.key, level: level + 1 }.into());
    }
    draft.set_part(steps, Part::Below(place));
    let position = Position::on_way_to(&first.key, level + 1);
    let mut below = Draft::of_node(position, node, range);
    if let Some((key, leaf)) = moved {
        below.set_part(key.nibble(level + 1), Part::Placed(key, leaf));
    }
    Ok(Some(below))
}

/// Computes the hashes of leaves that were placed.
fn place_leaves(levels: &mut [Vec<Draft>]) {
    let drafts = levels.iter_mut().enumerate().flat_map(|(level, drafts)| {
        drafts.iter_mut().map(move |draft| (children_height(level), draft))
    });
    let parts = drafts
        .flat_map(|(height, draft)| draft.parts.iter_mut().map(move |(_, part)| (height, part)));
    let (mut places, mut lones) = (Vec::new(), Vec::new());
    for (height, part) in parts {
        if let Part::Placed(key, leaf) = *part {
            lones.push(Lone::new(key, &leaf, height));
            places.push((key, part));
        }
    }
    Lone::climb(&mut lones);
    for ((key, part), lone) in places.into_iter().zip(&lones) {
        *part = Part::Kept(Child::Leaf { key, hash: lone.hash() });
    }
}
