//! The lines of a configuration that a trace is about, as they stand in the file.
//!
//! In: the files that were read, or a build, which has none of them. Out: text. Absent: what the lines did.

use edgewright_compiler::Sources;
use edgewright_engine::model::outcome::Refusal;
use edgewright_engine::model::rules::Place;
use edgewright_parser::source::FileId;

use super::words::directives;
use crate::contract::to_text;
use crate::describe::Directives;
use crate::engine::{Answerer, Line};

/// More lines of one kind are not listed.
const MOST_LISTED: usize = 4;

/// Lines by their place.
pub struct Lines<'a> {
    answering: &'a Answerer,
    /// What the lines mean: with variables and macros replaced.
    read: Directives,
}

impl<'a> Lines<'a> {
    pub fn of(answering: &'a Answerer) -> Self {
        let mut read = Directives::default();
        answering.each(|line| match line {
            Line::Rule(rule) => read.add_rule(rule),
            Line::Redirect(redirect) => read.add_redirect(redirect),
        });
        Self { answering, read }
    }

    fn sources(&self) -> Option<&Sources> {
        self.answering.reading().map(|reading| &reading.sources)
    }

    /// The line at `place` as it stands in the file, or as it was read where there is no file.
    pub fn text(&self, place: Place) -> String {
        let read = || self.read.at(place).to_owned();
        self.written(place).unwrap_or_else(read)
    }

    /// The line at `place` as it stands in the file.
    fn written(&self, place: Place) -> Option<String> {
        let source = self.sources()?.get(FileId(place.file))?;
        let text = shown(source.line(place.line)?.trim_ascii());
        (!text.is_empty()).then_some(text)
    }

    /// What the line was read as, where that is not what is written: variables and macros were replaced.
    pub fn replaced(&self, place: Place) -> Option<&str> {
        let written = self.written(place)?;
        let read = self.read.at(place);
        let mut words = read.split_whitespace().skip(1).take(2);
        let has_all = words.all(|word| written.contains(word));
        let may_be_replaced = written.contains(['$', '%', '@']) && !read.is_empty();
        (may_be_replaced && !has_all).then_some(read)
    }

    /// Lines with one of the directives that a refusal may come from, `file:line` and text; of many the first.
    pub fn about(&self, reason: Refusal) -> Vec<String> {
        let names = directives(reason);
        let Some(sources) = self.sources().filter(|_| !names.is_empty()) else {
            return Vec::new();
        };
        let lines = sources.iter().flat_map(|source| {
            let count = u32::try_from(source.line_count()).unwrap_or(u32::MAX);
            (1..=count).filter_map(move |number| {
                let text = source.line(number)?.trim_ascii();
                let name = text.split(u8::is_ascii_whitespace).next()?;
                let is_named = names
                    .iter()
                    .any(|known| name.eq_ignore_ascii_case(known.as_bytes()));
                is_named.then(|| format!("{}:{number}  {}", source.name, shown(text)))
            })
        });
        let mut lines: Vec<String> = lines.take(MOST_LISTED + 1).collect();
        if lines.len() > MOST_LISTED {
            lines.truncate(MOST_LISTED);
            lines.push("and more".to_owned());
        }
        lines
    }
}

/// Bytes for a person: as UTF-8, or each byte a character where they are none.
pub fn shown(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(|_| to_text(bytes), str::to_owned)
}
