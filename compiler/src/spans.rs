//! The exact places of lines that count.
//!
//! In: a [`Reading`] and the place of a line. Out: its span. Absent: what is said about the line.

use std::cell::OnceCell;

use edgewright_engine::model::rules::Place;
use edgewright_parser::source::{FileId, Span};
use edgewright_parser::sources;
use foldhash::HashMap;

use crate::reading::Reading;

/// A line of the site, as the parser names it.
pub fn in_text(place: Place) -> sources::Place {
    sources::Place {
        file: FileId(place.file),
        line: place.line,
    }
}

/// A line of the text, as the site names it.
pub fn in_site(place: sources::Place) -> Place {
    Place {
        file: place.file.0,
        line: place.line,
    }
}

/// The exact places of lines that count.
pub(crate) struct Spans<'r> {
    reading: &'r Reading,
    /// Made when the first is asked for: often nothing is said.
    units: OnceCell<HashMap<Place, Span>>,
}

impl<'r> Spans<'r> {
    /// The places of lines of `reading`.
    pub fn of(reading: &'r Reading) -> Self {
        let units = OnceCell::new();
        Self { reading, units }
    }

    /// The directive at `place`; of another line, the whole.
    pub fn at(&self, place: Place) -> Option<Span> {
        let units = self.units.get_or_init(|| {
            let units = self.reading.units.iter();
            units.map(|unit| (unit.place, unit.origin.span)).collect()
        });
        let known = units.get(&place).copied();
        known.or_else(|| self.reading.sources.span_of_line(in_text(place)))
    }
}
