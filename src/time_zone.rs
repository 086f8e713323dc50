//! `--timezone`: from what a person types to a time zone that needs no other file.
//!
//! In: `Europe/Berlin`, `+05:30`, a rule as in `TZ`, or the bytes of a zoneinfo file. Out: a [`TimeZone`].
//! Absent: what local time is at a moment; see the evaluator.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use edgewright_engine::model::site::TimeZone;
use edgewright_engine::model::site::time_zone::Rule;

/// Where systems keep the files of the time zone database.
const FOLDERS: [&str; 3] = [
    "/usr/share/zoneinfo",
    "/usr/lib/zoneinfo",
    "/usr/share/lib/zoneinfo",
];

/// No file of a zone is as long.
const LONGEST: u64 = 1 << 18;

/// No summer time and no winter time is as long: 300 days.
const LONGEST_SEASON: i64 = 300 * 86_400;

/// Nobody asks what time it was before: 2020.
const FIRST: i64 = 1_577_836_800;

/// The zone that `text` names.
///
/// # Errors
/// There is none, or this machine has no time zone database.
pub fn parse(text: &str) -> Result<TimeZone> {
    let fixed = offset(text).or_else(|| matches!(text, "UTC" | "Z").then_some(0));
    let rule = fixed.map(Rule::fixed).or_else(|| Rule::parse(text));
    if let Some(rule) = rule.filter(|_| find(text).is_none()) {
        return Ok(TimeZone {
            name: text.to_owned(),
            changes: Vec::new(),
            rule,
        });
    }
    let Some(file) = find(text) else {
        let has_database = FOLDERS.iter().any(|folder| Path::new(folder).is_dir());
        if has_database {
            bail!(
                "--timezone {text}: there is no such zone; type a name as `timedatectl` prints it on the server, such \
                 as Europe/Berlin, or an offset such as +02:00"
            );
        }
        bail!(
            "--timezone {text}: this machine has no time zone database; install the package tzdata, or type the \
             rule that `tail -n1 /etc/localtime` prints on the server, such as CET-1CEST,M3.5.0,M10.5.0/3"
        );
    };
    let bytes = crate::loader::read_at_most(&file, LONGEST).map_err(anyhow::Error::from);
    let bytes = bytes.with_context(|| file.display().to_string())?;
    of_file(text, &bytes).with_context(|| format!("{} is no file of a time zone", file.display()))
}

/// The zone of this machine, if it says which.
pub fn of_this_machine() -> Option<TimeZone> {
    if let Ok(text) = std::env::var("TZ") {
        return parse(text.trim_start_matches(':')).ok();
    }
    let path = Path::new("/etc/localtime");
    let target = path.canonicalize().ok()?;
    let name = FOLDERS
        .iter()
        .find_map(|folder| target.strip_prefix(folder).ok())
        .map(|name| name.display().to_string())
        .or_else(|| Some(fs::read_to_string("/etc/timezone").ok()?.trim().to_owned()));
    let bytes = crate::loader::read_at_most(path, LONGEST).ok()?;
    of_file(&name.unwrap_or_else(|| "localtime".to_owned()), &bytes)
}

/// The file of a zone; a name never leads out of the database.
fn find(name: &str) -> Option<PathBuf> {
    let is_plain = |part: &str| {
        let mut bytes = part.bytes();
        let first = bytes
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric());
        first && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
    };
    if !name.split('/').all(is_plain) {
        return None;
    }
    let mut files = FOLDERS.iter().map(|folder| Path::new(folder).join(name));
    files.find(|file| file.is_file())
}

/// `+02:00`, `-0330`, `+2`: seconds ahead of UTC.
fn offset(text: &str) -> Option<i32> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
    };
    let number = |text: &str, most: i32| -> Option<i32> {
        let is_number =
            (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse()
            .ok()
            .filter(|number| is_number && *number <= most)
    };
    Some(sign * (number(hours, 14)? * 3600 + number(minutes, 59)? * 60))
}

/// The zone in the bytes of a zoneinfo file (RFC 8536, version 2 and later).
pub fn of_file(name: &str, bytes: &[u8]) -> Option<TimeZone> {
    let (_, rest) = Block::read(bytes, 4)?;
    let (block, rest) = Block::read(rest, 8)?;
    let footer = rest.strip_prefix(b"\n")?;
    let footer = footer.split(|byte| *byte == b'\n').next()?;
    let rule = match footer {
        b"" => Rule::fixed(block.last_offset()?),
        text => Rule::parse(std::str::from_utf8(text).ok()?)?,
    };
    let mut zone = TimeZone {
        name: name.to_owned(),
        changes: Vec::new(),
        rule,
    };
    let changes = block.changes()?;
    let recent = changes.partition_point(|(at, _)| *at < FIRST);
    let changes = changes.get(recent.saturating_sub(1)..)?;
    let is_told =
        |(at, offset): &(i64, i32)| *at < FIRST || rule.offset_at(*at) == i64::from(*offset);
    let are_told = changes.windows(2).all(|two| {
        let [(at, offset), (next, _)] = two else {
            return true;
        };
        // A rule with summer time changes clocks more often.
        let is_short =
            rule.summer.is_none() || next.saturating_sub(*at.max(&FIRST)) < LONGEST_SEASON;
        is_short && rule.offset_at(next.saturating_sub(1)) == i64::from(*offset)
    });
    if !(are_told && changes.iter().all(is_told)) {
        zone.changes = changes.to_vec();
    }
    Some(zone)
}

/// One of the two blocks of a zoneinfo file.
struct Block<'b> {
    /// Moments of eight bytes.
    times: &'b [u8],
    /// Which type holds from each moment on.
    kinds: &'b [u8],
    /// Types, of six bytes: the offset first.
    types: &'b [u8],
}

impl<'b> Block<'b> {
    /// Reads a header and what it announces, with moments of `width` bytes.
    fn read(bytes: &'b [u8], width: usize) -> Option<(Self, &'b [u8])> {
        let header = bytes.strip_prefix(b"TZif")?;
        if header.first().is_none_or(|version| *version < b'2') {
            return None;
        }
        let mut counts = header.get(16..40)?.chunks_exact(4);
        let mut count = || {
            let number = u32::from_be_bytes(counts.next()?.try_into().ok()?);
            usize::try_from(number).ok()
        };
        let (utc, standard, leaps) = (count()?, count()?, count()?);
        let (times, types, letters) = (count()?, count()?, count()?);
        let mut rest = header.get(40..)?;
        let mut part = |count: usize, size: usize| {
            let (part, after) = rest.split_at_checked(count.checked_mul(size)?)?;
            rest = after;
            Some(part)
        };
        let block = Self {
            times: part(times, width)?,
            kinds: part(times, 1)?,
            types: part(types, 6)?,
        };
        part(letters, 1)?;
        part(leaps, width + 4)?;
        part(standard, 1)?;
        part(utc, 1)?;
        Some((block, rest))
    }

    fn offset(&self, kind: u8) -> Option<i32> {
        let start = usize::from(kind) * 6;
        let bytes = self.types.get(start..start + 4)?;
        Some(i32::from_be_bytes(bytes.try_into().ok()?))
    }

    fn changes(&self) -> Option<Vec<(i64, i32)>> {
        let times = self.times.chunks_exact(8);
        let times = times.map(|bytes| bytes.try_into().ok().map(i64::from_be_bytes));
        let changes = times.zip(self.kinds);
        changes
            .map(|(time, kind)| Some((time?, self.offset(*kind)?)))
            .collect()
    }

    fn last_offset(&self) -> Option<i32> {
        self.offset(self.kinds.last().copied().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]
    use super::*;

    const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

    /// A zoneinfo file with these changes, whose types are their offsets.
    fn file(changes: &[(i64, i32)], footer: &str) -> Vec<u8> {
        let empty = [b"TZif2".as_slice(), &[0; 39]].concat();
        let mut bytes = [empty.as_slice(), b"TZif2", &[0; 15]].concat();
        let count = u32::try_from(changes.len()).unwrap();
        for number in [0, 0, 0, count, count.max(1), 0] {
            bytes.extend(number.to_be_bytes());
        }
        for (at, _) in changes {
            bytes.extend(at.to_be_bytes());
        }
        bytes.extend((0..).take(changes.len()));
        for (_, offset) in changes {
            bytes.extend(offset.to_be_bytes());
            bytes.extend([0, 0]);
        }
        if changes.is_empty() {
            bytes.extend([0; 6]);
        }
        [bytes.as_slice(), b"\n", footer.as_bytes(), b"\n"].concat()
    }

    #[test]
    fn zones_are_read_from_files() {
        let check = |changes: &[(i64, i32)], footer: &str, expected: Option<&[(i64, i32)]>| {
            let zone = of_file("x", &file(changes, footer));
            assert_eq!(
                zone.map(|zone| zone.changes).as_deref(),
                expected,
                "{footer}"
            );
        };
        check(&[], "UTC0", Some(&[]));
        check(&[], "", Some(&[]));
        check(&[(0, 3600)], BERLIN, Some(&[]));
        // A change that the rule does not tell: all are kept from the last before 2020 on.
        let odd = [
            (0, 0),
            (9, 3600),
            (1_774_746_001, 7200),
            (1_792_890_000, 3600),
        ];
        check(&odd, BERLIN, Some(&odd[1..]));
        // Three years without summer time.
        let late = [(0, 3600), (1_774_746_000, 7200)];
        check(&late, BERLIN, Some(&late));
        check(&[(0, 3600)], "no rule", None);
    }

    #[test]
    fn damaged_files_are_refused() {
        let whole = file(&[(0, 3600), (9, 0)], "CET-1");
        for length in 0..whole.len() - 6 {
            assert!(of_file("x", &whole[..length]).is_none(), "{length}");
        }
        let mut many = whole;
        for at in 44..many.len() {
            let byte = std::mem::replace(&mut many[at], 0xff);
            let _ = of_file("x", &many);
            many[at] = byte;
        }
    }

    #[test]
    fn zones_are_typed_in_several_ways() {
        let check = |text: &str, expected: Option<i64>| {
            // 1 July 2026.
            let offset = parse(text).ok().map(|zone| zone.offset_at(1_782_864_000));
            assert_eq!(offset, expected, "{text}");
        };
        check("+02:00", Some(7200));
        check("-0330", Some(-12_600));
        check("+5", Some(18_000));
        check("UTC", Some(0));
        check("CET-1CEST,M3.5.0,M10.5.0/3", Some(7200));
        check("+15:00", None);
        check("+1:60", None);
        check("", None);
        check("Mars/Olympus", None);
        check("../../etc/passwd", None);
        check("/etc/passwd", None);
        check("Europe/../Europe/Berlin", None);
    }
}
