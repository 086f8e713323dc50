//! Names with values, names in either case (`apr_table_t`).
//!
//! In: names and values. Out: [`Table`]. Absent: repeated names.

/// Names with values, in the order they were first set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table {
    entries: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Table {
    /// The value of a name.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        let mut entries = self.entries.iter();
        let found = entries.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_slice())
    }

    /// Sets a name, replacing its value.
    pub fn set(&mut self, name: &[u8], value: &[u8]) {
        let mut entries = self.entries.iter_mut();
        match entries.find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, known)) => *known = value.to_vec(),
            None => self.entries.push((name.to_vec(), value.to_vec())),
        }
    }

    /// Sets a name unless it has a value (`apr_table_overlay`, of which the first entry is read).
    pub fn add(&mut self, name: &[u8], value: &[u8]) {
        if self.get(name).is_none() {
            self.entries.push((name.to_vec(), value.to_vec()));
        }
    }

    /// Sets names one after another.
    pub fn set_all(&mut self, entries: &[(Vec<u8>, Vec<u8>)]) {
        for (name, value) in entries {
            self.set(name, value);
        }
    }

    /// Removes names.
    pub fn unset_all(&mut self, names: &[Vec<u8>]) {
        for name in names {
            self.unset(name);
        }
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Every name with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let entries = self.entries.iter();
        entries.map(|(name, value)| (name.as_slice(), value.as_slice()))
    }

    /// Removes a name.
    pub fn unset(&mut self, name: &[u8]) {
        self.entries
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }

    /// Every name with `REDIRECT_` before it (`rename_original_env`).
    pub fn redirected(&self) -> Self {
        let renamed = self.entries.iter();
        let renamed =
            renamed.map(|(name, value)| ([b"REDIRECT_", name.as_slice()].concat(), value.clone()));
        Self {
            entries: renamed.collect(),
        }
    }
}
