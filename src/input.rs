//! From what was typed to what can be read: a configuration or a build folder.
//!
//! In: paths and reading options. Out: a [`Reading`]. Absent: compiling.

mod requests;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use edgewright_compiler::{
    DocrootMapping, Input, Limits, Loader, ReadOptions, Reading, Transcript, UnknownDirectives,
    guess, read,
};

use crate::args;
use crate::folder;
use crate::loader::{STANDARD_INPUT, to_bytes, to_path};
use crate::opened::Opened;
use crate::time_zone;

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

/// Is this how standard input is named?
pub fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-") || path == Path::new(STANDARD_INPUT)
}

/// Refuses a command line that names standard input more than once: it is gone once it was read.
///
/// # Errors
/// It does.
pub fn once<'p>(paths: impl IntoIterator<Item = &'p PathBuf>) -> Result<()> {
    let paths = paths.into_iter();
    if paths.filter(|path| is_standard_input(path)).count() > 1 {
        bail!(
            "standard input is named more than once, and can be read only once: name a file for the others"
        );
    }
    Ok(())
}

/// The bytes of paths of this machine that are to be read as a configuration.
///
/// # Errors
/// One does not exist, or is a build.
pub fn local_paths(paths: &[PathBuf]) -> Result<Vec<Vec<u8>>> {
    for path in paths {
        if !is_standard_input(path) && !path.exists() {
            bail!(
                "there is no {}: name a configuration file, or a document root",
                path.display()
            );
        }
    }
    Ok(paths.iter().map(|path| local_path(path)).collect())
}

/// The bytes of a path of this machine; standard input has a name of its own.
pub fn local_path(path: &Path) -> Vec<u8> {
    to_bytes(if is_standard_input(path) {
        Path::new(STANDARD_INPUT)
    } else {
        path
    })
}

/// Refuses builds where a configuration is wanted.
///
/// # Errors
/// One of `paths` is a build.
pub fn no_builds(paths: &[PathBuf]) -> Result<()> {
    for path in paths {
        if let Some(missing) = folder::as_build(path) {
            bail!(is_no_configuration(path, &missing));
        }
    }
    Ok(())
}

/// What `paths` are, in the files of `loader`.
///
/// # Errors
/// There are too many.
pub fn input_of(
    paths: Vec<Vec<u8>>,
    kind: Option<args::Kind>,
    loader: &dyn Loader,
) -> Result<Input> {
    Ok(match kind {
        None => guess(loader, &paths),
        Some(args::Kind::Main) => Input::MainConfig(paths),
        Some(args::Kind::Vhost) => Input::VirtualHostInclude(paths),
        Some(args::Kind::Htaccess) => Input::Htaccess(only(paths)?),
        Some(args::Kind::Docroot) => Input::DocumentRoot(only(paths)?),
    })
}

/// What to say of a build where a configuration is needed.
fn is_no_configuration(build: &Path, missing: &[&str]) -> String {
    let state = match missing {
        [] => String::new(),
        missing => format!(" (damaged: without {})", missing.join(", ")),
    };
    let command = std::env::args().nth(1).unwrap_or_default();
    let build = build.display();
    format!("{build} is a build{state}; {command} needs the configuration it was made from")
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

fn only(mut paths: Vec<Vec<u8>>) -> Result<Vec<u8>> {
    match (paths.pop(), paths.is_empty()) {
        (Some(path), true) => Ok(path),
        _ => bail!("give one path for this kind of configuration"),
    }
}

/// How they are read.
///
/// # Errors
/// A folder that is named does not exist, or a time zone.
pub fn read_options(options: &args::Reading) -> Result<ReadOptions> {
    let docroots = options
        .docroot
        .iter()
        .map(|text| docroot_mapping(text))
        .collect::<Result<_>>()?;
    Ok(ReadOptions {
        docroots,
        server_root: options.server_root.as_deref().map(to_bytes),
        defines: options
            .define
            .iter()
            .map(|name| name.clone().into_bytes())
            .collect(),
        unknown_directives: match options.unknown_directive {
            args::UnknownDirective::Module => UnknownDirectives::OfFamiliesAreLoaded,
            args::UnknownDirective::Error => UnknownDirectives::Refused,
        },
        limits: limits(options),
        time_zone: options
            .timezone
            .as_deref()
            .map(time_zone::parse)
            .transpose()?,
        ..ReadOptions::default()
    })
}

/// How much work a configuration may ask for.
pub fn limits(options: &args::Reading) -> Limits {
    let given = options.max.iter();
    given.fold(Limits::default(), |limits, (limit, value)| {
        limits.with(*limit, *value)
    })
}

/// Reads `[SERVER_PATH=]DIR`.
fn docroot_mapping(text: &str) -> Result<DocrootMapping> {
    let (server_path, local) = match text.split_once('=') {
        Some((server, local)) if server.starts_with('/') => {
            (Some(server.as_bytes().to_vec()), local)
        }
        _ => (None, text),
    };
    let local = Path::new(local);
    if !local.is_dir() {
        bail!("--docroot {}: there is no such folder", local.display());
    }
    let local = local
        .canonicalize()
        .with_context(|| format!("--docroot {}", local.display()))?;
    Ok(DocrootMapping {
        server_path,
        local_path: to_bytes(&local),
    })
}

/// True when `path` is a build folder, damaged or not.
pub fn is_build(path: &Path) -> bool {
    folder::as_build(path).is_some()
}
