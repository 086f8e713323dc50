//! Findings that are known, and do not fail a check.
//!
//! In: the text of a baseline, or findings. Out: [`Baseline`], applied to findings. Absent: the file.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use edgewright_compiler::Sources;
use serde::{Deserialize, Serialize};

use super::fingerprint::{Fingerprint, Folder};
use super::select::Selection;
use super::{Finding, Findings, Silenced, lines};

/// The version of the format.
const VERSION: u32 = 1;

/// How many findings with each fingerprint are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline(BTreeMap<Fingerprint, usize>);

/// A baseline as it is stored.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    findings: Vec<Row>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Row {
    #[serde(flatten)]
    fingerprint: Fingerprint,
    count: usize,
}

impl Baseline {
    /// The baseline with this text.
    ///
    /// # Errors
    /// It is none, or of another version.
    pub fn read(text: &str) -> Result<Self> {
        let stored: Stored = serde_json::from_str(text)?;
        if stored.version != VERSION {
            bail!(
                "its version is {}, and this edgewright reads version {VERSION}",
                stored.version
            );
        }
        let rows = stored.findings.into_iter();
        Ok(Self(rows.map(|row| (row.fingerprint, row.count)).collect()))
    }

    /// The baseline that knows all findings that nothing silences. Names of files are seen from `folder`.
    pub fn of(findings: &Findings, sources: &Sources, folder: &Folder) -> Self {
        let mut known = BTreeMap::new();
        let open = findings.open();
        for diagnostic in open.filter(|one| Finding::may_be_silenced(one.code)) {
            for fingerprint in Fingerprint::of_lines(diagnostic, sources, folder) {
                *known.entry(fingerprint).or_default() += 1;
            }
        }
        Self(known)
    }

    /// How many findings are known.
    pub fn count(&self) -> usize {
        self.0.values().sum()
    }

    /// The text that [`Baseline::read`] reads.
    ///
    /// # Errors
    /// Never: there is nothing in it that JSON has not.
    pub fn to_text(&self) -> Result<String> {
        let row = |(fingerprint, count): (&Fingerprint, &usize)| Row {
            fingerprint: fingerprint.clone(),
            count: *count,
        };
        let stored = Stored {
            version: VERSION,
            findings: self.0.iter().map(row).collect(),
        };
        Ok(serde_json::to_string_pretty(&stored)? + "\n")
    }

    /// Silences the findings that are known; returns how many known ones are not there any more, of codes that are
    /// looked for.
    pub fn silence(
        mut self,
        findings: &mut [Finding],
        sources: &Sources,
        folder: &Folder,
        selection: &Selection,
    ) -> usize {
        for finding in findings.iter_mut().filter(|one| one.silenced.is_none()) {
            if !Finding::may_be_silenced(finding.diagnostic.code) {
                continue;
            }
            let mut is_known = |fingerprint: Fingerprint| {
                let left = self.0.get_mut(&fingerprint).filter(|left| **left > 0);
                left.map(|left| *left -= 1).is_some()
            };
            let diagnostic = &finding.diagnostic;
            if diagnostic.span.is_none() {
                let fingerprint = Fingerprint::of(diagnostic, sources, folder);
                finding.silenced = is_known(fingerprint).then_some(Silenced::Baseline);
                continue;
            }
            let code = diagnostic.code;
            let is_new = |span| !is_known(Fingerprint::of_line(code, span, sources, folder));
            match lines::left(diagnostic, is_new) {
                Some(left) => finding.diagnostic = left,
                None => finding.silenced = Some(Silenced::Baseline),
            }
        }
        let rest = self.0.into_iter();
        let gone = rest.filter(|(known, _)| selection.takes(&known.code));
        gone.map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let fingerprint = |line: &str| Fingerprint {
            code: "no-rules".to_owned(),
            file: "a".to_owned(),
            line: line.to_owned(),
        };
        let baseline = Baseline(BTreeMap::from([
            (fingerprint("x"), 2),
            (fingerprint("y"), 1),
        ]));
        let text = baseline.to_text().unwrap();
        assert_eq!(Baseline::read(&text).unwrap(), baseline);
        assert_eq!(baseline.count(), 3);
        let newer = text.replace("\"version\": 1", "\"version\": 2");
        assert!(Baseline::read(&newer).is_err());
        assert!(Baseline::read("{}").is_err());
    }
}
