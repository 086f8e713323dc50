//! Makes one [`PathDecision`] of the courses without and with a query string: what they share stands in it once.
//!
//! In: two [`Course`]s. Out: a [`PathDecision`]. Absent: sharing questions with other fates; see [`super::share`].

use edgewright_engine::artefact::decision::{Asked, PathDecision, Queried, Step};

use super::explore::{self, Course};

/// The fate of a path with these courses; `None` when there is neither.
pub(super) fn weave(bare: Option<Course>, queried: Option<Course>) -> Option<PathDecision> {
    let appended = match (&bare, &queried) {
        (None, None) => return None,
        (Some(bare), Some(queried)) => queried.appends_query_to(bare),
        _ => false,
    };
    let mut weaver = Weaver::default();
    let queried = queried
        .filter(|_| !appended)
        .map(|course| weaver.add(course));
    let bare = bare.map(|course| weaver.add(course));
    Some(weaver.finish(bare, queried, appended))
}

/// Steps, the last one first, equal ones once. A step is known by its place from the end. They are
/// few: a course has [`course::MOST_ENDINGS`] ends at most, and most have one.
#[derive(Default)]
struct Weaver {
    steps: Vec<Step>,
}

impl Weaver {
    /// Adds the steps of `course` and returns the place of its first.
    fn add(&mut self, course: Course) -> u32 {
        let mut places: Vec<u32> = vec![0; course.steps.len()];
        for (at, step) in course.steps.into_iter().enumerate().rev() {
            let place = |at: usize| places.get(at).copied().unwrap_or_default();
            let found = match step {
                explore::Step::End(ending) => self.place(Step::End(ending)),
                explore::Step::Ask(_, otherwise) if place(at + 1) == place(otherwise) => {
                    // Whatever the answer, the same follows.
                    place(at + 1)
                }
                explore::Step::Ask(question, otherwise) => {
                    let asked = Asked::Own(question.plainly());
                    self.place(Step::Ask(asked, place(at + 1), place(otherwise)))
                }
            };
            if let Some(place) = places.get_mut(at) {
                *place = found;
            }
        }
        places.first().copied().unwrap_or_default()
    }

    fn place(&mut self, step: Step) -> u32 {
        let known = self.steps.iter().position(|known| *known == step);
        let place = known.unwrap_or_else(|| {
            self.steps.push(step);
            self.steps.len() - 1
        });
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    /// Turns the steps round, so that they lead forwards.
    fn finish(mut self, bare: Option<u32>, queried: Option<u32>, appended: bool) -> PathDecision {
        let last = u32::try_from(self.steps.len())
            .unwrap_or(u32::MAX)
            .saturating_sub(1);
        let index = |place: u32| last.saturating_sub(place);
        for step in &mut self.steps {
            if let Step::Ask(_, yes, no) = step {
                (*yes, *no) = (index(*yes), index(*no));
            }
        }
        self.steps.reverse();
        self.steps.shrink_to_fit();
        PathDecision {
            steps: self.steps,
            bare: bare.map(index),
            queried: match queried {
                Some(place) => Queried::From(index(place)),
                None if appended => Queried::Appended,
                None => Queried::Unknown,
            },
        }
    }
}
