//! What is done with the findings of `check` before a person or a service reads them.
//!
//! In: diagnostics, the files they are about, what is chosen. Out: [`Findings`]. Absent: finding, and printing as text;
//! see `render`.

pub mod allow;
pub mod baseline;
pub mod codes;
pub mod fingerprint;
pub mod fix;
pub mod github;
pub mod lines;
pub mod region;
pub mod sarif;
pub mod select;

use edgewright_compiler::limits::{DIAGNOSTICS_LEFT_OUT, LIMIT_REACHED};
use edgewright_compiler::{Limit, Limits};
use edgewright_parser::diagnostic::{Diagnostic, Severity};
use edgewright_parser::source::Span;

/// A diagnostic, and why nobody has to look at it, if so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is said.
    pub diagnostic: Diagnostic,
    /// What silences it.
    pub silenced: Option<Silenced>,
}

/// What silences a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Silenced {
    /// A comment in the configuration: where it stands, and its reason.
    Comment { at: Span, reason: String },
    /// The baseline: it is known.
    Baseline,
}

impl Finding {
    /// A finding that is to be looked at.
    pub fn open(diagnostic: Diagnostic) -> Self {
        Self {
            diagnostic,
            silenced: None,
        }
    }

    /// False for what says that not everything is known: silencing that would hide all that is not known.
    pub fn may_be_silenced(code: &str) -> bool {
        code != LIMIT_REACHED && code != DIAGNOSTICS_LEFT_OUT
    }
}

/// All findings of a run.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// Every finding that was chosen, in the order it was found.
    pub all: Vec<Finding>,
    /// How many findings of the baseline are not there any more; `None` without a baseline.
    pub gone: Option<usize>,
}

impl Findings {
    /// The findings that nothing silences.
    pub fn open(&self) -> impl Iterator<Item = &Diagnostic> + Clone {
        let open = self.all.iter().filter(|one| one.silenced.is_none());
        open.map(|one| &one.diagnostic)
    }

    /// How many findings comments silence, and how many the baseline.
    pub fn silenced(&self) -> (usize, usize) {
        let count = |wanted: fn(&Silenced) -> bool| {
            let silenced = self.all.iter().filter_map(|one| one.silenced.as_ref());
            silenced.filter(|by| wanted(by)).count()
        };
        (
            count(|by| matches!(by, Silenced::Comment { .. })),
            count(|by| matches!(by, Silenced::Baseline)),
        )
    }

    /// The heaviest weight of the findings that nothing silences.
    pub fn worst(&self) -> Option<Severity> {
        self.open().map(|diagnostic| diagnostic.severity).max()
    }

    /// Leaves out the lightest where there are more than a limit allows, and says so.
    pub fn cap(&mut self, limits: &Limits) {
        let most = most_shown(limits);
        let Some(surplus) = self.all.len().checked_sub(most).filter(|more| *more > 0) else {
            return;
        };
        let mut places: Vec<usize> = (0..self.all.len()).collect();
        places.sort_by_key(|at| {
            let one = self.all.get(*at);
            let weight = one.map(|one| (one.silenced.is_none(), one.diagnostic.severity));
            std::cmp::Reverse(weight)
        });
        places.truncate(most);
        places.sort_unstable();
        let kept = places.into_iter().filter_map(|at| self.all.get(at));
        self.all = kept.cloned().collect();
        self.all.push(Finding::open(limits.not_shown(surplus)));
    }
}

/// How many findings are shown.
pub fn most_shown(limits: &Limits) -> usize {
    usize::try_from(limits.get(Limit::Diagnostics)).unwrap_or(usize::MAX)
}
