//! What `check` is to do: `edgewright.toml`, and the command line, which outweighs it.
//!
//! In: the command line. Out: [`Settings`]. Absent: reading a configuration of Apache.

mod file;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use edgewright_parser::diagnostic::Severity;

use crate::args::{Check, Choice, Reading, Weight};
use crate::findings::select::Selection;

/// The file that is read when the command line names none.
const NAME: &str = "edgewright.toml";

/// What `check` is to do.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The configuration.
    pub conf: Vec<PathBuf>,
    /// How it is read.
    pub reading: Reading,
    /// Which findings are wanted.
    pub selection: Selection,
    /// The file with findings that are known.
    pub baseline: Option<PathBuf>,
}

impl Settings {
    /// What the command line says, and the file where the command line says nothing.
    ///
    /// # Errors
    /// The file cannot be read, or nobody named a configuration.
    pub fn of(arguments: &Check) -> Result<Self> {
        let settings = match &arguments.config {
            Some(path) => Self::read(path)?,
            None if Path::new(NAME).is_file() => Self::read(Path::new(NAME))?,
            None => Self::default(),
        };
        let settings = settings.outweighed(arguments);
        if settings.conf.is_empty() {
            bail!(
                "no configuration is named: write edgewright check CONF, or conf = \"CONF\" in {NAME}"
            );
        }
        Ok(settings)
    }

    fn read(path: &Path) -> Result<Self> {
        let name = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        file::read(&text, folder).map_err(|wrong| wrong.in_file(&text, path))
    }

    /// The same, but for what the command line says.
    fn outweighed(self, arguments: &Check) -> Self {
        Self {
            conf: or(&arguments.conf, self.conf),
            reading: reading(&arguments.reading, self.reading),
            selection: selection(&arguments.choice, self.selection),
            baseline: arguments.baseline.clone().or(self.baseline),
        }
    }
}

/// What was given, or else what was there.
fn or<T: Clone>(given: &[T], there: Vec<T>) -> Vec<T> {
    if given.is_empty() {
        there
    } else {
        given.to_vec()
    }
}

fn reading(given: &Reading, there: Reading) -> Reading {
    let given = given.clone();
    Reading {
        docroot: or(&given.docroot, there.docroot),
        root: given.root.or(there.root),
        map: or(&given.map, there.map),
        timezone: given.timezone.or(there.timezone),
        server_root: given.server_root.or(there.server_root),
        define: or(&given.define, there.define),
        kind: given.kind,
        unknown_directive: given.unknown_directive,
        max: given.max,
    }
}

fn selection(given: &Choice, there: Selection) -> Selection {
    Selection {
        select: or(&given.select, there.select),
        ignore: or(&given.ignore, there.ignore),
        severity: there.severity,
        min_severity: given.min_severity.map(severity).or(there.min_severity),
    }
}

fn severity(weight: Weight) -> Severity {
    match weight {
        Weight::Note => Severity::Note,
        Weight::Warning => Severity::Warning,
        Weight::Error => Severity::Error,
    }
}
