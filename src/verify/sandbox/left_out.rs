//! What is in no copy, for a person to read.
//!
//! In: names, places and reasons. Out: one text for each name and reason. Absent: deciding.

use std::collections::BTreeMap;

/// The lines and modules that were left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// By name and reason: the first place, and how many lines there are.
    lines: BTreeMap<(String, &'static str), (String, usize)>,
    /// How many lines there are of each directive that the server has of `verify`'s own.
    replaced: BTreeMap<String, usize>,
    modules: Vec<String>,
}

impl LeftOut {
    /// A line at `place` is left out.
    pub fn add(&mut self, name: &[u8], place: String, reason: &'static str) {
        let name = String::from_utf8_lossy(name)
            .trim_start_matches('<')
            .to_owned();
        let entry = self.lines.entry((name, reason));
        entry.or_insert((place, 0)).1 += 1;
    }

    /// The server has a directive of its own in the place of this one.
    pub fn replaced(&mut self, name: &[u8]) {
        let name = String::from_utf8_lossy(name).into_owned();
        *self.replaced.entry(name).or_default() += 1;
    }

    /// A module is not loaded.
    pub fn add_module(&mut self, name: &str) {
        if !self.modules.iter().any(|known| known == name) {
            self.modules.push(name.to_owned());
        }
    }

    /// How many lines are left out.
    pub fn count(&self) -> usize {
        self.lines.values().map(|(_, count)| count).sum()
    }

    /// What is left out, one text for each name and reason.
    pub fn to_texts(&self) -> Vec<String> {
        let lines = self.lines.iter().map(|((name, reason), (place, count))| {
            let more = match count {
                1 => String::new(),
                _ => format!(" and {} more", count - 1),
            };
            format!("{name} ({place}{more}): {reason}")
        });
        let modules = self
            .modules
            .iter()
            .map(|name| format!("mod_{name}: it is not known to be harmless"));
        lines.chain(modules).collect()
    }

    /// The directives that the server has of its own: `Listen (2), User`.
    pub fn to_replaced(&self) -> Option<String> {
        let names = self.replaced.iter().map(|(name, count)| match count {
            1 => name.clone(),
            _ => format!("{name} ({count})"),
        });
        let names: Vec<String> = names.collect();
        (!names.is_empty()).then(|| names.join(", "))
    }
}
