//! Reading the configuration that was named.
//!
//! In: paths and reading options. Out: a [`Reading`]. Absent: compiling.

mod requests;

use std::path::PathBuf;

use anyhow::{Result, bail};
use edgewright_compiler::{Input, Loader, Reading, Transcript, read};

use crate::args;
use crate::loader::to_path;
use crate::opened::Opened;

pub use requests::{each_request, requests};

/// What to do about a configuration without rules.
pub const WITHOUT_RULES: &str = "name the file that has them, or the server's main configuration";

/// Reads a configuration from the disk.
///
/// # Errors
/// A path does not exist, or reading stopped at a limit.
pub fn read_configuration(paths: &[PathBuf], options: &args::Reading) -> Result<Reading> {
    let reading = read_to_limit(paths, options)?;
    whole(&reading)?;
    Ok(reading)
}

/// Reads a configuration from the disk, or as much of it as a limit allows.
///
/// # Errors
/// A path does not exist.
pub fn read_to_limit(paths: &[PathBuf], options: &args::Reading) -> Result<Reading> {
    let opened = Opened::new(paths, options)?;
    let reading = read(&opened.input, &opened.files, &opened.options);
    not_empty(&reading, &opened.input)?;
    Ok(reading)
}

/// Reads what was opened through `loader`.
///
/// # Errors
/// Nothing can be read, or reading stopped at a limit.
pub fn read_opened(opened: &Opened, loader: &dyn Loader) -> Result<Reading> {
    let reading = read(&opened.input, loader, &opened.options);
    not_empty(&reading, &opened.input)?;
    whole(&reading)?;
    Ok(reading)
}

/// Was everything read, and did no limit end it?
fn whole(reading: &Reading) -> Result<()> {
    let Some(limit) = reading.limit_reached() else {
        return Ok(());
    };
    let sources = &reading.sources;
    let place = limit
        .span
        .map(|span| format!("{}: ", sources.display(sources.place(span))));
    bail!(
        "{}{}: {}",
        place.unwrap_or_default(),
        limit.headline,
        limit.help.join("; ")
    );
}

/// Reads what was opened, and keeps the lines that Apache carries out.
///
/// # Errors
/// Nothing can be read, or reading stopped at a limit.
pub fn read_with_transcript(opened: &Opened) -> Result<(Reading, Transcript)> {
    let (reading, transcript) =
        edgewright_compiler::read_with_transcript(&opened.input, &opened.files, &opened.options);
    not_empty(&reading, &opened.input)?;
    whole(&reading)?;
    Ok((reading, transcript))
}

fn not_empty(reading: &Reading, input: &Input) -> Result<()> {
    if reading.counts.files == 0 && reading.limit_reached().is_none() {
        bail!(nothing_read(reading, input));
    }
    Ok(())
}

/// Why there is nothing to work on, and what to do.
fn nothing_read(reading: &Reading, input: &Input) -> String {
    match (reading.first_error(), input) {
        (Some(error), _) => {
            let help = error
                .help
                .first()
                .map_or_else(String::new, |help| format!("; {help}"));
            format!("{}{help}", error.headline)
        }
        (None, Input::DocumentRoot(path)) => format!(
            "{} has no .htaccess file in it: name the configuration file, or the document root",
            to_path(path).display()
        ),
        (None, _) => "there is nothing to read: name a configuration file".to_owned(),
    }
}
