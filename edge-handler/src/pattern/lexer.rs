//! The tokens of a regular expression, as PCRE2 10.42 divides its text.
//!
//! In: the text of a pattern. Out: [`Token`]s one after another; a broken pattern has tokens too. Absent: what the
//! tokens mean together (`read`), and what PCRE2 would refuse.

mod class;
mod escape;
mod group;

pub(super) use class::{ClassItem, named};
pub(super) use group::{Ending, Opening, is_name_byte};

use super::set::Set;
use super::syntax::{Greed, Place, Sense};

/// One token. Those of groups are read behind their `(`, those of classes by [`Lexer::class_item`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// One byte that stands for itself, however it is written.
    Byte(u8),
    /// One byte of a set: `\d`.
    Set(Set),
    /// `.`
    Dot,
    /// `^`
    Caret,
    /// `$`
    Dollar,
    /// A place in the subject that no option changes: `\b`.
    Place(Place),
    /// `|`
    Bar,
    /// `[` or `[^`: the items of a class follow.
    Class(Sense),
    /// The beginning of a group.
    Open(Opening<'a>),
    /// `)`
    Close,
    /// `(?i)` or `(?i:`, the letters between.
    Options(&'a [u8], Ending),
    /// How often the item before comes.
    Quantifier(Times, Greed),
    /// What a group matched: `\1`.
    Reference(Referred<'a>),
    /// `(?1)`, `\g<1>`: the expression of a group once more.
    Call,
    /// `\K`
    Keep,
    /// `\Q` or `\E`: nothing by itself.
    Quote,
    /// White space and comments that mean nothing.
    Ignored,
    /// `(*VERB)`, `(?C1)`, a comment without an end.
    Control,
    /// What no reader knows, and how much text it takes.
    Other(Takes),
}

/// How often an item comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    /// How often at least.
    pub least: u32,
    /// How often at most; `u32::MAX` for any number.
    pub most: u32,
}

impl Times {
    /// Are the numbers so small that PCRE2 has no opinion of its own about them?
    pub const fn are_usual(self) -> bool {
        self.least <= MOST_REPETITIONS && (self.most <= MOST_REPETITIONS || self.most == u32::MAX)
    }
}

/// The group that a reference is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Referred<'a> {
    /// The group of this number.
    Number(u32),
    /// The group that stands so many groups back.
    Back(u32),
    /// The group of this name.
    Name(&'a [u8]),
    /// A group that no reader finds.
    Unread,
}

/// How much text a token takes that no reader knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// Nothing.
    Nothing,
    /// One character.
    Character,
    /// Any number of characters.
    Varying,
}

/// What white space means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spacing {
    /// Itself.
    Literal,
    /// Nothing, and `#` begins a comment.
    Ignored,
}

/// Whether the text stands in `\Q…\E`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    /// All bytes stand for themselves.
    Quoted,
    /// Signs have their meanings.
    None,
}

/// PCRE2 has its own opinion about larger numbers of repetitions.
const MOST_REPETITIONS: u32 = 1_000;

/// Larger numbers of repetitions are one: PCRE2 refuses them.
const TOO_MANY: u32 = 65_536;

/// Divides a text from left to right.
#[derive(Debug, Clone)]
pub(super) struct Lexer<'a> {
    /// What is left.
    pub rest: &'a [u8],
    /// What white space means, which whoever reads options has to say.
    pub spacing: Spacing,
    /// Whether `\Q` was read without its `\E`.
    pub quoting: Quoting,
    /// How much was left behind the `[` of a class: a `]` there stands for itself.
    class_begins: usize,
}

impl<'a> Lexer<'a> {
    /// Divides `text`.
    pub const fn new(text: &'a [u8]) -> Self {
        Self {
            rest: text,
            spacing: Spacing::Literal,
            quoting: Quoting::None,
            class_begins: usize::MAX,
        }
    }

    /// The next token; `None` at the end.
    pub fn next(&mut self) -> Option<Token<'a>> {
        let first = *self.rest.first()?;
        if self.quoting == Quoting::Quoted {
            return Some(self.quoted(first));
        }
        Some(match first {
            b'\\' => self.escape(),
            b'[' => self.open_class(),
            b'(' => self.open(),
            b'*' | b'+' | b'?' | b'{' => match self.quantifier() {
                Some((times, greed)) => Token::Quantifier(times, greed),
                None => self.take(1, Token::Byte(first)),
            },
            b'|' => self.take(1, Token::Bar),
            b')' => self.take(1, Token::Close),
            b'^' => self.take(1, Token::Caret),
            b'$' => self.take(1, Token::Dollar),
            b'.' => self.take(1, Token::Dot),
            b' ' | b'\t'..=b'\r' if self.spacing == Spacing::Ignored => {
                self.take(1, Token::Ignored)
            }
            b'#' if self.spacing == Spacing::Ignored => {
                let end = memchr::memchr(b'\n', self.rest);
                self.take(end.map_or(self.rest.len(), |end| end + 1), Token::Ignored)
            }
            byte => self.take(1, Token::Byte(byte)),
        })
    }

    /// The bytes that come next and surely stand for themselves; none of them may be quantified.
    pub fn plain(&mut self) -> &'a [u8] {
        if self.spacing == Spacing::Ignored || self.quoting == Quoting::Quoted {
            return &[];
        }
        let end = self.rest.iter().position(|byte| is_special(*byte));
        let length = match end {
            // A comment or a `\\E` may stand before a quantifier.
            Some(end)
                if self
                    .rest
                    .get(end)
                    .is_some_and(|byte| b"*+?{\\(".contains(byte)) =>
            {
                end.saturating_sub(1)
            }
            Some(end) => end,
            None => self.rest.len(),
        };
        self.split(length)
    }

    /// The quantifier that comes next, if one does. Braces are one as `{n}`, `{n,}` and `{n,m}` only.
    pub fn quantifier(&mut self) -> Option<(Times, Greed)> {
        if self.quoting == Quoting::Quoted {
            return None;
        }
        let (length, least, most) = match self.rest.first()? {
            b'*' => (1, 0, u32::MAX),
            b'+' => (1, 1, u32::MAX),
            b'?' => (1, 0, 1),
            b'{' => braces(self.rest)?,
            _ => return None,
        };
        let (length, greed) = match self.rest.get(length) {
            Some(b'?') => (length + 1, Greed::Lazy),
            Some(b'+') => (length + 1, Greed::Possessive),
            _ => (length, Greed::Greedy),
        };
        Some(self.take(length, (Times { least, most }, greed)))
    }

    fn quoted(&mut self, first: u8) -> Token<'a> {
        if self.rest.starts_with(b"\\E") {
            self.quoting = Quoting::None;
            return self.take(2, Token::Quote);
        }
        self.take(1, Token::Byte(first))
    }

    /// Moves on by `length` bytes, or to the end.
    fn split(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn take<T>(&mut self, length: usize, token: T) -> T {
        self.split(length);
        token
    }
}

/// The end of the text up to `end` and with it, counted in bytes; all of it where there is none.
fn through(text: &[u8], end: u8) -> usize {
    memchr::memchr(end, text).map_or(text.len(), |at| at + 1)
}

/// Reads a quantifier in braces: its length, and how often at least and at most.
fn braces(text: &[u8]) -> Option<(usize, u32, u32)> {
    let inside = text.strip_prefix(b"{")?;
    let inside = inside.get(..memchr::memchr(b'}', inside)?)?;
    let comma = memchr::memchr(b',', inside);
    let (low, high) = inside.split_at(comma.unwrap_or(inside.len()));
    let least = number(low)?;
    let most = match high {
        [] => least,
        [_] => u32::MAX,
        [_, high @ ..] => number(high)?,
    };
    Some((inside.len() + 2, least, most))
}

/// The value of digits. `None` when there are none, or something else stands there.
fn number(digits: &[u8]) -> Option<u32> {
    let all = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let value = digits.iter().fold(0_u32, |value, digit| {
        (value * 10 + u32::from(digit & 0x0f)).min(TOO_MANY)
    });
    all.then_some(value)
}

/// Has a byte a meaning of its own outside of classes?
pub(super) const fn is_special(byte: u8) -> bool {
    const SPECIAL: [bool; 256] = {
        let mut special = [false; 256];
        let signs = b"\\^$.[|()*+?{";
        let mut at = 0;
        while at < signs.len() {
            special[signs[at] as usize] = true;
            at += 1;
        }
        special
    };
    SPECIAL[byte as usize]
}
