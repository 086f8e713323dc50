//! An open group, and how much text a lookbehind takes.
//!
//! In: the items of a group, one by one. Out: whether a lookbehind has branches of fixed length,
//! as PCRE2 10.42 demands. Absent: reading the pattern.

/// Inline options that change how a pattern is read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flags {
    /// `(?i)`, or the whole pattern is caseless.
    pub caseless: bool,
    /// `(?m)`.
    pub multiline: bool,
    /// `(?x)`.
    pub extended: bool,
}

/// What a group is, as far as its length is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The frame takes the text that it matches.
    Plain,
    /// The frame takes nothing.
    Lookahead,
    /// The frame takes nothing, and each branch must have one length.
    Lookbehind,
}

/// An open group.
#[derive(Debug)]
pub(super) struct Frame {
    kind: Kind,
    /// Its length matters: it stands in a lookbehind.
    in_lookbehind: bool,
    /// The options to go back to when it closes.
    pub flags: Flags,
    /// Where it was opened.
    pub start: usize,
    /// Length of the branch so far; `None` when it cannot be told.
    branch: Option<u32>,
    /// Length of the last item.
    last: Option<u32>,
    /// Length of the first branch that could be told.
    first: Option<u32>,
    varies: bool,
}

impl Frame {
    pub fn outermost() -> Self {
        Self::new(Kind::Plain, false, Flags::default(), 0)
    }

    pub fn new(kind: Kind, in_lookbehind: bool, flags: Flags, start: usize) -> Self {
        Self {
            kind,
            in_lookbehind,
            flags,
            start,
            branch: Some(0),
            last: None,
            first: None,
            varies: false,
        }
    }

    /// Does the length of a group of this kind, opened in this one, matter?
    pub fn in_lookbehind(&self, kind: Kind) -> bool {
        match kind {
            Kind::Lookbehind => true,
            Kind::Lookahead => false,
            Kind::Plain => self.in_lookbehind,
        }
    }

    /// The branch goes on with an item of this length.
    pub fn item(&mut self, length: Option<u32>) {
        self.branch = sum(self.branch, length);
        self.last = length;
    }

    /// The last item is taken `count` times.
    pub fn repeat(&mut self, count: u32) {
        if count == 0 {
            self.branch = difference(self.branch, self.last);
            return;
        }
        let more = self.last.map(|last| last.saturating_mul(count - 1));
        self.branch = sum(self.branch, more);
    }

    /// The last item is taken any number of times, which matters unless it takes nothing.
    pub fn vary(&mut self) {
        self.varies |= self.in_lookbehind && self.last != Some(0);
    }

    /// Another branch begins.
    pub fn next_branch(&mut self) {
        self.compare();
        self.branch = Some(0);
    }

    /// Branches of one length each will do for a lookbehind itself; inside it they must agree.
    fn compare(&mut self) {
        if let Some(branch) = self.branch {
            let first = *self.first.get_or_insert(branch);
            self.varies |= self.in_lookbehind && self.kind != Kind::Lookbehind && first != branch;
        }
    }

    /// The group is closed: its length.
    pub fn close(&mut self) -> Option<u32> {
        self.compare();
        match self.kind {
            Kind::Lookahead | Kind::Lookbehind => Some(0),
            Kind::Plain => self.branch,
        }
    }

    /// It has no fixed length, which the group around it must know.
    pub fn varies(&self) -> bool {
        self.varies && self.kind != Kind::Lookbehind
    }

    /// It is a lookbehind 10.42 does not accept.
    pub fn is_broken_lookbehind(&self) -> bool {
        self.kind == Kind::Lookbehind && self.varies
    }
}

fn sum(left: Option<u32>, right: Option<u32>) -> Option<u32> {
    Some(left?.saturating_add(right?))
}

fn difference(left: Option<u32>, right: Option<u32>) -> Option<u32> {
    Some(left?.saturating_sub(right?))
}
