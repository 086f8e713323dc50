//! From a pattern's tree to instructions.
//!
//! In: a [`Syntax`]. Out: [`Backtrack`], or nothing where the code would be too long. Absent: running it.
//!
//! Groups that repeat are written out as PCRE2 does: `(x){2,4}` is `(x)(x)((x)(x)?)?`, and a loop ends with a
//! round that matched nothing.

use super::factor::factored;
use super::{Backtrack, Bounds, Greedy, Memory, NOTHING_KNOWN, Op, Patience, Table};
use crate::pattern::set::{NONE, Set};
use crate::pattern::syntax::{
    Case, Direction, Fidelity, First, Greed, Literal, Node, Sense, Syntax,
};

/// Longer code is not written.
const MOST_OPS: usize = 6_000;

/// What PCRE2's own code may take, in its units: it refuses patterns of more than 65,535.
const LARGEST: usize = 30_000;

/// What a class takes in PCRE2's code.
const CLASS_SIZE: usize = 40;

/// Fewer branches are tried one after another.
const FEWEST_BRANCHES: usize = 3;

impl Backtrack {
    /// Writes the code of a tree. `None` when it holds what is not known here. Whatever is written, PCRE2 accepts.
    pub(super) fn emit(syntax: Syntax) -> Option<Self> {
        let Syntax {
            root,
            groups,
            case: _,
            fidelity,
        } = syntax;
        if fidelity != Fidelity::Same {
            return None;
        }
        let node = factored(root);
        let mut writer = Writer::new(groups, &node);
        writer.node(&node, Next::Open)?;
        writer.push(Op::Match)?;
        let (shortest, _) = node.length();
        let mut first = NONE;
        let certain = node.first_bytes(&mut first) == First::Certain;
        let first = if certain {
            Some(writer.set(first)?)
        } else {
            None
        };
        let anchored = node.is_anchored() || !writer.refers && begins_with_anything(&node);
        Some(Self {
            bounds: Bounds {
                anchored,
                shortest,
                first,
            },
            code: writer.code.into(),
            literals: writer.literals.into(),
            sets: writer.sets.into(),
            tables: writer.tables.into(),
            groups,
            slots: writer.slots,
            points: writer.points,
            memory: writer.memory,
            patience: Patience::Some,
        })
    }
}

/// With `.*` in front, what does not match at the start matches nowhere.
fn begins_with_anything(node: &Node) -> bool {
    match node {
        Node::Concat(parts) => parts.first().is_some_and(begins_with_anything),
        Node::Group { inner, .. } => begins_with_anything(inner),
        Node::Repeat {
            inner,
            least: 0,
            most: u32::MAX,
            greed: Greed::Greedy | Greed::Lazy,
        } => inner.single() == Some(NONE.complement()),
        _ => false,
    }
}

/// What follows a part.
#[derive(Clone, Copy)]
enum Next {
    /// One of these bytes for sure.
    Bytes(Set),
    /// Anything, or nothing.
    Open,
}

/// How it is found out which of several branches to take.
#[derive(Clone, Copy)]
enum Told {
    /// One is tried after another.
    ByTrying,
    /// The next byte tells.
    ByFirstByte,
}

struct Writer {
    code: Vec<Op>,
    literals: Vec<u8>,
    sets: Vec<Set>,
    tables: Vec<Table>,
    /// Groups have two each, group 0 among them; what loops and looks keep follows.
    slots: u32,
    /// Places in the code whose failures can be remembered.
    points: u32,
    memory: Memory,
    /// The pattern refers to what groups matched.
    refers: bool,
    /// What PCRE2 would need.
    size: usize,
}

impl Writer {
    fn new(groups: u32, node: &Node) -> Self {
        let refers = refers(node);
        Self {
            code: Vec::new(),
            literals: Vec::new(),
            sets: Vec::new(),
            tables: Vec::new(),
            slots: 2 * (groups + 1),
            points: 0,
            memory: if refers { Memory::None } else { Memory::Kept },
            refers,
            size: 0,
        }
    }

    fn here(&self) -> u32 {
        u32::try_from(self.code.len()).unwrap_or(u32::MAX)
    }

    fn push(&mut self, op: Op) -> Option<u32> {
        let at = self.here();
        self.size += 4;
        if self.code.len() >= MOST_OPS || self.size > LARGEST {
            return None;
        }
        self.code.push(op);
        Some(at)
    }

    /// Two slots of its own for a loop, a look or an atomic group.
    fn register(&mut self) -> Option<u16> {
        let slot = self.slots;
        self.slots += 2;
        u16::try_from(slot).ok()
    }

    fn point(&mut self) -> u32 {
        self.points += 1;
        self.points - 1
    }

    fn set(&mut self, set: Set) -> Option<u16> {
        let number = self.sets.iter().position(|known| *known == set);
        let number = number.unwrap_or(self.sets.len());
        if number == self.sets.len() {
            self.sets.push(set);
        }
        u16::try_from(number).ok()
    }

    fn node(&mut self, node: &Node, next: Next) -> Option<()> {
        match node {
            Node::Empty => {}
            Node::Literal(literal) => self.literal(literal)?,
            Node::Set(set) => {
                self.size += CLASS_SIZE;
                let set = self.set(*set)?;
                self.push(Op::Set(set))?;
            }
            Node::Concat(parts) => self.row(parts, next)?,
            Node::Alternation(branches) => self.choice(branches, next)?,
            Node::Group { number, inner, .. } => self.group(*number, inner, next)?,
            Node::Repeat {
                inner,
                least,
                most,
                greed,
            } => match inner.single() {
                Some(set) => self.repeat_byte(set, (*least, *most), *greed, next)?,
                None => self.repeat(inner, (*least, *most), *greed)?,
            },
            Node::Place(place) => _ = self.push(Op::Place(*place))?,
            Node::Look {
                direction,
                sense,
                inner,
            } => self.look(*direction, *sense, inner)?,
            Node::Atomic(inner) => {
                let slot = self.register()?;
                self.push(Op::Mark(slot))?;
                self.node(inner, Next::Open)?;
                self.push(Op::Cut(slot))?;
            }
            Node::Reference { group, case } => {
                let group = u16::try_from(*group).ok()?;
                self.push(match case {
                    Case::Sensitive => Op::Reference(group),
                    Case::Ignored => Op::FoldedReference(group),
                })?;
            }
            Node::Keep => _ = self.push(Op::Save(0))?,
            Node::Opaque(_) => return None,
        }
        Some(())
    }

    /// Parts in a row.
    fn row(&mut self, parts: &[Node], next: Next) -> Option<()> {
        for (at, part) in parts.iter().enumerate() {
            let rest = parts.get(at + 1..).unwrap_or_default();
            self.node(part, following(rest, next))?;
        }
        Some(())
    }

    /// Bytes; where case is ignored, each letter is a set.
    fn literal(&mut self, literal: &Literal) -> Option<()> {
        if literal.case == Case::Sensitive {
            return self.text(&literal.bytes);
        }
        let is_letter = u8::is_ascii_alphabetic;
        let pieces = literal
            .bytes
            .chunk_by(|one, two| !is_letter(one) && !is_letter(two));
        for piece in pieces {
            match piece {
                [letter] if is_letter(letter) => {
                    self.node(&Node::Set(Set::of(*letter).folded()), Next::Open)?;
                }
                piece => self.text(piece)?,
            }
        }
        Some(())
    }

    fn text(&mut self, bytes: &[u8]) -> Option<()> {
        let start = u32::try_from(self.literals.len()).ok()?;
        self.literals.extend_from_slice(bytes);
        self.size += 2 * bytes.len();
        let end = u32::try_from(self.literals.len()).ok()?;
        self.push(Op::Literal { start, end })?;
        Some(())
    }

    fn group(&mut self, number: u32, inner: &Node, next: Next) -> Option<()> {
        let slot = u16::try_from(2 * number).ok()?;
        if !self.refers {
            self.push(Op::Save(slot))?;
            self.node(inner, next)?;
            self.push(Op::Save(slot + 1))?;
            return Some(());
        }
        // Inside the group, a reference to it means what it matched the last time.
        let open = self.register()?;
        self.push(Op::Save(open))?;
        self.node(inner, next)?;
        self.push(Op::Close { slot, open })?;
        Some(())
    }

    fn choice(&mut self, branches: &[Node], next: Next) -> Option<()> {
        let Some(firsts) = first_bytes(branches) else {
            self.one_of(branches, Told::ByTrying, |writer, branch| {
                writer.node(branch, next)
            })?;
            return Some(());
        };
        let number = self.tables.len();
        self.push(Op::Switch(u16::try_from(number).ok()?))?;
        self.tables.push(Table::default());
        let starts = self.one_of(branches, Told::ByFirstByte, |writer, branch| {
            writer.node(branch, next)
        })?;
        self.tables.get_mut(number)?.fill(&firsts, &starts);
        Some(())
    }

    /// Branches, each written by `write`, of which one is taken. Returns where each begins.
    fn one_of(
        &mut self,
        branches: &[Node],
        told: Told,
        write: impl Fn(&mut Self, &Node) -> Option<()>,
    ) -> Option<Vec<u32>> {
        let mut jumps = Vec::new();
        let mut starts = Vec::new();
        for (at, branch) in branches.iter().enumerate() {
            let is_last = at + 1 == branches.len();
            let split = match told {
                Told::ByTrying if !is_last => {
                    let point = self.point();
                    Some(self.push(Op::Split { to: 0, point })?)
                }
                Told::ByTrying | Told::ByFirstByte => None,
            };
            starts.push(self.here());
            write(self, branch)?;
            if !is_last {
                jumps.push(self.push(Op::Jump(0))?);
            }
            if let Some(split) = split {
                self.lead(split, self.here());
            }
        }
        for jump in jumps {
            self.lead(jump, self.here());
        }
        Some(starts)
    }

    /// Lets the instruction at `at` lead to `to`.
    fn lead(&mut self, at: u32, there: u32) {
        let op = self.code.get_mut(at as usize);
        if let Some(
            Op::Split { to, .. } | Op::Rather { to, .. } | Op::Jump(to) | Op::NotAgain { to, .. },
        ) = op
        {
            *to = there;
        }
    }

    /// One byte some times.
    fn repeat_byte(
        &mut self,
        set: Set,
        (least, most): (u32, u32),
        greed: Greed,
        next: Next,
    ) -> Option<()> {
        if most == 0 {
            return Some(());
        }
        self.size += CLASS_SIZE;
        let (next, disjoint) = match next {
            Next::Bytes(bytes) => (self.set(bytes)?, bytes.is_disjoint(&set)),
            Next::Open => (NOTHING_KNOWN, false),
        };
        let greed = match greed {
            Greed::Possessive => Greedy::Only,
            Greed::Greedy if disjoint => Greedy::Only,
            Greed::Greedy => Greedy::Most,
            Greed::Lazy => Greedy::Least,
        };
        let set = self.set(set)?;
        let point = self.point();
        self.push(Op::Repeat {
            set,
            least,
            most,
            greed,
            next,
            point,
        })?;
        Some(())
    }

    /// A part that is more than a byte some times.
    fn repeat(&mut self, inner: &Node, (least, most): (u32, u32), greed: Greed) -> Option<()> {
        if most == 0 {
            return Some(());
        }
        if greed == Greed::Possessive {
            let slot = self.register()?;
            self.push(Op::Mark(slot))?;
            self.repeat(inner, (least, most), Greed::Greedy)?;
            self.push(Op::Cut(slot))?;
            return Some(());
        }
        let written = if most == u32::MAX {
            least.saturating_sub(1)
        } else {
            least
        };
        for _ in 0..written {
            self.node(inner, Next::Open)?;
        }
        if most == u32::MAX {
            return self.endless(inner, least, greed);
        }
        let mut exits = Vec::new();
        for _ in least..most {
            exits.push(self.branching(greed)?);
            self.node(inner, Next::Open)?;
        }
        for exit in exits {
            self.lead(exit, self.here());
        }
        Some(())
    }

    /// A choice between what follows and what is led to later, as `greed` says.
    fn branching(&mut self, greed: Greed) -> Option<u32> {
        let point = self.point();
        self.push(match greed {
            Greed::Lazy => Op::Rather { to: 0, point },
            Greed::Greedy | Greed::Possessive => Op::Split { to: 0, point },
        })
    }

    /// Any number of rounds, at least one if `least` says so.
    fn endless(&mut self, inner: &Node, least: u32, greed: Greed) -> Option<()> {
        let empty = inner.may_be_empty();
        if empty {
            // Whether a round goes on depends on where it began, not only on the place.
            self.memory = Memory::None;
        }
        let entry = if least == 0 {
            Some(self.branching(greed)?)
        } else {
            None
        };
        let again = self.here();
        let slot = self.register()?;
        if empty {
            self.push(Op::Save(slot))?;
        }
        self.node(inner, Next::Open)?;
        let check = if empty {
            Some(self.push(Op::NotAgain { slot, to: 0 })?)
        } else {
            None
        };
        let point = self.point();
        self.push(match greed {
            Greed::Lazy => Op::Split { to: again, point },
            Greed::Greedy | Greed::Possessive => Op::Rather { to: again, point },
        })?;
        for leading in [entry, check].into_iter().flatten() {
            self.lead(leading, self.here());
        }
        Some(())
    }

    fn look(&mut self, direction: Direction, sense: Sense, inner: &Node) -> Option<()> {
        let slot = self.register()?;
        self.push(Op::Mark(slot))?;
        let point = self.point();
        let split = match sense {
            Sense::Negative => Some(self.push(Op::Split { to: 0, point })?),
            Sense::Positive => None,
        };
        match (direction, inner) {
            (Direction::Ahead, _) => self.node(inner, Next::Open)?,
            (Direction::Behind, Node::Alternation(branches)) => self.behind(branches)?,
            (Direction::Behind, _) => self.behind(std::slice::from_ref(inner))?,
        }
        match split {
            None => _ = self.push(Op::Looked(slot))?,
            Some(split) => {
                self.push(Op::Refuse(slot))?;
                self.lead(split, self.here());
            }
        }
        Some(())
    }

    /// Branches of a look behind, each from as many bytes before as it is long.
    fn behind(&mut self, branches: &[Node]) -> Option<()> {
        self.one_of(branches, Told::ByTrying, |writer, branch| {
            let length = u32::try_from(branch.fixed_length()?).ok()?;
            writer.push(Op::Back(length))?;
            writer.node(branch, Next::Open)
        })?;
        Some(())
    }
}

/// The bytes each branch begins with, where these tell which branch it is.
fn first_bytes(branches: &[Node]) -> Option<Vec<Set>> {
    if branches.len() < FEWEST_BRANCHES {
        return None;
    }
    let mut all = NONE;
    let mut firsts = Vec::with_capacity(branches.len());
    for branch in branches {
        let mut first = NONE;
        if branch.first_bytes(&mut first) == First::Open || !first.is_disjoint(&all) {
            return None;
        }
        all.union(&first);
        firsts.push(first);
    }
    Some(firsts)
}

/// What `rest` begins with, and `next` behind it.
fn following(rest: &[Node], next: Next) -> Next {
    let mut bytes = NONE;
    for part in rest {
        if part.first_bytes(&mut bytes) == First::Certain {
            return Next::Bytes(bytes);
        }
    }
    match next {
        Next::Bytes(more) => {
            bytes.union(&more);
            Next::Bytes(bytes)
        }
        Next::Open => Next::Open,
    }
}

/// Does the pattern refer to what a group matched?
fn refers(node: &Node) -> bool {
    node.any(&|node| matches!(node, Node::Reference { .. }))
}
