//! Lines that can be deleted because it is proved that they change no answer.
//!
//! In: what was read, what became of each line, the findings. Out: [`Fixed`] files. Absent: writing them, and asking both
//! configurations the same requests; see `crate::command::check`.
//!
//! Only findings with an exact replacement that changes nothing are fixed: a line that an earlier one repeats, and a key of a
//! map that an earlier line has. Whatever else is found, a person decides.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use edgewright_compiler::{Account, Class, Position, Reading, Source, Unit, UnitStatus};
use edgewright_engine::model::rules::{Place, Rule};
use edgewright_parser::lines::Lines;
use edgewright_parser::source::FileId;

use super::Findings;
use super::allow::comment;

/// Codes whose lines can be deleted.
const CODES: [&str; 2] = ["duplicate-rule", "repeated-key"];

/// A file without the lines that change nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// The file.
    pub file: FileId,
    /// Its new content.
    pub content: Vec<u8>,
    /// How many findings that fixes.
    pub count: usize,
}

/// The files that have lines to delete.
pub fn fixed(reading: &Reading, account: &Account, findings: &Findings) -> Vec<Fixed> {
    let wanted = wanted(reading, findings);
    let units = deletable(reading, account);
    let mut by_file: BTreeMap<u32, Vec<&Unit>> = BTreeMap::new();
    for unit in units
        .into_iter()
        .filter(|unit| wanted.contains(&at(unit.place)))
    {
        by_file.entry(unit.place.file).or_default().push(unit);
    }
    let files = by_file.into_iter().filter_map(|(file, units)| {
        let file = FileId(file);
        let source = reading.sources.get(file)?;
        let text = Directives::of(file, source);
        let lines = units.iter().filter_map(|unit| text.lines_of(unit, reading));
        let lines: Vec<Vec<Range<usize>>> = lines.collect();
        (!lines.is_empty()).then(|| Fixed {
            file,
            count: lines.len(),
            content: without(&source.bytes, &lines.concat()),
        })
    });
    files.collect()
}

/// The places of findings that nothing silences.
fn wanted(reading: &Reading, findings: &Findings) -> BTreeSet<(u32, u32)> {
    let open = findings.open();
    let open = open.filter(|one| CODES.contains(&one.code));
    let places = open.filter_map(|one| Some(reading.sources.place(one.span?)));
    places.map(|place| (place.file.0, place.line)).collect()
}

fn at(place: Place) -> (u32, u32) {
    (place.file, place.line)
}

/// The units that change no answer wherever they stand, however often their line is read.
fn deletable<'r>(reading: &'r Reading, account: &Account) -> Vec<&'r Unit> {
    let mut places: BTreeMap<(u32, u32), Vec<(&Unit, bool)>> = BTreeMap::new();
    for (unit, verdict) in reading.units.iter().zip(&account.verdicts) {
        let is_proved = verdict.class == Class::Removed
            && verdict.code.is_some_and(|code| CODES.contains(&code))
            && unit.origin.used_at.is_none()
            && !is_counted(unit, reading);
        places
            .entry(at(unit.place))
            .or_default()
            .push((unit, is_proved));
    }
    let all = places.into_values();
    let proved = all.filter(|units| units.iter().all(|(_, is_proved)| *is_proved));
    proved.filter_map(|units| Some(units.first()?.0)).collect()
}

/// Does a rule count the lines it skips, of which this may be one?
fn is_counted(unit: &Unit, reading: &Reading) -> bool {
    let UnitStatus::Placed(positions) = &unit.status else {
        return false;
    };
    positions.iter().any(|position| match position {
        Position::Rule(set, _) => {
            let set = usize::try_from(set.0).ok();
            let set = set.and_then(|set| reading.site.rule_sets.get(set));
            set.is_none_or(|set| set.rules.iter().any(|rule| rule.skip > 0))
        }
        Position::Redirect(..) | Position::MapEntry(..) => false,
    })
}

/// The lines of a file that are directives or entries, by the number of the first line.
struct Directives<'s> {
    lines: BTreeMap<u32, Directive<'s>>,
}

struct Directive<'s> {
    bytes: Range<usize>,
    text: &'s [u8],
    comments: Comments,
}

/// Comments that stand before a directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comments {
    /// None that allows something.
    Usual,
    /// One allows something here, and must not come to allow it in the next directive.
    Allow,
}

impl<'s> Directives<'s> {
    fn of(file: FileId, source: &'s Source) -> Self {
        let mut reader = Lines::new(file, &source.bytes);
        let mut lines = BTreeMap::new();
        let mut comments = Comments::Usual;
        loop {
            let start = reader.position();
            let Some(line) = reader.next() else { break };
            if line.is_ignored() {
                if comment::read(&line).is_some() {
                    comments = Comments::Allow;
                }
                continue;
            }
            let bytes = start..reader.position();
            let number = source.line_column(line.origin().span.start).line;
            let directive = Directive {
                text: source.bytes.get(bytes.clone()).unwrap_or_default(),
                bytes,
                comments: std::mem::replace(&mut comments, Comments::Usual),
            };
            lines.insert(number, directive);
        }
        Self { lines }
    }

    /// The lines of a unit: those of its conditions, which must stand right before it, and its own.
    fn lines_of(&self, unit: &Unit, reading: &Reading) -> Option<Vec<Range<usize>>> {
        let conditions = conditions(unit, reading)?;
        let own = self.lines.get(&unit.place.line)?;
        let before = self.lines.range(..unit.place.line).rev();
        let before = before.take_while(|(_, line)| is_condition(line.text));
        let (numbers, mut lines): (BTreeSet<u32>, Vec<&Directive<'_>>) = before.unzip();
        lines.push(own);
        let is_usual = lines.iter().all(|line| line.comments == Comments::Usual);
        let bytes = lines.iter().map(|line| line.bytes.clone());
        (is_usual && numbers == conditions).then(|| bytes.collect())
    }
}

fn is_condition(text: &[u8]) -> bool {
    let name = text.trim_ascii_start().get(..b"RewriteCond".len());
    name.is_some_and(|name| name.eq_ignore_ascii_case(b"RewriteCond"))
}

/// The lines of a unit's conditions; `None` when one stands in another file.
fn conditions(unit: &Unit, reading: &Reading) -> Option<BTreeSet<u32>> {
    let UnitStatus::Placed(positions) = &unit.status else {
        return Some(BTreeSet::new());
    };
    let rules = positions
        .iter()
        .filter_map(|position| rule(*position, reading));
    let places = rules.flat_map(|rule| rule.conditions.iter().map(|condition| condition.place));
    let lines = places.map(|place| (place.file == unit.place.file).then_some(place.line));
    lines.collect()
}

fn rule(position: Position, reading: &Reading) -> Option<&Rule> {
    let Position::Rule(set, at) = position else {
        return None;
    };
    let set = reading.site.rule_sets.get(usize::try_from(set.0).ok()?)?;
    set.rules.get(at)
}

/// The bytes outside of `ranges`.
fn without(bytes: &[u8], ranges: &[Range<usize>]) -> Vec<u8> {
    let mut ranges = ranges.to_vec();
    ranges.sort_by_key(|range| range.start);
    let mut kept = Vec::with_capacity(bytes.len());
    let mut from = 0;
    for Range { start, end } in ranges {
        kept.extend_from_slice(bytes.get(from..start).unwrap_or_default());
        from = end.max(from);
    }
    kept.extend_from_slice(bytes.get(from..).unwrap_or_default());
    kept
}
