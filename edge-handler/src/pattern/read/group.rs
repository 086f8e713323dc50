//! Groups of a pattern, and the options that hold in them.
//!
//! In: a [`Reader`] behind what opens a group. Out: its node. Absent: what opens it; see `lexer`.

use super::{DEEPEST, Lines, Modes, PlainGroups, Reader, dot};
use crate::pattern::lexer::{Ending, Opening, Spacing, is_name_byte};
use crate::pattern::syntax::{Case, Direction, Greed, Node, Sense};

/// The longest group name, in bytes (`MAX_NAME_SIZE` of 10.42).
const MAX_NAME: usize = 32;

impl<'a> Reader<'a> {
    /// A group of any kind, behind what opens it.
    pub(super) fn group(&mut self, opening: Opening<'a>) -> Option<Node> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let node = match opening {
            Opening::Plain => match self.modes.groups {
                PlainGroups::Captures => self.capturing(None),
                PlainGroups::Joins => self.closed(),
            },
            Opening::Joined => self.closed(),
            Opening::Atomic => Some(Node::Atomic(Box::new(self.closed()?))),
            Opening::Named(name) => self.named(name),
            Opening::Look(direction, sense) => self.look(direction, sense),
            Opening::Reset
            | Opening::LooseLook(_)
            | Opening::Condition
            | Opening::Definition
            | Opening::Alphabetic(_) => None,
        };
        self.depth -= 1;
        node
    }

    /// What is inside a group, up to and with its `)`. Options set inside end there.
    fn closed(&mut self) -> Option<Node> {
        let modes = self.modes;
        let inner = self.alternatives()?;
        self.switch(modes);
        self.takes(b')').then_some(inner)
    }

    fn switch(&mut self, modes: Modes) {
        self.lexer.spacing = modes.spacing;
        self.modes = modes;
    }

    fn capturing(&mut self, name: Option<&[u8]>) -> Option<Node> {
        self.groups += 1;
        let number = self.groups;
        let inner = Box::new(self.closed()?);
        let name = name.map(Into::into);
        Some(Node::Group {
            number,
            name,
            inner,
        })
    }

    /// A group with a name. What a name means that two groups have is left to PCRE2.
    fn named(&mut self, name: &'a [u8]) -> Option<Node> {
        let is_name = name.len() <= MAX_NAME && name.iter().all(|byte| is_name_byte(*byte));
        if !is_name || name.first().is_none_or(u8::is_ascii_digit) {
            return None;
        }
        if self.names.iter().any(|(known, _)| *known == name) {
            return None;
        }
        self.names.push((name, self.groups + 1));
        self.capturing(Some(name))
    }

    fn look(&mut self, direction: Direction, sense: Sense) -> Option<Node> {
        self.looks += 1;
        let inner = Box::new(self.closed()?);
        self.looks -= 1;
        if direction == Direction::Behind && !is_of_fixed_length(&inner) {
            self.doubt();
        }
        Some(Node::Look {
            direction,
            sense,
            inner,
        })
    }

    /// `(?flags)`, which holds up to the end of the group around it, or `(?flags:…)`.
    pub(super) fn options(&mut self, letters: &[u8], ending: Ending) -> Option<Node> {
        let outer = self.modes;
        let modes = switched(outer, letters)?;
        match ending {
            Ending::Close => {
                self.switch(modes);
                Some(Node::Empty)
            }
            Ending::Colon => {
                self.depth += 1;
                if self.depth > DEEPEST {
                    return None;
                }
                self.switch(modes);
                let inner = self.closed();
                self.switch(outer);
                self.depth -= 1;
                inner
            }
            Ending::Missing => None,
        }
    }
}

/// `modes` with what the letters of options change. `None` where PCRE2 has to be asked.
fn switched(mut modes: Modes, letters: &[u8]) -> Option<Modes> {
    let mut on = Some(());
    let mut letters = letters.iter().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            b'-' => on = on.take().and(None),
            b'i' => modes.case = on.map_or(Case::Sensitive, |()| Case::Ignored),
            b's' => modes.dot = dot(on.is_some()),
            b'm' => modes.lines = on.map_or(Lines::Whole, |()| Lines::Each),
            b'x' if letters.peek() == Some(&&b'x') => return None,
            b'x' => modes.spacing = on.map_or(Spacing::Literal, |()| Spacing::Ignored),
            b'n' => modes.groups = on.map_or(PlainGroups::Captures, |()| PlainGroups::Joins),
            b'U' => modes.greed = on.map_or(Greed::Greedy, |()| Greed::Lazy),
            _ => return None,
        }
    }
    Some(modes)
}

/// Are all alternatives of a look behind of a length of their own?
fn is_of_fixed_length(inner: &Node) -> bool {
    match inner {
        Node::Alternation(branches) => branches
            .iter()
            .all(|branch| branch.fixed_length().is_some()),
        _ => inner.fixed_length().is_some(),
    }
}
