//! Every way an evaluation can go for one path.
//!
//! In: a plain request made of stand-ins. Out: the [`Course`]: questions, and how things end. Absent:
//! answering questions; see [`super::symbolic`].

use std::cell::Cell;

use edgewright_engine::artefact::decision::{
    Effect, Ending, EndingBuf, Part, Question, Text, TextBuf,
};
use edgewright_engine::evaluate::{Options, Unknown, evaluate_symbolic};
use edgewright_engine::model::normalized::NormalizedRequest;
use edgewright_engine::model::outcome::{Answer, Headers, Outcome};
use edgewright_engine::model::page::Page;
use edgewright_engine::model::request::Request;
use edgewright_engine::model::site::Site;
use edgewright_engine::model::subject::Subject;
use edgewright_engine::source::Source;

use super::symbolic::{Answered, Assumptions, contains};
use super::{HOST, QUERY, TOO_EXPENSIVE};

/// A course with more ends than this is not worth having: the evaluator asks the same questions.
pub(super) const MOST_ENDINGS: usize = 96;

/// A longer text might come near some limit of the server, which the stand-ins would hide.
const LONGEST_TEXT: usize = 8_000;

/// Why a path has no precomputed decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undecided {
    /// The evaluation looks at this.
    LooksAt(Unknown),
    /// There are too many ways it can go.
    TooMany,
    /// One of the ways takes more than a decision may.
    OverBudget,
    /// Too many rules are tried for it.
    TooExpensive,
    /// The edge cannot answer it at all.
    Unsupported,
    /// The answer has headers of its own, which a decision has no room for.
    Headers,
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
            Self::OverBudget => "more steps than a decision may take",
            Self::TooExpensive => TOO_EXPENSIVE,
            Self::Unsupported => "not known at the edge",
            Self::Headers => "headers of the answer",
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
    End(EndingBuf),
}

impl Course {
    /// What a request without a query string takes, told from this, the course of one with the stand-in;
    /// `None` when only another evaluation can tell.
    ///
    /// [`Assumptions`] hear every variable that holds the stand-in, and give up the path. So where there
    /// is a course that asks nothing about the query string, it decided nothing. It may have gone on as it
    /// came, or where `append_query` and `location` put it: behind a question mark at the end of a
    /// `Location`. Without one they put nothing there. Where it stands elsewhere (`QSA`), or goes on to
    /// another file or server, nothing is told; nor by a status, which may be the answer to the URL of a
    /// server that is none with a query string behind it (`[P]` to `http://h:80`).
    pub fn without_query(&self) -> Option<Self> {
        let steps = self.steps.iter().map(|step| match step {
            Step::Ask(question, _) if question.subject == Subject::Query => None,
            Step::Ask(question, otherwise) => Some(Step::Ask(question.clone(), *otherwise)),
            Step::End(ending) => ending_without_query(ending).map(Step::End),
        });
        let steps = steps.collect::<Option<_>>()?;
        Some(Self { steps })
    }

    /// It is `bare` with the query string at the end of every `Location`, and there is one.
    pub fn appends_query_to(&self, bare: &Self) -> bool {
        let mut locations = 0;
        let mut both = self.steps.iter().zip(&bare.steps);
        let is_same = both.all(|steps| match steps {
            (Step::End(queried), Step::End(bare)) => match (queried.read(), bare.read()) {
                (Some(queried), Some(bare)) => match (queried.effect, bare.effect) {
                    (Effect::Redirect(status, to), Effect::Redirect(bare_status, bare_to)) => {
                        locations += 1;
                        (status, queried.more) == (bare_status, bare.more)
                            && is_with_query(to, bare_to)
                    }
                    _ => queried == bare,
                },
                _ => false,
            },
            (queried, bare) => queried == bare,
        });
        is_same && locations > 0 && self.steps.len() == bare.steps.len()
    }
}

/// Is `queried` the text `bare`, which has no query string, with one at its end and a question mark before it?
fn is_with_query(queried: Text<'_>, bare: Text<'_>) -> bool {
    let (mut queried, mut bare) = (queried.parts(), bare.parts());
    while let Some(part) = bare.next() {
        match (queried.next(), part) {
            (Some(Part::Literal(with)), Part::Literal(without)) if with != without => {
                let mark = with.strip_prefix(without) == Some(b"?");
                return mark && bare.next().is_none() && queried.eq([Part::Query]);
            }
            (_, Part::Query) => return false,
            (with, part) if with == Some(part) => {}
            _ => return false,
        }
    }
    queried.eq([Part::Literal(b"?".as_slice()), Part::Query])
}

/// What a request without a query string ends with, where one with the stand-in ends so; `None` when only another
/// evaluation can tell.
fn ending_without_query(ending: &EndingBuf) -> Option<EndingBuf> {
    match ending.read()?.effect {
        Effect::Redirect(_, location) if location.parts().any(|part| part == Part::Query) => {
            redirect_without_query(ending)
        }
        Effect::Redirect(..) | Effect::Nothing => Some(ending.clone()),
        Effect::Status(_) | Effect::Serve(..) | Effect::Proxy(_) => None,
    }
}

/// A redirect without the query string at the end of its `Location`; `None` when it is none, or has no such.
fn redirect_without_query(ending: &EndingBuf) -> Option<EndingBuf> {
    let ending = ending.read()?;
    let Effect::Redirect(status, location) = ending.effect else {
        return None;
    };
    let location = without_query(location)?;
    Some(EndingBuf::of(&Ending {
        effect: Effect::Redirect(status, location.text()),
        ..ending
    }))
}

/// `text` without the query string at its end and the question mark before it. `None` when it does not end
/// so, or has it elsewhere too.
fn without_query(text: Text<'_>) -> Option<TextBuf> {
    let parts: Vec<Part<'_>> = text.parts().collect();
    let [before @ .., Part::Literal(last), Part::Query] = parts.as_slice() else {
        return None;
    };
    let last = last.strip_suffix(b"?")?;
    let is_elsewhere = before.contains(&Part::Query);
    let parts = before.iter().copied().chain([Part::Literal(last)]);
    (!is_elsewhere).then(|| TextBuf::of(parts))
}

/// Explores every way `plain` can go.
pub(super) fn course(
    site: &Site,
    source: &dyn Source,
    plain: &NormalizedRequest<'_>,
    request: &Request<'_>,
    options: &Options,
    steps: &Cell<u64>,
) -> Result<Course, Undecided> {
    let mut explorer = Explorer {
        evaluate: |assumptions: &Assumptions<'_>| {
            let answer = evaluate_symbolic(site, source, assumptions, plain, request, options);
            match answer {
                _ if assumptions.were_too_expensive() => Err(Undecided::TooExpensive),
                Ok(answer) => ending(answer, plain),
                Err(_) => Err(Undecided::Unsupported),
            }
        },
        left: steps,
        steps: Vec::new(),
        endings: 0,
    };
    explorer.explore(Vec::new())?;
    Ok(Course {
        steps: explorer.steps,
    })
}

struct Explorer<'s, F> {
    evaluate: F,
    /// Rules and redirects that may still be tried.
    left: &'s Cell<u64>,
    steps: Vec<Step>,
    endings: usize,
}

impl<F: Fn(&Assumptions<'_>) -> Result<EndingBuf, Undecided>> Explorer<'_, F> {
    /// Adds the steps for requests of which `given` is true. Every question that comes up is answered
    /// yes at first; then, the last one first, no.
    fn explore(&mut self, given: Vec<Answered>) -> Result<(), Undecided> {
        self.endings += 1;
        if self.endings > MOST_ENDINGS {
            return Err(Undecided::TooMany);
        }
        let known = given.len();
        let assumptions = Assumptions::new(given, self.left);
        let ending = (self.evaluate)(&assumptions);
        let mut answers = assumptions.finish().map_err(Undecided::LooksAt)?;
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
fn ending(answer: Answer, plain: &NormalizedRequest<'_>) -> Result<EndingBuf, Undecided> {
    // Of those a record has those that the request has, which is for answers that go on.
    let varies = answer.outcome.is_made() && !answer.vary.is_empty();
    if answer.headers != Headers::default() || answer.page != Page::Own || varies {
        return Err(Undecided::Headers);
    }
    let cookies = &answer.cookies;
    cookies.iter().try_for_each(|cookie| constant(cookie))?;
    let end = |effect: Effect<'_>| EndingBuf::new(effect, cookies, &answer.vary);
    Ok(match answer.outcome {
        Outcome::Redirect { status, location } => {
            end(Effect::Redirect(status, text(&location)?.text()))
        }
        Outcome::Status { status } => end(Effect::Status(status)),
        Outcome::Proxy { url } => end(Effect::Proxy(text(&url)?.text())),
        Outcome::Serve { path, query } if path == plain.path && query.as_deref() == plain.query => {
            end(Effect::Nothing)
        }
        Outcome::Serve { path, query } => {
            constant(&path)?;
            let query = query.as_deref().map(text).transpose()?;
            end(Effect::Serve(&path, query.as_ref().map(TextBuf::text)))
        }
        Outcome::OverBudget => return Err(Undecided::OverBudget),
        Outcome::Unsupported { .. } => return Err(Undecided::Unsupported),
    })
}

fn text(text: &[u8]) -> Result<TextBuf, Undecided> {
    if text.len() > LONGEST_TEXT {
        return Err(Undecided::TooMany);
    }
    Ok(TextBuf::with_holes(text, HOST, QUERY))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &[u8]) -> TextBuf {
        TextBuf::with_holes(text, HOST, QUERY)
    }

    /// A course that ends so, and what is told from it.
    fn check(effect: Effect<'_>, expected: Option<Effect<'_>>) {
        let course = |effect| Course {
            steps: vec![Step::End(EndingBuf::new(
                effect,
                &[],
                &[b"Cookie".to_vec()],
            ))],
        };
        let queried = course(effect);
        let bare = queried.without_query();
        assert_eq!(bare, expected.map(course));
        if let Some(bare) = bare {
            assert_eq!(queried.appends_query_to(&bare), queried != bare);
        }
    }

    fn check_location(queried: &[&[u8]], bare: Option<&[&[u8]]>) {
        let queried = text(&queried.concat());
        let bare = bare.map(|bare| text(&bare.concat()));
        let bare = bare.as_ref().map(|bare| Effect::Redirect(301, bare.text()));
        check(Effect::Redirect(301, queried.text()), bare);
    }

    #[test]
    fn what_a_query_string_leaves_behind() {
        check_location(&[b"/a?", QUERY], Some(&[b"/a"]));
        check_location(&[b"http://", HOST, b"?", QUERY], Some(&[b"http://", HOST]));
        check_location(&[b"/a"], Some(&[b"/a"]));
        check(Effect::Nothing, Some(Effect::Nothing));
    }

    #[test]
    fn where_nothing_is_told() {
        check_location(&[b"/a?b=1&", QUERY], None);
        check_location(&[b"/", QUERY, b"?", QUERY], None);
        check_location(&[QUERY], None);
        check(Effect::Status(400), None);
        check(Effect::Proxy(text(b"http://h/").text()), None);
        check(Effect::Serve(b"/a", Some(text(QUERY).text())), None);
    }

    #[test]
    fn a_question_about_the_query_string_is_one() {
        let question = |subject| {
            let test = edgewright_engine::model::rules::Test::Equal(b"x".to_vec());
            Step::Ask(
                Question {
                    subject,
                    test,
                    no_case: false,
                },
                1,
            )
        };
        let course = |step| Course { steps: vec![step] };
        assert_eq!(course(question(Subject::Query)).without_query(), None);
        let host = course(question(Subject::Host));
        assert_eq!(host.without_query(), Some(host));
    }
}
