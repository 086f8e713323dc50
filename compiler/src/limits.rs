//! Bounds on the work that a configuration may ask for.
//!
//! In: a name and a number, from the command line. Out: [`Limits`], which every stage asks how much it
//! may do. Absent: counting what was done, and saying that it was too much; each stage does that.
//!
//! A few lines can stand for any amount of work: variables that double, macros that use macros, files
//! that include one another, a document root that is the whole disk. Every such amount has a limit
//! here, far above what published configurations need, and `--max LIMIT=NUMBER` raises it.

use edgewright_parser::diagnostic::{Diagnostic, Severity};
pub use edgewright_parser::load::LIMIT_REACHED;
use edgewright_parser::load::{Bound, Bounds};
use edgewright_parser::source::Span;

use crate::figures::thousands;

/// The code of the note that says an analysis stopped at its limit.
pub const ANALYSIS_LIMITED: &str = "analysis-limited";

/// The code of the note that says how many diagnostics are not shown.
pub const DIAGNOSTICS_LEFT_OUT: &str = "diagnostics-left-out";

/// One bound on the work for a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Limit {
    /// Bytes of text that variables and macros make.
    ExpandedBytes,
    /// Lines that macros make.
    ExpandedLines,
    /// Files opened and names of directories read.
    Files,
    /// Bytes of the files that are read.
    FileBytes,
    /// Rules and settings that servers inherit from the main server.
    InheritedRules,
    /// Diagnostics printed in full.
    Diagnostics,
    /// Steps of the evaluations that precompute decisions.
    PrecomputeSteps,
    /// Steps of the evaluations that look for chains, loops and conflicts.
    AnalysisSteps,
}

/// What is known about a limit.
struct Facts {
    name: &'static str,
    default: u64,
    /// What a headline says the configuration does, before the number.
    does: &'static str,
    /// What is counted.
    unit: &'static str,
    /// What to look for.
    cause: &'static str,
}

impl Limit {
    /// Every limit.
    pub const ALL: [Self; 8] = [
        Self::ExpandedBytes,
        Self::ExpandedLines,
        Self::Files,
        Self::FileBytes,
        Self::InheritedRules,
        Self::Diagnostics,
        Self::PrecomputeSteps,
        Self::AnalysisSteps,
    ];

    /// The limit that `--max` calls `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|limit| limit.name() == name)
    }

    /// The name of the limit on the command line.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The value of the limit when nobody gives another.
    pub fn default_value(self) -> u64 {
        self.facts().default
    }

    /// What the limit counts, in the plural.
    pub fn unit(self) -> &'static str {
        self.facts().unit
    }

    fn facts(self) -> Facts {
        match self {
            Self::ExpandedBytes => Facts {
                name: "expanded-bytes",
                default: 64 << 20,
                does: "variables and macros make more than",
                unit: "bytes",
                cause: "a variable or a macro made of several of the one before doubles each time",
            },
            Self::ExpandedLines => Facts {
                name: "expanded-lines",
                default: 200_000,
                does: "macros make more than",
                unit: "lines",
                cause: "a macro that uses another one twice doubles its lines",
            },
            Self::Files => Facts {
                name: "files",
                default: 200_000,
                does: "the configuration leads to more than",
                unit: "files and names of directories",
                cause: "an `Include` pattern or a document root takes in a large part of the disk, or files include one another",
            },
            Self::FileBytes => Facts {
                name: "file-bytes",
                default: 256 << 20,
                does: "the files of the configuration have more than",
                unit: "bytes",
                cause: "a file is read once for each line that includes it",
            },
            Self::InheritedRules => Facts {
                name: "inherited-rules",
                default: 1_000_000,
                does: "servers and sections inherit more than",
                unit: "rules, redirects and settings",
                cause: "each server that inherits has a copy of every rule it inherits",
            },
            Self::Diagnostics => Facts {
                name: "diagnostics",
                default: 10_000,
                does: "there are more than",
                unit: "diagnostics",
                cause: "the rest is only counted",
            },
            Self::PrecomputeSteps => Facts {
                name: "precompute-steps",
                default: 4_000_000,
                does: "precomputing the decisions of paths takes more than",
                unit: "steps",
                cause: "the decisions of expensive paths are left to the edge",
            },
            Self::AnalysisSteps => Facts {
                name: "analysis-steps",
                default: 4_000_000,
                does: "following redirects takes more than",
                unit: "steps",
                cause: "each redirect passes many rules, sections or hosts before it answers",
            },
        }
    }
}

/// How much work a configuration may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// By the order of [`Limit::ALL`].
    values: [u64; Limit::ALL.len()],
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            values: Limit::ALL.map(Limit::default_value),
        }
    }
}

impl Limits {
    /// The value of `limit`.
    pub fn get(&self, limit: Limit) -> u64 {
        self.values.get(place(limit)).copied().unwrap_or_default()
    }

    /// These limits with another value of `limit`.
    #[must_use]
    pub fn with(mut self, limit: Limit, value: u64) -> Self {
        if let Some(known) = self.values.get_mut(place(limit)) {
            *known = value;
        }
        self
    }

    /// Those that end the reading of files.
    pub(crate) fn bounds(&self) -> Bounds {
        let mut bounds = Bounds::default();
        bounds.expanded_bytes = self.get(Limit::ExpandedBytes);
        bounds.expanded_lines = self.get(Limit::ExpandedLines);
        bounds.files = self.get(Limit::Files);
        bounds.file_bytes = self.get(Limit::FileBytes);
        bounds
    }

    /// Says that reading stopped at `limit`.
    pub(crate) fn reached(&self, limit: Limit, span: Option<Span>) -> Diagnostic {
        Diagnostic::without_place(Severity::Error, LIMIT_REACHED, self.headline(limit))
            .at(span)
            .label("reading stopped here")
            .help(limit.facts().cause)
            .help(self.raise(limit))
    }

    /// Says that `count` diagnostics are not shown.
    pub fn not_shown(&self, count: usize) -> Diagnostic {
        let headline = format!("{} more diagnostics are not shown", thousands(count));
        Diagnostic::without_place(Severity::Note, DIAGNOSTICS_LEFT_OUT, headline)
            .help(self.raise(Limit::Diagnostics))
    }

    /// Says at `span` that something was left out at `limit`: `what`.
    pub(crate) fn left_out(&self, limit: Limit, what: String, span: Option<Span>) -> Diagnostic {
        let why = format!("{}: {}", self.headline(limit), limit.facts().cause);
        Diagnostic::without_place(Severity::Note, ANALYSIS_LIMITED, what)
            .at(span)
            .help(why)
            .help(self.raise(limit))
    }

    fn headline(&self, limit: Limit) -> String {
        let facts = limit.facts();
        let value = thousands(self.get(limit));
        format!("{} {value} {}", facts.does, facts.unit)
    }

    /// What to type for more.
    pub fn raise(&self, limit: Limit) -> String {
        let more = self.get(limit).saturating_mul(10).max(10);
        format!("`--max {}={more}` allows more", limit.name())
    }
}

impl From<Bound> for Limit {
    fn from(bound: Bound) -> Self {
        match bound {
            Bound::ExpandedBytes => Self::ExpandedBytes,
            Bound::ExpandedLines => Self::ExpandedLines,
            Bound::Files => Self::Files,
            Bound::FileBytes => Self::FileBytes,
        }
    }
}

/// Where a limit stands in [`Limit::ALL`].
fn place(limit: Limit) -> usize {
    let is_it = |known: &Limit| *known == limit;
    Limit::ALL.iter().position(is_it).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_is_found_by_its_name_and_has_its_own_value() {
        for limit in Limit::ALL {
            assert_eq!(Limit::named(limit.name()), Some(limit));
            let limits = Limits::default().with(limit, 7);
            for other in Limit::ALL {
                let expected = if other == limit {
                    7
                } else {
                    other.default_value()
                };
                assert_eq!(limits.get(other), expected, "{other:?}");
            }
        }
        assert_eq!(Limit::named("nothing"), None);
    }

    #[test]
    fn a_diagnostic_names_the_limit_and_what_raises_it() {
        let limits = Limits::default().with(Limit::ExpandedLines, 1_234_567);
        let said = limits.reached(Limit::ExpandedLines, None);
        assert_eq!(said.headline, "macros make more than 1,234,567 lines");
        let raise = "`--max expanded-lines=12345670` allows more";
        assert_eq!(said.help.last().map(String::as_str), Some(raise));
    }
}
