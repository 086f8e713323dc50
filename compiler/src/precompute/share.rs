//! Writes decisions down, questions that several of them ask once.
//!
//! In: [`Dag`]s under their keys. Out: table entries, and the questions of the program. Absent: deciding paths.
//!
//! A decision asks by itself what is a comparison with a text and nobody else's question. Everything else has a number.

use std::hash::{Hash, Hasher};

use edgewright_engine::artefact::decision::{Asked, Question};
use edgewright_engine::artefact::key::Key;
use edgewright_engine::artefact::table::{Content, Entry};
use edgewright_engine::model::rules::Test;
use foldhash::HashMap;

use super::decision_dag::Dag;

/// The entries of `decisions` in the same order, and the questions that these ask by number.
#[expect(
    clippy::mutable_key_type,
    reason = "whether a pattern is compiled has no part in what it is equal to"
)]
pub(super) fn write(decisions: &[(Key, Dag)]) -> (Vec<Entry>, Vec<Question>) {
    let mut uses: HashMap<Same<'_>, Use> = HashMap::default();
    for question in decisions.iter().flat_map(|(_, dag)| dag.questions()) {
        uses.entry(Same(question)).or_default().count += 1;
    }
    let mut shared = Vec::new();
    let mut entries = Vec::with_capacity(decisions.len());
    for (key, dag) in decisions {
        let record = dag.record(|question| {
            let of_question = uses.entry(Same(question)).or_default();
            match question.asked() {
                Some(asked) if of_question.count < 2 => asked,
                _ => Asked::Shared(*of_question.number.get_or_insert_with(|| {
                    shared.push(question.clone());
                    u32::try_from(shared.len() - 1).unwrap_or(u32::MAX)
                })),
            }
        });
        entries.extend(record.map(|decision| Entry {
            key: key.clone(),
            content: Content::Decision(decision),
        }));
    }
    (entries, shared)
}

/// Who asks a question.
#[derive(Default)]
struct Use {
    /// How many decisions ask it, one that asks it twice counting twice.
    count: usize,
    /// Its number, once it has one.
    number: Option<u32>,
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
