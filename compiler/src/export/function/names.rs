//! The names of a site, as a distribution takes them.
//!
//! In: a [`Site`]. Out: [`SiteNames`]. Absent: certificates, DNS.

use std::collections::BTreeSet;

use edgewright_engine::model::site::{HostPattern, Site};

/// So many names one distribution takes, unless AWS raises the quota (`limits-web-distributions`).
pub const MOST_ALIASES: usize = 100;

/// The names that the hosts of a site go by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteNames {
    /// Those that a distribution takes, in order: `www.example.com`, `*.example.com`.
    pub taken: BTreeSet<String>,
    /// Patterns that it does not take: a star elsewhere than in front of the first dot, a question mark.
    pub patterns: BTreeSet<String>,
}

impl SiteNames {
    /// The names of the hosts of `site`. A name without a dot is a machine's, and no viewer's.
    pub fn of(site: &Site) -> Self {
        let mut names = Self::default();
        for host in &site.hosts {
            let aliases = host.aliases.iter().map(|alias| match alias {
                HostPattern::Exact(name) | HostPattern::Wildcard(name) => name,
            });
            for name in aliases.chain([&host.name]) {
                names.add(&String::from_utf8_lossy(name).to_ascii_lowercase());
            }
        }
        names
    }

    fn add(&mut self, name: &str) {
        let plain = |text: &str| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            text.contains('.') && text.bytes().all(is_plain)
        };
        if plain(name.strip_prefix("*.").unwrap_or(name)) {
            self.taken.insert(name.to_owned());
        } else if name.contains(['*', '?']) {
            self.patterns.insert(name.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, taken: bool, pattern: bool) {
        let mut names = SiteNames::default();
        names.add(name);
        assert_eq!(
            (!names.taken.is_empty(), !names.patterns.is_empty()),
            (taken, pattern),
            "{name}"
        );
    }

    #[test]
    fn a_distribution_takes_names_and_stars_in_front() {
        check("www.example.com", true, false);
        check("*.example.com", true, false);
        check("www.*", false, true);
        check("*", false, true);
        check("a?.example.com", false, true);
        check("localhost", false, false);
        check("", false, false);
    }
}
