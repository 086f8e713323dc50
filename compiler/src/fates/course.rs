//! Every way an evaluation can go for one path.
//!
//! In: a plain request made of stand-ins. Out: the [`Course`]: questions, and how things end. Absent:
//! answering questions; see [`super::oracle`].

use edgewright_edge_handler::evaluate::{Options, evaluate_plain};
use edgewright_edge_handler::fate::{Effect, Ending, Question, Text};
use edgewright_edge_handler::outcome::{Answer, Outcome};
use edgewright_edge_handler::plain::Plain;
use edgewright_edge_handler::request::Request;
use edgewright_edge_handler::site::Site;
use edgewright_edge_handler::source::{Source, Unknown};

use super::oracle::{Answered, Oracle, contains};
use super::{HOST, QUERY};

/// A course with more ends than this is not worth having: the evaluator asks the same questions.
pub(super) const MOST_ENDINGS: usize = 96;

/// A longer text might come near some limit of the server, which the stand-ins would hide.
const LONGEST_TEXT: usize = 8_000;

/// Why a path cannot be decided beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undecided {
    /// The evaluation looks at this.
    LooksAt(Unknown),
    /// There are too many ways it can go.
    TooMany,
    /// The edge cannot answer it at all.
    Unsupported,
}

impl Undecided {
    /// A word or two for the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::LooksAt(Unknown::Host) => "host",
            Self::LooksAt(Unknown::Query) => "query",
            Self::LooksAt(Unknown::Header) => "headers",
            Self::LooksAt(Unknown::Client) => "client",
            Self::LooksAt(Unknown::Time) => "time",
            Self::LooksAt(Unknown::Chance) => "chance",
            Self::LooksAt(Unknown::Condition) => "groups of a condition",
            Self::TooMany => "too many conditions",
            Self::Unsupported => "not known at the edge",
        }
    }
}

/// Questions in the order they come up, and how things end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Course {
    /// The first step is taken first; never empty.
    pub steps: Vec<Step>,
}

/// One step of a [`Course`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Yes leads to the next step, no to the one with this index, which is a later one.
    Ask(Question, usize),
    /// The end.
    End(Ending),
}

/// Explores every way `plain` can go.
pub(super) fn course<S: Source>(
    site: &Site,
    source: &S,
    plain: &Plain<'_>,
    request: &Request<'_>,
    options: &Options,
) -> Result<Course, Undecided> {
    let mut explorer = Explorer {
        evaluate: |oracle: &Oracle<'_, S>| {
            let answer = evaluate_plain(site, oracle, plain, request, options);
            answer.map_or(Err(Undecided::Unsupported), |answer| ending(answer, plain))
        },
        source,
        steps: Vec::new(),
        endings: 0,
    };
    explorer.explore(Vec::new())?;
    Ok(Course {
        steps: explorer.steps,
    })
}

struct Explorer<'s, S, F> {
    evaluate: F,
    source: &'s S,
    steps: Vec<Step>,
    endings: usize,
}

impl<S: Source, F: Fn(&Oracle<'_, S>) -> Result<Ending, Undecided>> Explorer<'_, S, F> {
    /// Adds the steps for requests of which `given` is true. Every question that comes up is answered
    /// yes at first; then, the last one first, no.
    fn explore(&mut self, given: Vec<Answered>) -> Result<(), Undecided> {
        self.endings += 1;
        if self.endings > MOST_ENDINGS {
            return Err(Undecided::TooMany);
        }
        let known = given.len();
        let oracle = Oracle::new(self.source, given);
        let ending = (self.evaluate)(&oracle);
        let mut answers = oracle.finish().map_err(Undecided::LooksAt)?;
        let ending = ending?;
        let first = self.steps.len();
        let asked = answers.iter().skip(known);
        self.steps
            .extend(asked.map(|(question, _)| Step::Ask(Question::clone(question), 0)));
        self.steps.push(Step::End(ending));
        while answers.len() > known {
            let ask = first + answers.len() - 1 - known;
            let next = self.steps.len();
            if let Some(Step::Ask(_, otherwise)) = self.steps.get_mut(ask) {
                *otherwise = next;
            }
            if let Some((_, answer)) = answers.last_mut() {
                *answer = false;
            }
            self.explore(answers.clone())?;
            answers.pop();
        }
        Ok(())
    }
}

/// An answer with holes where the stand-ins are.
fn ending(answer: Answer, plain: &Plain<'_>) -> Result<Ending, Undecided> {
    let effect = match answer.outcome {
        Outcome::Redirect { status, location } => Effect::Redirect(status, text(&location)?),
        Outcome::Status { status } => Effect::Status(status),
        Outcome::Proxy { url } => Effect::Proxy(text(&url)?),
        Outcome::Serve { path, query } if path == plain.path && query.as_deref() == plain.query => {
            Effect::Nothing
        }
        Outcome::Serve { path, query } => {
            constant(&path)?;
            Effect::Serve(path, query.as_deref().map(text).transpose()?)
        }
        Outcome::Unsupported { .. } => return Err(Undecided::Unsupported),
    };
    answer
        .cookies
        .iter()
        .try_for_each(|cookie| constant(cookie))?;
    Ok(Ending {
        effect,
        cookies: answer.cookies,
        vary: answer.vary,
    })
}

fn text(text: &[u8]) -> Result<Text, Undecided> {
    if text.len() > LONGEST_TEXT {
        return Err(Undecided::TooMany);
    }
    Ok(Text::with_holes(text, HOST, QUERY))
}

/// A text that must not have holes.
fn constant(text: &[u8]) -> Result<(), Undecided> {
    if contains(text, HOST) {
        return Err(Undecided::LooksAt(Unknown::Host));
    }
    if contains(text, QUERY) {
        return Err(Undecided::LooksAt(Unknown::Query));
    }
    Ok(())
}
