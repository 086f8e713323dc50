//! `Define`, `UnDefine`, `-D`.
//!
//! In: names and values, as they are read. Out: [`Defines`]. Absent: replacing `${NAME}`; see the parser.

use std::collections::{BTreeMap, BTreeSet};

/// What is defined right now.
#[derive(Debug, Clone, Default)]
pub(super) struct Defines {
    /// For `<IfDefine>`: case matters.
    names: BTreeSet<Vec<u8>>,
    /// For `${NAME}`: by name in lower case.
    values: BTreeMap<Vec<u8>, Vec<u8>>,
    /// For `${NAME}` where nothing defines it: the server's environment, where case matters.
    environment: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Defines {
    /// Names from the command line.
    pub(super) fn new(names: &[Vec<u8>]) -> Self {
        Self {
            names: names.iter().cloned().collect(),
            values: BTreeMap::new(),
            environment: BTreeMap::new(),
        }
    }

    /// The server is started with these variables in its environment.
    pub(super) fn set_environment(&mut self, variables: BTreeMap<Vec<u8>, Vec<u8>>) {
        self.environment = variables;
    }

    /// `Define name [value]`.
    pub(super) fn set(&mut self, name: &[u8], value: Option<&[u8]>) {
        self.names.insert(name.to_vec());
        if let Some(value) = value {
            self.values
                .insert(name.to_ascii_lowercase(), value.to_vec());
        }
    }

    /// `UnDefine name`.
    pub(super) fn remove(&mut self, name: &[u8]) {
        self.names.remove(name);
        self.values.remove(&name.to_ascii_lowercase());
    }

    /// `<IfDefine name>`.
    pub(super) fn has(&self, name: &[u8]) -> bool {
        self.names.contains(name)
    }

    /// The value of `${name}` (`ap_resolve_env`).
    pub(super) fn value(&self, name: &[u8]) -> Option<&[u8]> {
        self.values
            .get(&name.to_ascii_lowercase())
            .or_else(|| self.environment.get(name))
            .map(Vec::as_slice)
    }
}
