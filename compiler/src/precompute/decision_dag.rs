//! Joins the courses without and with a query string: what they share stands there once.
//!
//! In: two [`Course`]s. Out: a [`Dag`] and its record. Absent: which questions decisions share; see [`super::share`].

use edgewright_engine::artefact::decision::{
    Asked, At, Builder, EndingBuf, PathDecision, Queried, Question,
};

use super::explore::{self, Course};

/// What becomes of a path: steps, the last one first, equal ones once. A step is known by its place from the end. They
/// are few: a course has [`explore::MOST_ENDINGS`] ends at most, and most have one.
#[derive(Debug, Default)]
pub(super) struct Dag {
    pub steps: Vec<Step>,
    /// The first step without a query string; `None` when only an evaluation can tell.
    bare: Option<usize>,
    /// The first step with one.
    queried: Option<usize>,
    /// With one, the same happens as without, the query string added at the end of the `Location`.
    is_appended: bool,
}

/// A step of a [`Dag`].
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A question, and the places that yes and no lead to.
    Ask(Question, usize, usize),
    /// The end.
    End(EndingBuf),
}

impl Dag {
    /// What these courses say; `None` when there is neither.
    pub fn of(bare: Option<Course>, queried: Option<Course>) -> Option<Self> {
        let is_appended = match (&bare, &queried) {
            (None, None) => return None,
            (Some(bare), Some(queried)) => queried.appends_query_to(bare),
            _ => false,
        };
        let mut dag = Self {
            is_appended,
            ..Self::default()
        };
        let queried = queried.filter(|_| !is_appended);
        dag.queried = queried.map(|course| dag.add(course));
        dag.bare = bare.map(|course| dag.add(course));
        dag.steps.shrink_to_fit();
        Some(dag)
    }

    /// Adds the steps of `course` and returns the place of its first.
    fn add(&mut self, course: Course) -> usize {
        let mut places: Vec<usize> = vec![0; course.steps.len()];
        for (at, step) in course.steps.into_iter().enumerate().rev() {
            let place = |at: usize| places.get(at).copied().unwrap_or_default();
            let found = match step {
                explore::Step::End(ending) => self.place(Step::End(ending)),
                explore::Step::Ask(_, otherwise) if place(at + 1) == place(otherwise) => {
                    // Whatever the answer, the same follows.
                    place(at + 1)
                }
                explore::Step::Ask(question, otherwise) => {
                    let (yes, no) = (place(at + 1), place(otherwise));
                    self.place(Step::Ask(question.plainly(), yes, no))
                }
            };
            if let Some(place) = places.get_mut(at) {
                *place = found;
            }
        }
        places.first().copied().unwrap_or_default()
    }

    fn place(&mut self, step: Step) -> usize {
        let known = self.steps.iter().position(|known| *known == step);
        known.unwrap_or_else(|| {
            self.steps.push(step);
            self.steps.len() - 1
        })
    }

    /// The questions, in the order of the steps.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.steps.iter().filter_map(|step| match step {
            Step::Ask(question, ..) => Some(question),
            Step::End(_) => None,
        })
    }

    /// The record of the decision, each question asked as `ask` says.
    pub fn record<'d>(
        &'d self,
        mut ask: impl FnMut(&'d Question) -> Asked<'d>,
    ) -> Option<PathDecision> {
        let mut builder = Builder::default();
        let mut places: Vec<At> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            places.push(match step {
                Step::End(ending) => builder.end(ending),
                Step::Ask(question, yes, no) => {
                    builder.ask(ask(question), *places.get(*yes)?, *places.get(*no)?)
                }
            });
        }
        let at = |place: usize| places.get(place).copied();
        let queried = match self.queried.and_then(at) {
            Some(first) => Queried::From(first),
            None if self.is_appended => Queried::Appended,
            None => Queried::Unknown,
        };
        Some(builder.finish(self.bare.and_then(at), queried))
    }
}
