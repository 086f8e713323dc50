//! What was typed on the command line, as paths and options of the compiler.
//!
//! In: paths and reading options. Out: an [`Input`] and [`ReadOptions`]. Absent: reading files; see `input`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use edgewright_compiler::{
    DocrootMapping, Input, Limits, Loader, ReadOptions, UnknownDirectives, guess,
};

use crate::args;
use crate::folder;
use crate::loader::{STANDARD_INPUT, to_bytes};
use crate::time_zone;

/// Is this how standard input is named?
pub fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-") || path == Path::new(STANDARD_INPUT)
}

/// Refuses a command line that names standard input more than once: it is gone once it was read.
///
/// # Errors
/// Standard input is named more than once.
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
