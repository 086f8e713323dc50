//! What httpd knows about each directive, whatever it does.
//!
//! In: a directive's name. Out: [`Known`]: its module, where it may stand, how many words it takes.
//! Absent: directives of other people's modules.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use foldhash::HashMap;

bitflags::bitflags! {
    /// Classes of `AllowOverride` (`OR_*` of `http_config.h`).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct Overrides: u8 {
        /// `AuthConfig`
        const AUTH_CONFIG = 1;
        /// `FileInfo`
        const FILE_INFO = 1 << 1;
        /// `Indexes`
        const INDEXES = 1 << 2;
        /// `Limit`
        const LIMIT = 1 << 3;
        /// `Options`
        const OPTIONS = 1 << 4;
        /// `Nonfatal=Override`
        const NONFATAL_OVERRIDE = 1 << 5;
        /// `Nonfatal=Unknown`
        const NONFATAL_UNKNOWN = 1 << 6;
        /// `All`
        const ALL = 0b1_1111;
    }
}

bitflags::bitflags! {
    /// What is around a directive.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct Around: u16 {
        /// `<VirtualHost>`, or a file meant for one.
        const VIRTUAL_HOST = 1;
        /// A `.htaccess` file.
        const HTACCESS = 1 << 1;
        /// `<Directory>`, `<DirectoryMatch>`
        const DIRECTORY = 1 << 2;
        /// `<Location>`, `<LocationMatch>`
        const LOCATION = 1 << 3;
        /// `<Files>`, `<FilesMatch>`
        const FILES = 1 << 4;
        /// `<If>`, `<ElseIf>`, `<Else>`
        const IF = 1 << 5;
        /// `<Proxy>`, `<ProxyMatch>`
        const PROXY = 1 << 6;
        /// `<Limit>`, `<LimitExcept>`
        const LIMIT = 1 << 7;
        /// `<RequireAll>` and kin
        const REQUIREMENTS = 1 << 8;
        /// Any section with settings of its own (`cmd->path` is set).
        const SECTION = Self::HTACCESS.bits()
            | Self::DIRECTORY.bits()
            | Self::LOCATION.bits()
            | Self::FILES.bits()
            | Self::IF.bits()
            | Self::PROXY.bits();
    }
}

/// One directive of httpd's own modules.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Known {
    /// Source names of the modules that have it: `mod_rewrite.c`.
    pub modules: Vec<&'static str>,
    /// Where in the server's files it may stand.
    pub stands: Stands,
    /// Which classes let it into a `.htaccess` file; empty for never.
    pub overrides: Overrides,
    /// What must follow the name.
    pub arguments: Expected,
    /// Sections that do not take it, although `stands` does.
    pub never_in: Around,
    /// What edgewright makes of it.
    pub verdict: Verdict,
}

/// What edgewright makes of a directive that Apache carries out. There is no verdict by default: a row without one is
/// not read, and a test fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It changes answers, and those of the edge in the same way.
    Followed,
    /// It can change neither a status, nor a `Location`, nor which file is served, nor who may come in, nor a header that
    /// the edge sends.
    Harmless,
    /// It can change an answer, and is not followed: a finding at the line says so.
    Named,
}

/// Where in the server's files a directive may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// Outside of directory, location, files and if sections.
    Server,
    /// Inside of one.
    Section,
    /// Both.
    Anywhere,
}

/// What must follow a directive's name (`args_how` of `command_rec`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// A number of words in this range.
    Words(RangeInclusive<usize>),
    /// `On` or `Off`.
    Flag,
    /// Whatever its own grammar says.
    OwnGrammar,
}

const TEXT: &str = include_str!("directives.txt");

static TABLE: LazyLock<HashMap<Vec<u8>, Known>> =
    LazyLock::new(|| TEXT.lines().filter_map(row).collect());

/// The directive called `name`, in any case; the name of a section begins with `<`.
pub fn find(name: &[u8]) -> Option<&'static Known> {
    TABLE.get(name.to_ascii_lowercase().as_slice())
}

/// The names of all directives as httpd spells them, sections first.
pub fn names() -> impl Iterator<Item = &'static str> {
    let names = TEXT.lines().filter_map(|line| line.split(' ').next());
    names.filter(|name| *name != "#")
}

fn row(line: &'static str) -> Option<(Vec<u8>, Known)> {
    let mut columns = line.split_whitespace();
    let name = columns.next().filter(|name| *name != "#")?;
    let known = Known {
        modules: columns.next()?.split('|').collect(),
        stands: match columns.next()? {
            "server" => Stands::Server,
            "section" => Stands::Section,
            _ => Stands::Anywhere,
        },
        overrides: columns.next()?.split('|').filter_map(overrides).collect(),
        arguments: expected(columns.next()?)?,
        never_in: columns.next()?.chars().filter_map(around).collect(),
        verdict: match columns.next()? {
            "followed" => Verdict::Followed,
            "harmless" => Verdict::Harmless,
            "named" => Verdict::Named,
            _ => return None,
        },
    };
    Some((name.to_ascii_lowercase().into_bytes(), known))
}

fn overrides(name: &str) -> Option<Overrides> {
    Some(match name {
        "All" => Overrides::ALL,
        "AuthConfig" => Overrides::AUTH_CONFIG,
        "FileInfo" => Overrides::FILE_INFO,
        "Indexes" => Overrides::INDEXES,
        "Limit" => Overrides::LIMIT,
        "Options" => Overrides::OPTIONS,
        _ => return None,
    })
}

fn around(letter: char) -> Option<Around> {
    Some(match letter {
        'V' => Around::VIRTUAL_HOST,
        'D' => Around::DIRECTORY,
        'L' => Around::LOCATION,
        'F' => Around::FILES,
        'I' => Around::IF,
        'P' => Around::PROXY,
        'M' => Around::LIMIT,
        _ => return None,
    })
}

fn expected(column: &str) -> Option<Expected> {
    Some(match (column, column.split_once('-')) {
        ("-", _) => Expected::OwnGrammar,
        ("flag", _) => Expected::Flag,
        (_, Some((least, ""))) => Expected::Words(least.parse().ok()?..=usize::MAX),
        (_, Some((least, most))) => Expected::Words(least.parse().ok()?..=most.parse().ok()?),
        (exactly, None) => {
            let exactly = exactly.parse().ok()?;
            Expected::Words(exactly..=exactly)
        }
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::{Expected, Overrides, Stands, TEXT, find, row};

    #[test]
    fn every_row_is_read() {
        for line in TEXT.lines() {
            assert!(line.starts_with('#') || row(line).is_some(), "{line}");
        }
    }

    #[test]
    fn knows_directives() {
        let base = find(b"REWRITEBASE").unwrap();
        assert_eq!(base.modules, ["mod_rewrite.c"]);
        assert_eq!(base.stands, Stands::Anywhere);
        assert_eq!(base.overrides, Overrides::FILE_INFO);
        assert_eq!(base.arguments, Expected::Words(1..=1));
        assert_eq!(find(b"RewriteEngine").unwrap().arguments, Expected::Flag);
        assert_eq!(find(b"<Limit").unwrap().stands, Stands::Section);
        assert!(find(b"RewriteLog").is_none());
    }
}
