//! Questions that several fates ask, written down once.
//!
//! In: fates. Out: the same, with numbers in place of shared questions, and the questions. Absent:
//! deciding paths.

use std::hash::{Hash, Hasher};

use edgewright_engine::artefact::decision::{Asked, PathDecision, Question, Step};
use edgewright_engine::artefact::table::{Content, Entry};
use edgewright_engine::model::rules::Test;
use foldhash::HashMap;

/// Takes the questions that more than one of `entries` asks out of them.
pub(super) fn share(entries: &mut [Entry]) -> Vec<Question> {
    let (kinds, counts) = kinds(entries);
    let mut kinds = kinds.into_iter();
    let mut shared = Vec::new();
    let mut numbers = vec![None; counts.len()];
    for asked in entries.iter_mut().filter_map(fate).flat_map(questions) {
        let Asked::Own(question) = asked else {
            continue;
        };
        let Some(kind) = kinds.next().filter(|kind| counts[*kind] > 1) else {
            continue;
        };
        let number = *numbers[kind].get_or_insert_with(|| {
            shared.push(question.clone());
            u32::try_from(shared.len() - 1).unwrap_or(u32::MAX)
        });
        *asked = Asked::Shared(number);
    }
    shared
}

/// For each question in order a number, the same for equal ones; and how many there are of each.
#[expect(
    clippy::mutable_key_type,
    reason = "whether a pattern is compiled has no part in what it is equal to"
)]
fn kinds(entries: &mut [Entry]) -> (Vec<usize>, Vec<usize>) {
    let mut known = HashMap::default();
    let mut kinds = Vec::new();
    let mut counts = Vec::new();
    for asked in entries.iter_mut().filter_map(fate).flat_map(questions) {
        if let Asked::Own(question) = asked {
            let kind = *known.entry(Same(question)).or_insert(counts.len());
            if kind == counts.len() {
                counts.push(0);
            }
            counts[kind] += 1;
            kinds.push(kind);
        }
    }
    (kinds, counts)
}

/// A question, to look others up by.
#[derive(PartialEq, Eq)]
struct Same<'q>(&'q Question);

impl Hash for Same<'_> {
    /// What tells questions apart most often.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.subject.hash(state);
        match &self.0.test {
            Test::Regex(pattern) => pattern.hash(state),
            Test::Equal(text) | Test::Compare(_, text) | Test::Integer(_, text) => text.hash(state),
            Test::File(_) | Test::SubrequestUri | Test::SubrequestFile | Test::Expression(_) => {}
        }
    }
}

fn fate(entry: &mut Entry) -> Option<&mut PathDecision> {
    match &mut entry.content {
        Content::Decision(fate) => Some(fate),
        _ => None,
    }
}

fn questions(fate: &mut PathDecision) -> impl Iterator<Item = &mut Asked> {
    fate.steps.iter_mut().filter_map(|step| match step {
        Step::Ask(asked, ..) => Some(asked),
        Step::End(_) => None,
    })
}
