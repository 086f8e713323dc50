//! The files beside the binary.
//!
//! In: a folder. Out: configuration, program and embedded table, checked against each other.
//! Absent: the environment, and the network.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::configuration::{Configuration, FILE_NAME, Table};
use crate::artefact::table::EmbeddedTable;
use crate::handler::Runtime;

/// What was found.
#[derive(Debug)]
pub struct Artefact {
    /// What the function is told.
    pub configuration: Configuration,
    /// The program, ready to answer.
    pub runtime: Runtime,
    /// The table, unless it is in DynamoDB.
    pub embedded: Option<EmbeddedTable>,
}

/// A file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// Which.
    pub file: PathBuf,
    /// Why, and what to do.
    pub reason: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.file.display(), self.reason)
    }
}

impl std::error::Error for LoadError {}

impl Artefact {
    /// Reads everything in `folder`.
    ///
    /// # Errors
    /// A file is missing, damaged, of another version or of another build.
    pub fn load(folder: &Path) -> Result<Self, LoadError> {
        let configuration = configuration(&folder.join(FILE_NAME))?;
        let file = folder.join(&configuration.program);
        let runtime = read(&file)
            .and_then(|bytes| Runtime::load(&bytes).map_err(|error| unusable(&file, &error)))?;
        let embedded = match &configuration.table {
            Table::Embedded(table) => Some(embedded(&folder.join(&table.file), &runtime)?),
            Table::DynamoDb(_) => None,
        };
        Ok(Self {
            configuration,
            runtime,
            embedded,
        })
    }
}

/// The configuration; the default when there is no such file.
fn configuration(file: &Path) -> Result<Configuration, LoadError> {
    match read_regular(file) {
        Ok(text) => Configuration::parse(&text).map_err(|error| LoadError {
            file: file.to_owned(),
            reason: error.to_string(),
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Configuration::default()),
        Err(error) => Err(unreadable(file, &error)),
    }
}

fn embedded(file: &Path, runtime: &Runtime) -> Result<EmbeddedTable, LoadError> {
    let bytes = read(file)?;
    let table = EmbeddedTable::load(&bytes).map_err(|error| unusable(file, &error))?;
    if table.generation() != runtime.generation() {
        return Err(LoadError {
            file: file.to_owned(),
            reason: "it belongs to another build than the program: package both again".to_owned(),
        });
    }
    Ok(table)
}

fn read(file: &Path) -> Result<Vec<u8>, LoadError> {
    read_regular(file).map_err(|error| unreadable(file, &error))
}

/// The bytes of a regular file. A device may have no end, and a pipe may never begin.
fn read_regular(file: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(file)?.is_file() {
        let reason = "it is not a regular file";
        return Err(io::Error::new(ErrorKind::InvalidInput, reason));
    }
    fs::read(file)
}

fn unreadable(file: &Path, error: &io::Error) -> LoadError {
    LoadError {
        file: file.to_owned(),
        reason: error.to_string(),
    }
}

fn unusable(file: &Path, error: &impl fmt::Display) -> LoadError {
    LoadError {
        file: file.to_owned(),
        reason: format!("{error}: build and package it again"),
    }
}
