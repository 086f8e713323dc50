//! DBM files: maps that `httxt2dbm` made of text files.
//!
//! In: the bytes of a file. Out: its keys and values. Absent: which file a `RewriteMap` names; see `maps`.
//!
//! Files are read from one end to the other, not looked up in: whatever is in a damaged or hostile one, reading
//! takes time in proportion to its length, and what comes out is no longer than the file.

mod berkeley;
mod gdbm;
mod sdbm;

/// A key and its value.
pub(crate) type Pair = (Vec<u8>, Vec<u8>);

/// What `dbm=TYPE:` says (`apr_dbm_open_ex`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What the server's APR was built with: Berkeley DB on Debian, SDBM from source.
    Default,
    /// APR's own: `.pag` and `.dir`.
    Sdbm,
    /// Berkeley DB.
    Berkeley,
    /// GNU dbm.
    Gdbm,
}

impl Kind {
    /// The type of that name; `None` for one that is not read here.
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"" | b"default" => Self::Default,
            b"sdbm" => Self::Sdbm,
            b"db" => Self::Berkeley,
            b"gdbm" => Self::Gdbm,
            _ => return None,
        })
    }

    /// What stands after the path in the names of files of this type, the likeliest first.
    pub(crate) fn suffixes(self) -> &'static [&'static [u8]] {
        match self {
            Self::Default => &[b"", b".pag"],
            Self::Sdbm => &[b".pag"],
            Self::Berkeley | Self::Gdbm => &[b""],
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// It is of another type, or damaged.
    pub(crate) fn read(self, bytes: &[u8]) -> Result<Vec<Pair>, Unreadable> {
        let pairs = match self {
            Self::Default if berkeley::is_one(bytes) => berkeley::pairs(bytes),
            Self::Default if gdbm::is_one(bytes) => gdbm::pairs(bytes),
            Self::Default | Self::Sdbm => sdbm::pairs(bytes),
            Self::Berkeley => berkeley::pairs(bytes),
            Self::Gdbm => gdbm::pairs(bytes),
        }?;
        Ok(pairs.into_iter().filter_map(answering).collect())
    }
}

/// Why a file cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable(pub(crate) &'static str);

const DAMAGED: Unreadable = Unreadable("it is damaged, or of another type than the line says");

/// An entry as Apache uses it: a key is looked up without the byte that ends it in C, a value ends at the first
/// such byte, and an empty one is none (`lookup_map_dbmfile`).
fn answering((key, mut value): Pair) -> Option<Pair> {
    let end = value.iter().position(|byte| *byte == 0);
    value.truncate(end.unwrap_or(value.len()));
    (!key.contains(&0) && !value.is_empty()).then_some((key, value))
}

/// Bytes of a file as numbers.
#[derive(Debug, Clone, Copy)]
struct Bytes<'b> {
    bytes: &'b [u8],
    /// Whether the last byte of a number is the lowest.
    is_big_endian: bool,
}

impl<'b> Bytes<'b> {
    /// The bytes in the order in which `fits` says yes; files are written in that of their machine.
    fn in_order_of(bytes: &'b [u8], fits: impl Fn(Self) -> bool) -> Option<Self> {
        let orders = [false, true].map(|is_big_endian| Self {
            bytes,
            is_big_endian,
        });
        orders.into_iter().find(|bytes| fits(*bytes))
    }

    fn part(self, start: usize, length: usize) -> Option<&'b [u8]> {
        self.bytes.get(start..start.checked_add(length)?)
    }

    /// The number of `length` bytes at `start`.
    fn number(self, start: usize, length: usize) -> Option<usize> {
        let part = self.part(start, length)?;
        let push = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        let number = if self.is_big_endian {
            part.iter().fold(0, push)
        } else {
            part.iter().rev().fold(0, push)
        };
        usize::try_from(number).ok()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]
    use super::*;

    const SDBM: &[u8] = include_bytes!("../../../tests/cases/dbm/map.sdbm.pag");
    const BERKELEY: &[u8] = include_bytes!("../../../tests/cases/dbm/map.db");
    const GDBM: &[u8] = include_bytes!("../../../tests/cases/dbm/map.gdbm");
    const TEXT: &str = include_str!("../../../tests/cases/dbm/map.txt");

    /// What the files were made of.
    fn expected() -> Vec<Pair> {
        let lines = TEXT.lines().filter_map(|line| line.split_once(' '));
        let mut pairs: Vec<Pair> = lines
            .map(|(key, value)| (key.into(), value.into()))
            .collect();
        pairs.sort();
        pairs
    }

    #[test]
    fn files_of_httxt2dbm_are_read() {
        let check = |kind: Kind, bytes: &[u8]| {
            let mut pairs = kind.read(bytes).unwrap();
            pairs.sort();
            assert_eq!(pairs, expected(), "{kind:?}");
        };
        check(Kind::Sdbm, SDBM);
        check(Kind::Berkeley, BERKELEY);
        check(Kind::Gdbm, GDBM);
        for bytes in [SDBM, BERKELEY, GDBM] {
            check(Kind::Default, bytes);
        }
    }

    #[test]
    fn a_file_of_another_type_is_refused() {
        let check =
            |kind: Kind, bytes: &[u8]| assert_eq!(kind.read(bytes), Err(DAMAGED), "{kind:?}");
        check(Kind::Sdbm, BERKELEY);
        check(Kind::Sdbm, GDBM);
        check(Kind::Berkeley, SDBM);
        check(Kind::Gdbm, BERKELEY);
        check(Kind::Berkeley, b"");
        check(Kind::Gdbm, b"");
        check(Kind::Default, TEXT.as_bytes());
        assert_eq!(Kind::Sdbm.read(b""), Ok(Vec::new()));
    }

    #[test]
    fn whatever_is_damaged_no_more_comes_out_than_went_in() {
        for whole in [SDBM, BERKELEY, GDBM] {
            let check = |bytes: &[u8]| {
                if let Ok(pairs) = Kind::Default.read(bytes) {
                    let length: usize = pairs
                        .iter()
                        .map(|(key, value)| key.len() + value.len())
                        .sum();
                    assert!(length <= bytes.len());
                }
            };
            for at in (0..whole.len()).filter(|at| whole[*at] != 0 || at % 97 == 0) {
                check(&whole[..at]);
                let mut damaged = whole.to_vec();
                for byte in [0, 1, 0x7f, 0xff] {
                    damaged[at] = byte;
                    check(&damaged);
                }
            }
        }
    }

    #[test]
    fn entries_are_those_apache_answers_with() {
        let check = |key: &str, value: &str, expected: Option<&str>| {
            let found = answering((key.into(), value.into()));
            let found = found.map(|(_, value)| String::from_utf8(value).unwrap());
            assert_eq!(found.as_deref(), expected, "{key:?} {value:?}");
        };
        check("a", "b c", Some("b c"));
        check("a", "b\0c", Some("b"));
        check("a", "\0c", None);
        check("a", "", None);
        check("a\0", "b", None);
    }
}
