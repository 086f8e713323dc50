//! From a pattern's text to its tree.
//!
//! In: a pattern in the words of the PCRE2 that is linked (`evaluate::dialect` translates). Out: [`Tree`], or
//! nothing where the pattern holds what is not read here: recursion, conditions, verbs, properties, UTF mode,
//! and whatever PCRE2 might refuse. Absent: escapes and classes; see `escape`.

use super::syntax::{Case, Direction, Greed, Node, Place, Sense};
use crate::pattern::Pattern;
use crate::pattern::PatternOptions;
use crate::pattern::dialect;
use crate::pattern::matching::notation::{self, Times};
use crate::pattern::matching::set::{self, Set};

/// Longer patterns are not read.
const LONGEST: usize = 16_384;

/// Groups that nest deeper are not read.
const DEEPEST: u32 = 60;

/// A pattern's tree.
#[derive(Debug)]
pub(super) struct Tree {
    /// The whole pattern.
    pub node: Node,
    /// How many groups the pattern has, group 0 not counted.
    pub groups: u32,
}

impl Tree {
    /// Reads a pattern. Whatever is read, PCRE2 accepts.
    pub fn read(pattern: &Pattern) -> Option<Self> {
        if pattern.text.len() > LONGEST {
            return None;
        }
        let translation = dialect::translate(&pattern.text, pattern.options).ok()?;
        let text = dialect::without_prefix(&translation.text)?;
        let mut reader = Reader::new(text.as_bytes(), pattern.options);
        let node = reader.alternatives()?;
        let known = reader
            .references
            .iter()
            .all(|group| *group <= reader.groups);
        (reader.rest.is_empty() && known).then_some(Self {
            node,
            groups: reader.groups,
        })
    }
}

/// What `(?imsxnU)` switches.
#[derive(Debug, Clone, Copy)]
struct Modes {
    case: Case,
    dot: Set,
    lines: Lines,
    spacing: Spacing,
    /// Which number of repetitions a quantifier without `?` tries first.
    greed: Greed,
    groups: PlainGroups,
}

/// What `^` and `$` mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lines {
    /// The start and the end of the subject.
    Whole,
    /// The start and the end of a line.
    Each,
}

/// What white space means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spacing {
    /// Itself.
    Literal,
    /// Nothing, and `#` begins a comment.
    Ignored,
}

/// What a group without a name does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PlainGroups {
    /// The group captures.
    Captures,
    /// The group does not.
    Joins,
}

/// Reads from left to right.
pub(super) struct Reader<'a> {
    pub rest: &'a [u8],
    modes: Modes,
    /// Capturing groups opened so far.
    pub groups: u32,
    /// Names of groups.
    pub names: Vec<(&'a [u8], u32)>,
    /// Groups that references are about.
    pub references: Vec<u32>,
    depth: u32,
    /// Looks that are open: `\K` means something else there.
    looks: u32,
}

impl<'a> Reader<'a> {
    fn new(rest: &'a [u8], options: PatternOptions) -> Self {
        Self {
            rest,
            modes: Modes {
                case: if options.contains(PatternOptions::CASELESS) {
                    Case::Ignored
                } else {
                    Case::Sensitive
                },
                dot: dot(options.contains(PatternOptions::DOT_ALL)),
                lines: Lines::Whole,
                spacing: Spacing::Literal,
                greed: Greed::Greedy,
                groups: PlainGroups::Captures,
            },
            groups: 0,
            names: Vec::new(),
            references: Vec::new(),
            depth: 0,
            looks: 0,
        }
    }

    pub fn next(&mut self) -> Option<u8> {
        notation::next(&mut self.rest)
    }

    pub fn take(&mut self, prefix: &[u8]) -> Option<()> {
        notation::take(&mut self.rest, prefix)
    }

    /// The text up to `end`, which is taken too.
    pub fn until(&mut self, end: u8) -> Option<&'a [u8]> {
        notation::until(&mut self.rest, end)
    }

    /// A character class; its `[` is read already.
    fn class(&mut self) -> Option<Set> {
        let case = self.modes.case;
        notation::class(&mut self.rest, |set| case.of(set))
    }

    /// Branches with `|` between them.
    fn alternatives(&mut self) -> Option<Node> {
        let mut branches = vec![self.branch()?];
        while self.take(b"|").is_some() {
            branches.push(self.branch()?);
        }
        Some(match branches.len() {
            1 => branches.remove(0),
            _ => Node::Choice(branches),
        })
    }

    /// Items in a row, up to a `|`, a `)` or the end.
    fn branch(&mut self) -> Option<Node> {
        let mut parts = Vec::new();
        loop {
            self.skip_ignored()?;
            if matches!(self.rest, [] | [b'|' | b')', ..]) {
                break;
            }
            if self.take(b"\\Q").is_some() {
                self.quoted(&mut parts)?;
            } else if self.take(b"\\E").is_none() {
                let item = self.item()?;
                let item = self.repeated(item)?;
                parts.push(item);
            }
        }
        Some(match parts.len() {
            0 => Node::Empty,
            1 => parts.remove(0),
            _ => Node::Row(parts),
        })
    }

    /// `\Q…\E`; a quantifier after it is about its last byte.
    fn quoted(&mut self, parts: &mut Vec<Node>) -> Option<()> {
        loop {
            if self.rest.is_empty() || self.take(b"\\E").is_some() {
                return Some(());
            }
            let byte = self.next()?;
            let mut item = self.byte(byte);
            if self.take(b"\\E").is_some() {
                item = self.repeated(item)?;
                parts.push(item);
                return Some(());
            }
            parts.push(item);
        }
    }

    /// White space and comments, where they mean nothing.
    fn skip_ignored(&mut self) -> Option<()> {
        loop {
            if self.take(b"(?#").is_some() {
                self.until(b')')?;
                continue;
            }
            if self.modes.spacing == Spacing::Literal {
                return Some(());
            }
            match self.rest.first() {
                Some(b' ' | b'\t'..=b'\r') => self.rest = self.rest.get(1..)?,
                Some(b'#') => {
                    let end = memchr::memchr(b'\n', self.rest);
                    self.rest = self
                        .rest
                        .get(end.map_or(self.rest.len(), |end| end + 1)..)?;
                }
                _ => return Some(()),
            }
        }
    }

    fn item(&mut self) -> Option<Node> {
        Some(match self.next()? {
            b'\\' => return self.escape(),
            b'[' => Node::Set(self.class()?),
            b'(' => return self.group(),
            b'^' => Node::Place(match self.modes.lines {
                Lines::Whole => Place::Start,
                Lines::Each => Place::LineStart,
            }),
            b'$' => Node::Place(match self.modes.lines {
                Lines::Whole => Place::LastLine,
                Lines::Each => Place::LineEnd,
            }),
            b'.' => Node::Set(self.modes.dot),
            b'*' | b'+' | b'?' | b'{' => return None,
            byte => self.byte(byte),
        })
    }

    /// A byte that stands for itself.
    pub fn byte(&self, byte: u8) -> Node {
        if self.modes.case == Case::Ignored && byte.is_ascii_alphabetic() {
            return Node::Set(Set::of(byte).folded());
        }
        Node::Byte(byte)
    }

    /// A reference to what `group` matched.
    pub fn reference(&mut self, group: u32) -> Node {
        self.references.push(group);
        Node::Reference {
            group,
            case: self.modes.case,
        }
    }

    /// `\K`, outside of looks.
    pub fn keep(&self) -> Option<Node> {
        (self.looks == 0).then_some(Node::Keep)
    }

    /// `item` with its quantifier. What PCRE2 repeats in a way of its own is not read.
    fn repeated(&mut self, item: Node) -> Option<Node> {
        self.skip_ignored()?;
        let Times::Quantified(least, most) = notation::times(&mut self.rest)? else {
            return Some(item);
        };
        if matches!(
            item,
            Node::Place(_) | Node::Look { .. } | Node::Keep | Node::Empty
        ) {
            return None;
        }
        let greed = match (self.rest.first(), self.modes.greed) {
            (Some(b'+'), _) => Greed::Possessive,
            (Some(b'?'), Greed::Lazy) => Greed::Greedy,
            (Some(b'?'), _) => Greed::Lazy,
            (_, greed) => greed,
        };
        if matches!(self.rest.first(), Some(b'+' | b'?')) {
            self.rest = self.rest.get(1..)?;
        }
        self.skip_ignored()?;
        if matches!(self.rest.first(), Some(b'*' | b'+' | b'?' | b'{')) {
            return None;
        }
        Some(Node::Repeat {
            inner: Box::new(item),
            least,
            most,
            greed,
        })
    }

    /// A group of any kind; its `(` is read already.
    fn group(&mut self) -> Option<Node> {
        self.depth += 1;
        if self.depth > DEEPEST || self.rest.first() == Some(&b'*') {
            return None;
        }
        let node = self.opened()?;
        self.depth -= 1;
        Some(node)
    }

    fn opened(&mut self) -> Option<Node> {
        if self.take(b"?").is_none() {
            return match self.modes.groups {
                PlainGroups::Captures => self.capturing(),
                PlainGroups::Joins => self.closed(),
            };
        }
        match self.rest {
            [b':', ..] => {
                self.next();
                self.closed()
            }
            [b'>', ..] => {
                self.next();
                Some(Node::Atomic(Box::new(self.closed()?)))
            }
            [b'=' | b'!', ..] => self.look(Direction::Ahead),
            [b'<', b'=' | b'!', ..] => {
                self.next();
                self.look(Direction::Behind)
            }
            [b'<', ..] => self.named(b"<", b'>'),
            [b'\'', ..] => self.named(b"'", b'\''),
            [b'P', b'<', ..] => self.named(b"P<", b'>'),
            [b'P', b'=', ..] => {
                self.take(b"P=")?;
                let name = self.until(b')')?;
                self.named_reference(name)
            }
            _ => self.switched(),
        }
    }

    /// What is inside a group, up to and with its `)`. Modes switched inside end there.
    fn closed(&mut self) -> Option<Node> {
        let modes = self.modes;
        let inner = self.alternatives()?;
        self.take(b")")?;
        self.modes = modes;
        Some(inner)
    }

    fn capturing(&mut self) -> Option<Node> {
        self.groups += 1;
        let number = self.groups;
        let inner = Box::new(self.closed()?);
        Some(Node::Group { number, inner })
    }

    /// A group with a name, which no other has.
    fn named(&mut self, open: &[u8], end: u8) -> Option<Node> {
        self.take(open)?;
        let name = self.until(end)?;
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let fits =
            name.iter().all(is_name) && name.first().is_some_and(|byte| !byte.is_ascii_digit());
        if !fits || self.names.iter().any(|(known, _)| *known == name) {
            return None;
        }
        self.names.push((name, self.groups + 1));
        self.capturing()
    }

    /// A reference to a named group that stands before.
    pub fn named_reference(&mut self, name: &[u8]) -> Option<Node> {
        let (_, group) = *self.names.iter().find(|(known, _)| *known == name)?;
        Some(self.reference(group))
    }

    fn look(&mut self, direction: Direction) -> Option<Node> {
        let sense = match self.next()? {
            b'=' => Sense::Positive,
            _ => Sense::Negative,
        };
        self.looks += 1;
        let inner = Box::new(self.closed()?);
        self.looks -= 1;
        if direction == Direction::Behind && !is_of_fixed_length(&inner) {
            return None;
        }
        Some(Node::Look {
            direction,
            sense,
            inner,
        })
    }

    /// `(?flags)`, which holds up to the end of the group around it, or `(?flags:…)`.
    fn switched(&mut self) -> Option<Node> {
        let outer = self.modes;
        let mut on = Some(());
        loop {
            match self.next()? {
                b'-' => on = on.take().and(None),
                b'i' => self.modes.case = on.map_or(Case::Sensitive, |()| Case::Ignored),
                b's' => self.modes.dot = dot(on.is_some()),
                b'm' => self.modes.lines = on.map_or(Lines::Whole, |()| Lines::Each),
                b'x' => {
                    if self.rest.first() == Some(&b'x') {
                        return None;
                    }
                    self.modes.spacing = on.map_or(Spacing::Literal, |()| Spacing::Ignored);
                }
                b'n' => {
                    self.modes.groups = on.map_or(PlainGroups::Captures, |()| PlainGroups::Joins);
                }
                b'U' => self.modes.greed = on.map_or(Greed::Greedy, |()| Greed::Lazy),
                b':' => {
                    let inner = self.closed();
                    self.modes = outer;
                    return inner;
                }
                b')' => return Some(Node::Empty),
                _ => return None,
            }
        }
    }
}

/// Are all alternatives of a look behind of a length of their own?
fn is_of_fixed_length(inner: &Node) -> bool {
    match inner {
        Node::Choice(branches) => branches
            .iter()
            .all(|branch| branch.fixed_length().is_some()),
        _ => inner.fixed_length().is_some(),
    }
}

/// `.`
fn dot(all: bool) -> Set {
    if all {
        set::ANY
    } else {
        Set::of(b'\n').complement()
    }
}
