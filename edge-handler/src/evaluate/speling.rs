//! `CheckSpelling` of `mod_speling` (`check_speling`): a name that is not there, and names like it that are.
//!
//! In: a record whose file does not exist, in a directory whose content is known. Out: a [`Verdict`]: a redirect to the
//! one name that is most like it, or 300 where there are several. Absent: the list that goes with a 300, and directories
//! that nobody has looked into.

use crate::model::site::Spelling;
use crate::source::Source;

use super::record::{Handler, Record, Verdict};
use super::subrequest::parent_directory;
use super::url::append_query;
use super::{BYTES_A_STEP, Halt, Run};
use crate::text::escape::escape_uri;

/// How a name differs from the one that was asked for, the least difference first (`sp_reason`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Difference {
    /// The case of letters.
    Case,
    /// Two letters have changed places.
    Transposed,
    /// The name that was asked for lacks one.
    Missing,
    /// It has one too many.
    Extra,
    /// One is another.
    Mistyped,
    /// Everything from the first dot on.
    Extension,
}

impl<'a, S: Source> Run<'a, S> {
    pub(super) fn check_speling(&mut self, record: &mut Record<'a>) -> Result<Verdict, Halt> {
        let is_asked = record.kind.is_none()
            && record.handler == Handler::Default
            && record.main.is_none()
            && matches!(record.method, b"GET" | b"HEAD");
        if !is_asked || record.uri == b"/" {
            return Ok(Verdict::Decline);
        }
        let spelling = record.settings.spelling();
        let directory = parent_directory(record.filename());
        if !spelling.enabled || directory.is_empty() || !self.is_seen(directory) {
            return Ok(Verdict::Decline);
        }
        let name = &record.filename()[directory.len()..];
        let asked = [name, &record.path_info].concat();
        let Some(url) = record.uri.strip_suffix(asked.as_slice()) else {
            return Ok(Verdict::Decline);
        };
        let Some(found) = self.most_like(directory, name, spelling)? else {
            return Ok(Verdict::Decline);
        };
        let Found::One(found) = found else {
            record.has_list = true;
            return Ok(Verdict::Status(300));
        };
        let mut path = escape_uri(&[url, found, &record.path_info].concat());
        append_query(&mut path, self.asked_query(record).as_deref());
        record.location = Some(self.construct_url(&path, record));
        Ok(Verdict::Status(301))
    }

    /// Is this a directory, and its content known?
    fn is_seen(&self, directory: &[u8]) -> bool {
        self.site.tree.is_known(directory) && self.is_directory(directory)
    }

    fn is_directory(&self, path: &[u8]) -> bool {
        self.site.tree.kind(path) == Some(crate::model::site::FileKind::Directory)
    }

    /// The query string that the record began with, whatever rules made of it since (`parsed_uri.query`).
    fn asked_query(&self, record: &Record<'a>) -> Option<Vec<u8>> {
        match &record.unparsed {
            Some(url) => self.canonical_url(url).ok()?.query,
            None => self.canonical.query.clone(),
        }
    }

    /// The names in a directory that are like `name`; `None` where there is none.
    fn most_like(
        &self,
        directory: &[u8],
        name: &[u8],
        spelling: Spelling,
    ) -> Result<Option<Found<'a>>, Halt> {
        let mut best: Option<(Difference, Found<'a>)> = None;
        let dots: [&[u8]; 2] = [b".", b".."];
        for other in dots.into_iter().chain(self.site.tree.names_in(directory)) {
            self.spend(1 + other.len() / BYTES_A_STEP)?;
            let Some(difference) = difference(name, other, spelling) else {
                continue;
            };
            let found = match &best {
                Some((least, _)) if *least < difference => continue,
                Some((least, _)) if *least == difference => Found::Several,
                _ if difference == Difference::Extension => Found::Several,
                _ => Found::One(other),
            };
            best = Some((difference, found));
        }
        Ok(best.map(|(_, found)| found))
    }
}

/// What a directory has that is like a name.
enum Found<'a> {
    /// One name, more than any other.
    One(&'a [u8]),
    /// Several as much as one another, or names with another extension.
    Several,
}

/// How `other` differs from the name that was asked for; `None` where it is no name like it.
fn difference(asked: &[u8], other: &[u8], spelling: Spelling) -> Option<Difference> {
    if asked.eq_ignore_ascii_case(other) {
        return Some(Difference::Case);
    }
    let slip = || slip(asked, other).filter(|_| !spelling.case_only);
    slip().or_else(|| {
        let same = spelling.basename_match && has_same_base(asked, other);
        same.then_some(Difference::Extension)
    })
}

/// The one slip of the hand that makes a name another (`spdist`), in any case of letters.
fn slip(asked: &[u8], other: &[u8]) -> Option<Difference> {
    let pairs = asked.iter().zip(other);
    let same = pairs
        .take_while(|(one, two)| one.eq_ignore_ascii_case(two))
        .count();
    let (asked, other) = (asked.get(same..)?, other.get(same..)?);
    let is = |one: Option<&[u8]>, two: Option<&[u8]>| {
        one.zip(two)
            .is_some_and(|(one, two)| one.eq_ignore_ascii_case(two))
    };
    let crossed = || match (asked, other) {
        ([a, b, rest @ ..], [c, d, others @ ..]) => {
            a.eq_ignore_ascii_case(d)
                && b.eq_ignore_ascii_case(c)
                && rest.eq_ignore_ascii_case(others)
        }
        _ => false,
    };
    if crossed() {
        Some(Difference::Transposed)
    } else if is(asked.get(1..), other.get(1..)) {
        Some(Difference::Mistyped)
    } else if is(asked.get(1..), Some(other)) {
        Some(Difference::Extra)
    } else if is(Some(asked), other.get(1..)) {
        Some(Difference::Missing)
    } else {
        None
    }
}

fn has_same_base(one: &[u8], two: &[u8]) -> bool {
    let base = |name: &[u8]| {
        let dot = name.iter().position(|byte| *byte == b'.');
        dot.unwrap_or(name.len())
    };
    let length = base(one);
    let bases = one.get(..length).zip(two.get(..length));
    base(two) == length && bases.is_some_and(|(one, two)| one.eq_ignore_ascii_case(two))
}

#[cfg(test)]
mod tests {
    use super::{Difference, difference};
    use crate::model::site::Spelling;

    fn check(asked: &str, other: &str, expected: Option<Difference>) {
        let found = difference(asked.as_bytes(), other.as_bytes(), Spelling::default());
        assert_eq!(found, expected, "{asked} {other}");
    }

    #[test]
    fn names_differ_by_one_slip() {
        check("abc", "ABC", Some(Difference::Case));
        check("abcd", "aBdC", Some(Difference::Transposed));
        check("ac", "abc", Some(Difference::Missing));
        check("ab", "abc", Some(Difference::Missing));
        check("abc", "Ac", Some(Difference::Extra));
        check("abc", "ab", Some(Difference::Extra));
        check("abc", "axC", Some(Difference::Mistyped));
        check("a.htm", "A.txt", Some(Difference::Extension));
        check("a", "a.txt", Some(Difference::Extension));
        check(".a", ".bcd", Some(Difference::Extension));
        check("a", ".", Some(Difference::Mistyped));
        check("abc", "xyz", None);
        check("abc.txt", "abd.html", None);
    }
}
