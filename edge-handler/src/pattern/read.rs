//! From a pattern's text to its tree: the one reader of regular expressions.
//!
//! In: a pattern as PCRE2 10.42 reads it. Out: [`Syntax`], or nothing where the pattern holds what changes the meaning of
//! all of it: verbs, UTF mode, conditions, groups that share numbers, a class or a group that is broken. Absent: its tokens;
//! see `lexer`.

mod class;
mod group;

pub(super) use class::class;

use super::lexer::{Lexer, Quoting, Referred, Spacing, Token};
use super::set::{self, Set};
use super::syntax::{Case, Fidelity, Greed, Node, Place, Syntax};
use super::{Pattern, PatternOptions};

/// Longer patterns are not read.
const LONGEST: usize = 16_384;

/// Groups that nest deeper are not read.
const DEEPEST: u32 = 60;

impl Pattern {
    /// What the pattern consists of. `None` when that is not understood.
    pub fn syntax(&self) -> Option<Syntax> {
        if self.text.len() > LONGEST {
            return None;
        }
        let mut reader = Reader::new(&self.text, self.options);
        let root = reader.alternatives()?;
        if !reader.lexer.rest.is_empty() {
            return None;
        }
        if reader.highest_reference > reader.groups {
            reader.fidelity = Fidelity::AtLeast;
        }
        Some(Syntax {
            root,
            groups: reader.groups,
            case: match reader.letters {
                Letters::All(case) => case,
                Letters::None | Letters::Some => Case::Sensitive,
            },
            fidelity: reader.fidelity,
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

/// What a group without a name does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PlainGroups {
    /// The group captures.
    Captures,
    /// The group does not.
    Joins,
}

/// Whether the letters read so far have to agree in case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letters {
    /// No letter was read.
    None,
    /// One rule holds for all of them.
    All(Case),
    /// Some have to agree.
    Some,
}

/// Reads from left to right.
struct Reader<'a> {
    lexer: Lexer<'a>,
    modes: Modes,
    /// `$` where lines mean nothing.
    end: Place,
    fidelity: Fidelity,
    letters: Letters,
    /// Capturing groups opened so far.
    groups: u32,
    /// Names of groups.
    names: Vec<(&'a [u8], u32)>,
    /// The highest number of a group that references are about.
    highest_reference: u32,
    /// Groups open now.
    depth: u32,
    /// Looks that are open: `\K` means something else there.
    looks: u32,
}

impl<'a> Reader<'a> {
    fn new(text: &'a [u8], options: PatternOptions) -> Self {
        let case = if options.contains(PatternOptions::CASELESS) {
            Case::Ignored
        } else {
            Case::Sensitive
        };
        let end = if options.contains(PatternOptions::DOLLAR_END_ONLY) {
            Place::End
        } else {
            Place::LastLine
        };
        Self {
            lexer: Lexer::new(text),
            modes: Modes {
                case,
                dot: dot(options.contains(PatternOptions::DOT_ALL)),
                lines: Lines::Whole,
                spacing: Spacing::Literal,
                greed: Greed::Greedy,
                groups: PlainGroups::Captures,
            },
            end,
            fidelity: Fidelity::Same,
            letters: Letters::None,
            groups: 0,
            names: Vec::new(),
            highest_reference: 0,
            depth: 0,
            looks: 0,
        }
    }

    /// The pattern may mean something else in PCRE2.
    fn doubt(&mut self) {
        self.fidelity = Fidelity::AtLeast;
    }

    /// Letters were read that have to agree in case, or do not.
    fn note(&mut self, case: Case) {
        self.letters = match self.letters {
            Letters::None => Letters::All(case),
            Letters::All(known) if known == case => Letters::All(case),
            Letters::All(_) | Letters::Some => Letters::Some,
        };
    }

    /// Branches with `|` between them.
    fn alternatives(&mut self) -> Option<Node> {
        let first = self.branch()?;
        if !self.takes(b'|') {
            return Some(first);
        }
        let mut branches = vec![first, self.branch()?];
        while self.takes(b'|') {
            branches.push(self.branch()?);
        }
        Some(Node::alternation(branches))
    }

    /// Takes a sign that is no text.
    fn takes(&mut self, sign: u8) -> bool {
        let quoted = self.lexer.quoting == Quoting::Quoted;
        match self.lexer.rest {
            [first, rest @ ..] if *first == sign && !quoted => {
                self.lexer.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Items in a row, up to a `|`, a `)` or the end.
    fn branch(&mut self) -> Option<Node> {
        let mut parts = Vec::new();
        let mut bytes = Vec::new();
        loop {
            let plain = self.lexer.plain();
            if bytes.capacity() == 0 && !plain.is_empty() {
                // What follows an escape is mostly short.
                bytes.reserve(plain.len() + 8);
            }
            bytes.extend_from_slice(plain);
            let quoted = self.lexer.quoting == Quoting::Quoted;
            if matches!(self.lexer.rest, [b'|' | b')', ..]) && !quoted {
                break;
            }
            let before = self.lexer.rest;
            let Some(token) = self.lexer.next() else {
                break;
            };
            match token {
                Token::Ignored | Token::Quote => {}
                Token::Byte(byte) if !self.is_quantified() => bytes.push(byte),
                token => {
                    self.flush(&mut bytes, &mut parts);
                    let item = self.item(token, before)?;
                    parts.push(self.repeated(item)?);
                }
            }
        }
        self.flush(&mut bytes, &mut parts);
        Some(Node::concat(parts))
    }

    /// The bytes gathered so far become a part.
    fn flush(&mut self, bytes: &mut Vec<u8>, parts: &mut Vec<Node>) {
        if !bytes.is_empty() {
            parts.push(self.literal(std::mem::take(bytes)));
        }
    }

    fn literal(&mut self, bytes: Vec<u8>) -> Node {
        if bytes.iter().any(u8::is_ascii_alphabetic) {
            self.note(self.modes.case);
        }
        Node::literal(bytes, self.modes.case)
    }

    /// One byte of a set, in which letters of both cases are where case is ignored.
    fn set(&mut self, set: Set) -> Node {
        match self.modes.case {
            Case::Ignored if set.has_letters() => self.note(Case::Ignored),
            Case::Sensitive if set != set.folded() => self.note(Case::Sensitive),
            Case::Ignored | Case::Sensitive => {}
        }
        Node::set(set)
    }

    /// What a token means; it begins at `before`. A quantifier of nothing is refused.
    fn item(&mut self, token: Token<'a>, before: &'a [u8]) -> Option<Node> {
        Some(match token {
            Token::Byte(byte) => self.literal(vec![byte]),
            Token::Set(set) => self.set(set),
            Token::Dot => self.set(self.modes.dot),
            Token::Caret => Node::Place(match self.modes.lines {
                Lines::Whole => Place::Start,
                Lines::Each => Place::LineStart,
            }),
            Token::Dollar => Node::Place(match self.modes.lines {
                Lines::Whole => self.end,
                Lines::Each => Place::LineEnd,
            }),
            Token::Place(place) => Node::Place(place),
            Token::Class(sense) => {
                let set = class(&mut self.lexer, sense, self.modes.case)?;
                self.set(set)
            }
            Token::Open(opening) => return self.group(opening),
            Token::Options(letters, ending) => return self.options(letters, ending),
            Token::Reference(referred) => self.reference(referred, before),
            Token::Keep => {
                if self.looks > 0 {
                    self.doubt();
                }
                Node::Keep
            }
            Token::Call | Token::Other(_) => self.opaque(before),
            Token::Ignored | Token::Quote => Node::Empty,
            Token::Bar | Token::Close | Token::Quantifier(..) | Token::Control => return None,
        })
    }

    /// What only PCRE2 knows: the text from `before` to here.
    fn opaque(&mut self, before: &[u8]) -> Node {
        self.doubt();
        self.note(Case::Sensitive);
        let length = before.len() - self.lexer.rest.len();
        let text = before.get(..length).unwrap_or_default();
        Node::Opaque(text.into())
    }

    fn reference(&mut self, referred: Referred<'a>, before: &[u8]) -> Node {
        let group = match referred {
            Referred::Number(number) => Some(number),
            Referred::Back(number) => (self.groups + 1).checked_sub(number),
            Referred::Name(name) => {
                let known = self.names.iter().find(|(known, _)| *known == name);
                known.map(|(_, group)| *group)
            }
            Referred::Unread => None,
        };
        let Some(group) = group.filter(|group| *group > 0) else {
            return self.opaque(before);
        };
        self.highest_reference = self.highest_reference.max(group);
        let case = self.modes.case;
        self.note(case);
        Node::Reference { group, case }
    }

    /// `item` with the quantifiers that follow it.
    fn repeated(&mut self, item: Node) -> Option<Node> {
        let mut part = item;
        let mut usual = is_repeatable(&part);
        loop {
            self.skip();
            let Some((times, greed)) = self.lexer.quantifier() else {
                return Some(part);
            };
            if !usual || !times.are_usual() {
                self.doubt();
            }
            if times.least > times.most {
                return None;
            }
            usual = false;
            part = Node::Repeat {
                inner: Box::new(part),
                least: times.least,
                most: times.most,
                greed: self.greed(greed),
            };
        }
    }

    /// `(?U)` exchanges what tries most and what tries fewest first.
    fn greed(&self, written: Greed) -> Greed {
        match (written, self.modes.greed) {
            (Greed::Greedy, usual) => usual,
            (Greed::Lazy, Greed::Lazy) => Greed::Greedy,
            (written, _) => written,
        }
    }

    /// Does a quantifier come next?
    fn is_quantified(&mut self) -> bool {
        self.skip();
        self.lexer
            .rest
            .first()
            .is_some_and(|byte| b"*+?{".contains(byte))
            && self.lexer.clone().quantifier().is_some()
    }

    /// Skips what means nothing by itself.
    fn skip(&mut self) {
        while self.may_mean_nothing() {
            let before = self.lexer.clone();
            if !matches!(self.lexer.next(), Some(Token::Ignored | Token::Quote)) {
                self.lexer = before;
                return;
            }
        }
    }

    fn may_mean_nothing(&self) -> bool {
        match self.lexer.rest {
            [b'\\', b'E', ..] => true,
            _ if self.lexer.quoting == Quoting::Quoted => false,
            [b'\\', b'Q', ..] | [b'(', b'?', b'#', ..] => true,
            [b' ' | b'\t'..=b'\r' | b'#', ..] => self.modes.spacing == Spacing::Ignored,
            _ => false,
        }
    }
}

/// Does PCRE2 repeat a part as it repeats anything?
fn is_repeatable(part: &Node) -> bool {
    !matches!(
        part,
        Node::Place(_) | Node::Look { .. } | Node::Keep | Node::Empty
    )
}

/// `.`
fn dot(all: bool) -> Set {
    if all {
        set::ANY
    } else {
        Set::of(b'\n').complement()
    }
}
