//! Which of many conditions about one text may hold.
//!
//! In: the conditions of a rule, once; then a text. Out: the next condition that is worth asking. Absent:
//! asking it.
//!
//! Lists of thousands of conditions about one header (spam, robots), joined by `OR`, differ in one word each.
//! All the words are looked for at once, so that a text is read once, whatever the number of conditions.

use std::fmt;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use crate::budget::Budget;
use crate::model::rules::{Condition, Test};
use crate::pattern::matching::required;

/// So many bytes are searched for words in the time of a step.
const BYTES_A_STEP: usize = 8;

/// Fewer in a row are asked one by one.
const FEWEST: usize = 16;

/// The stretches of a rule's conditions that can be told at once: made when first used, not part of what
/// a rule says.
#[derive(Default)]
pub struct Screens(OnceLock<Box<[Screen]>>);

impl Screens {
    /// The stretch in which the condition at `at` is.
    pub fn about(&self, conditions: &[Condition], at: usize) -> Option<&Screen> {
        if conditions.len() < FEWEST {
            return None;
        }
        let screens = self.0.get_or_init(|| Screen::all(conditions).into());
        let behind = screens.partition_point(|screen| screen.start <= at);
        let screen = screens.get(behind.checked_sub(1)?)?;
        (at < screen.last).then_some(screen)
    }
}

impl fmt::Debug for Screens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ready = self.0.get().is_some();
        f.write_str(if ready { "ready" } else { "not yet" })
    }
}

impl Clone for Screens {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Screens {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Screens {}

/// Conditions in a row, each a pattern that has to match the same text, each but the last joined to
/// the next by `OR`.
pub struct Screen {
    start: usize,
    last: usize,
    /// Words without which a condition does not hold.
    words: Vec<Words>,
    /// Conditions that need no word, ascending.
    others: Vec<usize>,
}

/// Some of a stretch's words: to make one automaton of all takes time that grows with the square of their number.
struct Words {
    automaton: AhoCorasick,
    /// The condition of each word.
    owners: Vec<usize>,
}

/// So many words are looked for at once, at most.
const MOST_WORDS: usize = 2_048;

impl Words {
    fn of(owned: &[(usize, Vec<u8>)]) -> Option<Self> {
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(owned.iter().map(|(_, word)| word))
            .ok()?;
        let owners = owned.iter().map(|(owner, _)| *owner).collect();
        Some(Self { automaton, owners })
    }

    /// The condition of each word in `text`, as often as the word is there.
    fn in_text(&self, text: &[u8]) -> impl Iterator<Item = usize> {
        let found = self.automaton.find_overlapping_iter(text);
        found.filter_map(|word| self.owners.get(word.pattern().as_usize()).copied())
    }
}

impl Screen {
    fn all(conditions: &[Condition]) -> Vec<Self> {
        let mut screens = Vec::new();
        let mut start = 0;
        while let Some(first) = conditions.get(start) {
            let rest = conditions.get(start..).unwrap_or_default();
            let alike = rest
                .iter()
                .take_while(|other| is_alike(first, other))
                .count();
            let joined = rest
                .iter()
                .take_while(|condition| condition.or_next)
                .count()
                + 1;
            let length = alike.min(joined);
            if length >= FEWEST {
                screens.extend(Self::of(conditions, start, start + length - 1));
            }
            start += length.max(1);
        }
        screens
    }

    fn of(conditions: &[Condition], start: usize, last: usize) -> Option<Self> {
        let (mut owned, mut others) = (Vec::new(), Vec::new());
        for (at, condition) in conditions.iter().enumerate().take(last).skip(start) {
            match word(condition) {
                Some(word) => owned.push((at, word)),
                None => others.push(at),
            }
        }
        let words = owned.chunks(MOST_WORDS).map(Words::of);
        Some(Self {
            start,
            last,
            words: words.collect::<Option<_>>()?,
            others,
        })
    }

    /// Looks for all the words in `text` at once.
    pub fn mark(&self, text: &[u8], budget: &Budget) -> Marks {
        let mut may_hold = vec![false; self.last - self.start];
        let mut mark = |condition: usize| {
            if let Some(place) = may_hold.get_mut(condition - self.start) {
                *place = true;
            }
        };
        let mut steps = 1;
        for words in &self.words {
            steps += (text.len() / BYTES_A_STEP) as u64;
            for owner in words.in_text(text) {
                steps += 1;
                mark(owner);
            }
        }
        for other in &self.others {
            mark(*other);
        }
        // Who goes on without steps is told by what comes next.
        _ = budget.spend(steps);
        Marks {
            start: self.start,
            may_hold,
        }
    }

    /// Are these the marks of this stretch?
    pub fn has(&self, marks: &Marks) -> bool {
        marks.start == self.start && marks.may_hold.len() == self.last - self.start
    }

    /// The first condition from `at` on that may hold, or the last of the stretch.
    pub fn next(&self, at: usize, marks: &Marks) -> usize {
        let rest = marks.may_hold.get(at - self.start..).unwrap_or_default();
        let found = rest.iter().position(|may_hold| *may_hold);
        found.map_or(self.last, |found| at + found)
    }
}

/// Which conditions of a stretch may hold for one text.
#[derive(Debug, Default)]
pub struct Marks {
    start: usize,
    /// From the first on, without the last.
    may_hold: Vec<bool>,
}

/// Do both have to match the same text?
fn is_alike(first: &Condition, other: &Condition) -> bool {
    matches!(other.test, Test::Regex(_)) && !other.negated && other.subject == first.subject
}

/// A text without which the condition does not hold, letters of either case.
fn word(condition: &Condition) -> Option<Vec<u8>> {
    match &condition.test {
        Test::Regex(pattern) => required::text(pattern),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use proptest::prelude::*;

    use super::*;
    use crate::model::rules::{Place, Template};
    use crate::pattern::Pattern;
    use crate::pattern::PatternOptions;

    fn condition(pattern: &str, or_next: bool, options: PatternOptions) -> Condition {
        Condition {
            place: Place { file: 0, line: 1 },
            subject: Template::new("%{HTTP_REFERER}"),
            test: Test::Regex(Pattern::new(pattern, options)),
            negated: false,
            no_case: false,
            or_next,
            no_vary: false,
        }
    }

    fn holds(condition: &Condition, text: &str) -> bool {
        let Test::Regex(pattern) = &condition.test else {
            return false;
        };
        pattern.is_match(text.as_bytes()) != condition.negated
    }

    /// What is passed over does not hold, and is joined to the next.
    fn check(conditions: &[Condition], text: &str) {
        let screens = Screens::default();
        for at in 0..conditions.len() {
            let Some(screen) = screens.about(conditions, at) else {
                continue;
            };
            let marks = screen.mark(text.as_bytes(), &Budget::default());
            assert!(screen.has(&marks) && !screen.has(&Marks::default()));
            let next = screen.next(at, &marks);
            assert!((at..conditions.len()).contains(&next));
            for condition in &conditions[at..next] {
                assert!(
                    !holds(condition, text) && condition.or_next,
                    "{condition:?} {text}"
                );
            }
        }
    }

    fn pattern() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "abc", "^bcd", "c.b", "cab$", "(?i)ABC", "[ab]+d", "dab|abc", "bd{2}c",
        ])
    }

    proptest! {
        #[test]
        fn nothing_that_holds_is_passed_over(
            items in prop::collection::vec((pattern(), 0..40_u8, any::<bool>()), 0..60),
            text in "[abcdABCD]{0,12}",
        ) {
            let conditions = items.iter().map(|(pattern, chance, caseless)| {
                let mut options = PatternOptions::default();
                options.set(PatternOptions::CASELESS, *caseless);
                Condition { negated: *chance == 1, ..condition(pattern, *chance != 0, options) }
            });
            check(&conditions.collect::<Vec<_>>(), &text);
        }
    }

    #[test]
    fn a_long_list_is_passed_over_at_once() {
        let spam = |number| {
            let pattern = format!(r"^https?://([^.]+\.)*spam-{number}\.example");
            condition(&pattern, number < 99, PatternOptions::default())
        };
        let conditions: Vec<_> = (0..100).map(spam).collect();
        let screens = Screens::default();
        let next = |text: &[u8]| {
            let screen = screens.about(&conditions, 0).unwrap();
            screen.next(0, &screen.mark(text, &Budget::default()))
        };
        assert_eq!(next(b"https://www.example/"), 99);
        assert_eq!(next(b"https://www.SPAM-17.example/"), 17);
        assert!(screens.about(&conditions, 99).is_none());
        assert!(Screens::default().about(&conditions[..9], 0).is_none());
    }
}
