//! The texts a pattern matches, as a finite automaton, and questions about two of them.
//!
//! In: [`Pattern`]s. Out: [`Language`]s; [`find`], which looks for a text that some of them hold and
//! others do not. Absent: what follows for rules; see [`crate::redundant`].
//!
//! It errs towards "perhaps": a pattern that is not understood has no language, an automaton beyond
//! the bounds below is not built, and a search that grows too large ends as [`Found::Perhaps`]. Only
//! [`Found::Nothing`] is a proof.

use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::syntax::Fidelity;
use foldhash::HashSet;
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::{Hir, HirKind, Look};

use crate::structure::{Letters, Structure, class_contains};

/// No automaton takes more bytes than this.
const LARGEST: usize = 1 << 18;

/// A search looks at no more pairs of states than this.
const MOST_PAIRS: usize = 10_000;

/// More loops in a pattern than this and Apache may give up on a long text that it should match.
const MOST_LOOPS: usize = 1;

/// Bytes a text is made of where there is a choice, so that it looks like a path.
const PREFERRED: &[u8] = b"ax7-_.Z/";

/// The texts one pattern matches, wherever in the text it does.
#[derive(Debug)]
pub(crate) struct Language {
    automaton: dense::DFA<Vec<u32>>,
    start: StateID,
    /// It holds no text too many, either.
    exact: bool,
}

impl Language {
    /// Every text `pattern` matches, and perhaps some more. `None` when it is not understood or too
    /// large.
    pub fn of(pattern: &Pattern) -> Option<Self> {
        let structure = Structure::of(&pattern.syntax()?, Letters::OfBothCases);
        let automaton = automaton(&structure.hir)?;
        let start = automaton
            .start_state(&start::Config::new().anchored(Anchored::No))
            .ok()?;
        Some(Self {
            automaton,
            start,
            exact: is_exact(&structure),
        })
    }

    /// Is `text` among them?
    #[cfg(test)]
    fn holds(&self, text: &[u8]) -> bool {
        let step = |walk: Walk, byte: &u8| walk.step(self, *byte);
        let end = text.iter().fold(Walk::At(self.start), step);
        end.ends_inside(self)
    }
}

fn automaton(structure: &Hir) -> Option<dense::DFA<Vec<u32>>> {
    let nfa = thompson::Config::new()
        .utf8(false)
        .which_captures(WhichCaptures::None)
        .nfa_size_limit(Some(LARGEST));
    let nfa = thompson::Compiler::new()
        .configure(nfa)
        .build_from_hir(structure)
        .ok()?;
    let config = dense::Config::new()
        .match_kind(MatchKind::All)
        .start_kind(StartKind::Unanchored)
        .accelerate(false)
        .dfa_size_limit(Some(LARGEST))
        .determinize_size_limit(Some(LARGEST));
    dense::Builder::new()
        .configure(config)
        .build_from_nfa(&nfa)
        .ok()
}

/// Does Apache match everything the structure describes? Not where the structure takes the pattern
/// for more than it is, and not where matching may take more steps than PCRE allows.
fn is_exact(structure: &Structure) -> bool {
    let hir = &structure.hir;
    let anchored = hir.properties().look_set_prefix().contains(Look::Start);
    let most = if anchored || begins_with_anything(hir) {
        MOST_LOOPS
    } else {
        0
    };
    structure.fidelity == Fidelity::Same
        && !repeats_a_place(hir)
        && loops(hir, Follows::Nothing) <= most
}

fn begins_with_anything(structure: &Hir) -> bool {
    match structure.kind() {
        HirKind::Concat(parts) => parts.first().is_some_and(begins_with_anything),
        HirKind::Capture(group) => begins_with_anything(&group.sub),
        HirKind::Repetition(_) => is_loop_of_anything(structure),
        _ => false,
    }
}

fn is_loop_of_anything(structure: &Hir) -> bool {
    let HirKind::Repetition(repetition) = structure.kind() else {
        return false;
    };
    repetition.max.is_none()
        && (0..=u8::MAX).all(|byte| may_begin_with(&repetition.sub, byte))
        && repetition.sub.properties().maximum_len() == Some(1)
}

/// `^*` and its like: the two dialects may differ.
fn repeats_a_place(structure: &Hir) -> bool {
    match structure.kind() {
        HirKind::Repetition(repetition) => {
            !repetition.sub.properties().look_set().is_empty() || repeats_a_place(&repetition.sub)
        }
        HirKind::Capture(group) => repeats_a_place(&group.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(repeats_a_place),
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => false,
    }
}

/// How many loops may be tried again with another length, each within all others. A loop inside a
/// loop counts as too many.
fn loops(structure: &Hir, follows: Follows<'_>) -> usize {
    match structure.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => 0,
        HirKind::Capture(group) => loops(&group.sub, follows),
        HirKind::Alternation(branches) => {
            let each = branches.iter().map(|branch| loops(branch, follows));
            each.sum()
        }
        HirKind::Concat(parts) => {
            let each = parts.iter().enumerate().map(|(at, part)| {
                let mut rest = parts[at + 1..].iter();
                let next = rest.find(|part| !matches!(part.kind(), HirKind::Look(_)));
                loops(part, next.map_or(follows, Follows::Part))
            });
            each.sum()
        }
        HirKind::Repetition(repetition) => {
            let inside = || loops(&repetition.sub, Follows::Anything);
            match repetition.max {
                Some(0 | 1) => loops(&repetition.sub, follows),
                Some(most) => inside() * usize::try_from(most).unwrap_or(usize::MAX / 64),
                None if has_loop(&repetition.sub) => MOST_LOOPS + 1,
                None => usize::from(!is_settled(structure, &repetition.sub, follows)),
            }
        }
    }
}

/// What comes after a part of a pattern.
#[derive(Clone, Copy)]
enum Follows<'h> {
    /// Nothing.
    Nothing,
    /// A part of a pattern.
    Part(&'h Hir),
    /// Who knows.
    Anything,
}

/// The first length a loop tries is the only one it needs.
fn is_settled(whole: &Hir, looped: &Hir, follows: Follows<'_>) -> bool {
    match follows {
        Follows::Nothing => is_loop_of_anything(whole),
        Follows::Part(next) => are_apart(looped, next),
        Follows::Anything => false,
    }
}

fn has_loop(structure: &Hir) -> bool {
    match structure.kind() {
        HirKind::Repetition(repetition) => repetition.max.is_none() || has_loop(&repetition.sub),
        HirKind::Capture(group) => has_loop(&group.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(has_loop),
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => false,
    }
}

/// A loop over one byte ends where `next` begins, and nowhere else.
fn are_apart(looped: &Hir, next: &Hir) -> bool {
    looped.properties().maximum_len() == Some(1)
        && next
            .properties()
            .minimum_len()
            .is_some_and(|least| least > 0)
        && (0..=u8::MAX).all(|byte| !(may_begin_with(looped, byte) && may_begin_with(next, byte)))
}

fn may_begin_with(structure: &Hir, byte: u8) -> bool {
    match structure.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => literal.0.first() == Some(&byte),
        HirKind::Class(class) => class_contains(class, byte),
        HirKind::Repetition(repetition) => {
            repetition.min == 0 || may_begin_with(&repetition.sub, byte)
        }
        HirKind::Capture(group) => may_begin_with(&group.sub, byte),
        HirKind::Alternation(parts) => parts.iter().any(|part| may_begin_with(part, byte)),
        HirKind::Concat(parts) => {
            let first = parts
                .iter()
                .find(|part| part.properties().minimum_len() != Some(0));
            first.is_none_or(|first| may_begin_with(first, byte))
                || parts
                    .first()
                    .is_some_and(|first| may_begin_with(first, byte))
        }
    }
}

/// Where a walk through an automaton stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Walk {
    At(StateID),
    /// The pattern matched, whatever follows.
    Matched,
}

impl Walk {
    fn step(self, language: &Language, byte: u8) -> Self {
        let Self::At(state) = self else {
            return self;
        };
        let next = language.automaton.next_state(state, byte);
        if language.automaton.is_match_state(next) {
            Self::Matched
        } else {
            Self::At(next)
        }
    }

    fn ends_inside(self, language: &Language) -> bool {
        let Self::At(state) = self else {
            return true;
        };
        let end = language.automaton.next_eoi_state(state);
        language.automaton.is_match_state(end)
    }

    /// Can the text still end as `wanted`?
    fn may_end(self, language: &Language, wanted: Membership) -> bool {
        match (self, wanted) {
            (Self::Matched, Membership::Outside) => false,
            (Self::At(state), Membership::Inside) => !language.automaton.is_dead_state(state),
            _ => true,
        }
    }
}

/// Whether a text belongs to a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Membership {
    /// The text belongs to the language.
    Inside,
    /// The text does not belong to the language.
    Outside,
}

impl Membership {
    /// The other.
    pub fn opposite(self) -> Self {
        match self {
            Self::Inside => Self::Outside,
            Self::Outside => Self::Inside,
        }
    }
}

/// Which texts there can be at all. None of them holds a NUL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Universe {
    /// How they begin.
    pub begins: Begins,
    /// Whether two slashes may stand side by side.
    pub slashes: Slashes,
}

/// How a text begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Begins {
    /// With a slash.
    Slash,
    /// With anything else, or it is empty.
    NoSlash,
    /// In any way.
    Anyhow,
}

/// Whether two slashes may stand side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Slashes {
    /// Never.
    Single,
    /// Perhaps.
    Several,
}

impl Universe {
    /// Every text.
    pub const ALL: Self = Self {
        begins: Begins::Anyhow,
        slashes: Slashes::Several,
    };

    /// Is `text` among them?
    pub fn holds(self, text: &[u8]) -> bool {
        self.may_begin(text) && self.allows_end(text.last().copied())
    }

    /// Does any of them begin with `text`?
    pub fn may_begin(self, text: &[u8]) -> bool {
        let before = std::iter::once(None).chain(text.iter().copied().map(Some));
        before
            .zip(text)
            .all(|(before, byte)| self.allows(before, *byte))
    }

    fn allows(self, before: Option<u8>, byte: u8) -> bool {
        let begins = match (before, self.begins) {
            (None, Begins::Slash) => byte == b'/',
            (None, Begins::NoSlash) => byte != b'/',
            _ => true,
        };
        let doubled = before == Some(b'/') && byte == b'/';
        byte != 0 && begins && !(doubled && self.slashes == Slashes::Single)
    }

    fn allows_end(self, before: Option<u8>) -> bool {
        before.is_some() || self.begins != Begins::Slash
    }
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// There is no such text.
    Nothing,
    /// Most likely this one.
    Text(Vec<u8>),
    /// It was not looked for to the end.
    Perhaps,
}

/// Looks for a shortest text of `universe` that is inside or outside each of up to two languages.
pub(crate) fn find(universe: Universe, asked: &[(&Language, Membership)]) -> Found {
    let surely = |(language, wanted): &(&Language, Membership)| {
        language.exact || *wanted == Membership::Inside
    };
    match (Search { universe, asked }).run() {
        // A language that holds too many texts leaves too few outside.
        Found::Nothing if !asked.iter().all(surely) => Found::Perhaps,
        found => found,
    }
}

struct Search<'a> {
    universe: Universe,
    asked: &'a [(&'a Language, Membership)],
}

/// How far a text got: its last byte as far as it matters, and a walk in each automaton.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Pair {
    before: Option<u8>,
    walks: [Walk; 2],
}

/// A pair, and the pair and byte that led to it.
struct Reached {
    pair: Pair,
    from: usize,
    byte: u8,
}

impl Search<'_> {
    fn run(&self) -> Found {
        let bytes = self.distinct_bytes();
        let begin = |at: usize| match self.asked.get(at) {
            Some((language, _)) => Walk::At(language.start),
            None => Walk::Matched,
        };
        let first = Pair {
            before: None,
            walks: [begin(0), begin(1)],
        };
        let mut seen = HashSet::from_iter([first]);
        let mut queue = vec![Reached {
            pair: first,
            from: 0,
            byte: 0,
        }];
        let mut at = 0;
        while let Some(pair) = queue.get(at).map(|reached| reached.pair) {
            if self.is_found(pair) {
                return Found::Text(text_to(&queue, at));
            }
            for byte in &bytes {
                if let Some(next) = self.step(pair, *byte)
                    && seen.insert(next)
                {
                    queue.push(Reached {
                        pair: next,
                        from: at,
                        byte: *byte,
                    });
                }
            }
            if queue.len() > MOST_PAIRS {
                return Found::Perhaps;
            }
            at += 1;
        }
        Found::Nothing
    }

    fn is_found(&self, pair: Pair) -> bool {
        let mut sides = self.asked.iter().zip(pair.walks);
        self.universe.allows_end(pair.before)
            && sides.all(|((language, wanted), walk)| {
                walk.ends_inside(language) == (*wanted == Membership::Inside)
            })
    }

    fn step(&self, pair: Pair, byte: u8) -> Option<Pair> {
        if !self.universe.allows(pair.before, byte) {
            return None;
        }
        let mut walks = pair.walks;
        for ((language, wanted), walk) in self.asked.iter().zip(&mut walks) {
            *walk = walk.step(language, byte);
            if !walk.may_end(language, *wanted) {
                return None;
            }
        }
        // Only a slash is told from other bytes, and those from no byte at all.
        let before = Some(if byte == b'/' { b'/' } else { b'x' });
        Some(Pair { before, walks })
    }

    /// One byte of each kind that the automata tell apart, the likeliest of a path first.
    fn distinct_bytes(&self) -> Vec<u8> {
        let rest = (b'!'..=b'~').chain(1..=u8::MAX);
        let all = PREFERRED.iter().copied().chain(rest);
        let mut seen = HashSet::default();
        let class = |byte: u8| {
            let of = |at: usize| {
                let (language, _) = self.asked.get(at)?;
                Some(language.automaton.byte_classes().get(byte))
            };
            (byte == b'/', of(0), of(1))
        };
        all.filter(|byte| seen.insert(class(*byte))).collect()
    }
}

fn text_to(queue: &[Reached], mut at: usize) -> Vec<u8> {
    let mut text = Vec::new();
    while at != 0 {
        let Some(reached) = queue.get(at) else {
            break;
        };
        text.push(reached.byte);
        at = reached.from;
    }
    text.reverse();
    text
}

#[cfg(test)]
mod tests;
