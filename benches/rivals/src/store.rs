//! What sections leave for the report.
//!
//! In: figures. Out: JSON files in `target/bench`. Absent: what they say.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The folder of results.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// Creates the folder where there is none.
    pub fn open() -> Result<Self> {
        let folder = root().join("target/bench");
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        Ok(Self { folder })
    }

    /// Keeps the figures of a section.
    pub fn save(&self, section: &str, figures: &impl Serialize) -> Result<()> {
        let file = self.folder.join(format!("{section}.json"));
        fs::write(&file, serde_json::to_vec_pretty(figures)?)
            .with_context(|| file.display().to_string())
    }

    /// The figures of a section, when it ran.
    pub fn load<T: DeserializeOwned>(&self, section: &str) -> Result<Option<T>> {
        let file = self.folder.join(format!("{section}.json"));
        let Ok(bytes) = fs::read(&file) else {
            return Ok(None);
        };
        let figures = serde_json::from_slice(&bytes);
        figures
            .map(Some)
            .with_context(|| format!("{}: run the section again", file.display()))
    }
}

/// The root of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}
