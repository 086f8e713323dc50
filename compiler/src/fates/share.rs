//! Questions that several fates ask, written down once.
//!
//! In: fates. Out: the same, with numbers in place of shared questions, and the questions. Absent:
//! deciding paths.

use std::collections::HashMap;

use edgewright_edge_handler::fate::{Asked, Fate, Question, Step};
use edgewright_edge_handler::table::{Content, Entry};

/// A question and how many fates ask it, by its encoding.
type Counts = HashMap<Vec<u8>, usize>;

/// Takes the questions that more than one of `entries` asks out of them.
pub(super) fn share(entries: &mut [Entry]) -> Vec<Question> {
    let mut counts = Counts::new();
    for question in entries.iter_mut().filter_map(fate).flat_map(questions) {
        if let Asked::Own(question) = question {
            *counts.entry(encoded(question)).or_default() += 1;
        }
    }
    let mut shared = Vec::new();
    let mut numbers = HashMap::new();
    for asked in entries.iter_mut().filter_map(fate).flat_map(questions) {
        let Asked::Own(question) = asked else {
            continue;
        };
        let bytes = encoded(question);
        if counts.get(&bytes).is_none_or(|count| *count < 2) {
            continue;
        }
        let number = *numbers.entry(bytes).or_insert_with(|| {
            shared.push(question.clone());
            u32::try_from(shared.len() - 1).unwrap_or(u32::MAX)
        });
        *asked = Asked::Shared(number);
    }
    shared
}

fn fate(entry: &mut Entry) -> Option<&mut Fate> {
    match &mut entry.content {
        Content::Fate(fate) => Some(fate),
        _ => None,
    }
}

fn questions(fate: &mut Fate) -> impl Iterator<Item = &mut Asked> {
    fate.steps.iter_mut().filter_map(|step| match step {
        Step::Ask(asked, ..) => Some(asked),
        Step::End(_) => None,
    })
}

fn encoded(question: &Question) -> Vec<u8> {
    postcard::to_allocvec(question).unwrap_or_default()
}
