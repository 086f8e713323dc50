//! `edgewright debug`: what each stage of the compiler made of a configuration.
//!
//! In: a configuration or a build folder. Out: text that a terminal of 80 columns holds, or JSON, on standard output. Absent:
//! answers to requests; see `explain`.

mod decision;
mod program;
mod rules;
mod site;

use anyhow::Result;
use serde::Serialize;
use serde_json::Value;

use super::{Exit, say};
use crate::args::{ResultFormat, Stage, Staged};

/// A line is cut here.
const COLUMNS: usize = 80;

/// What a stage made.
#[derive(Debug)]
struct Shown {
    /// For a person.
    lines: Vec<String>,
    /// What the lines say, for a program.
    json: Value,
}

impl Shown {
    /// `data`, which a person reads as `lines`.
    fn of(data: &impl Serialize, lines: Vec<String>) -> Result<Self> {
        let json = serde_json::to_value(data)?;
        Ok(Self { lines, json })
    }
}

/// Shows what a stage made.
///
/// # Errors
/// The source cannot be read or compiled.
pub fn run(stage: &Stage) -> Result<Exit> {
    let (Staged { format, .. }, shown) = match stage {
        Stage::Site(staged) => (staged, site::shown(staged)?),
        Stage::Rules(staged) => (staged, rules::shown(staged)?),
        Stage::Program(staged) => (staged, program::shown(staged)?),
        Stage::Decision(arguments) => (&arguments.staged, decision::shown(arguments)?),
    };
    match format {
        ResultFormat::Text => {
            let lines = shown.lines.iter();
            let text: String = lines.map(|line| format!("{}\n", cut(line))).collect();
            say(&text)?;
        }
        ResultFormat::Json => say(&format!("{}\n", shown.json))?,
    }
    Ok(Exit::Clean)
}

/// `line`, as much of it as there is room for.
fn cut(line: &str) -> String {
    let line = line.trim_end();
    if line.chars().count() <= COLUMNS {
        return line.to_owned();
    }
    line.chars().take(COLUMNS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_as_wide_as_a_terminal() {
        assert_eq!(cut("a  "), "a");
        assert_eq!(cut(&"é".repeat(COLUMNS)), "é".repeat(COLUMNS));
        let long = cut(&"é".repeat(COLUMNS + 1));
        assert_eq!(long, "é".repeat(COLUMNS - 1) + "…");
    }
}
