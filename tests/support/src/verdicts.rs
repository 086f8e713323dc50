//! Which configurations Apache accepts, in tables: `tests/cases/verdicts/*.txt`.
//!
//! In: those files. Out: [`Verdict`]s; a file's text with other verdicts. Absent: asking anybody.
//!
//! A file has a text about itself, then configurations of a main server:
//!
//! ```text
//! == what it shows
//! RewriteRule ^x$ /y # c
//! -- refused on line 1
//! == what it shows
//! RewriteRule ^x$ /y [L] # c
//! -- accepted
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What a configuration that Apache starts with is.
pub const ACCEPTED: &str = "accepted";

/// A file of configurations.
#[derive(Debug)]
pub struct VerdictFile {
    /// Where it is.
    pub path: PathBuf,
    /// What stands before the first of them.
    pub about: String,
    /// The configurations, in order.
    pub verdicts: Vec<Verdict>,
}

/// A configuration, and what Apache says of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What it shows.
    pub name: String,
    /// Its text.
    pub config: String,
    /// [`ACCEPTED`], or what [`refused`] makes.
    pub said: String,
}

/// The verdict on a configuration with a mistake.
pub fn refused(line: u64) -> String {
    format!("refused on line {line}")
}

/// Every file, in order of names.
///
/// # Errors
/// One cannot be read.
pub fn all() -> io::Result<Vec<VerdictFile>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases/verdicts");
    let entries = fs::read_dir(folder)?;
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<_>>()?;
    paths.sort();
    paths.into_iter().map(read).collect()
}

fn read(path: PathBuf) -> io::Result<VerdictFile> {
    let (about, verdicts) = parse(&fs::read_to_string(&path)?);
    Ok(VerdictFile {
        path,
        about,
        verdicts,
    })
}

fn parse(text: &str) -> (String, Vec<Verdict>) {
    let mut parts = text.split("\n== ");
    let about = parts.next().unwrap_or_default().to_owned();
    (about, parts.map(verdict).collect())
}

fn verdict(text: &str) -> Verdict {
    let (name, rest) = text.split_once('\n').unwrap_or((text, ""));
    let (config, said) = rest.split_once("\n-- ").unwrap_or((rest, ""));
    Verdict {
        name: name.to_owned(),
        config: config.to_owned(),
        said: said.trim_end().to_owned(),
    }
}

impl VerdictFile {
    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = self.about.clone();
        for Verdict { name, config, said } in &self.verdicts {
            text += &format!("\n== {name}\n{config}\n-- {said}\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{VerdictFile, parse};
    use std::path::PathBuf;

    #[test]
    fn a_file_is_read_and_written() {
        let text = "About.\n\n== one\nA\n\nB\n-- accepted\n\n== two\nC\\\n-- refused on line 1\n";
        let (about, verdicts) = parse(text);
        let configs: Vec<&str> = verdicts.iter().map(|one| one.config.as_str()).collect();
        assert_eq!(configs, ["A\n\nB", "C\\"]);
        let path = PathBuf::new();
        let file = VerdictFile {
            path,
            about,
            verdicts,
        };
        assert_eq!(file.text(), text);
    }
}
