//! A build as Lambda@Edge takes it: the zip file.
//!
//! In: a build folder, the function's binary, the command line. Out: [`Package`]. Absent: the stack, the settings and the
//! template, which are `edgewright_compiler::export::function`; the disk they are written to, and AWS.
//!
//! In the zip file: `bootstrap`, the function; `index.mjs`, which Lambda loads and which starts it;
//! `edgewright.json`, its settings; `rules.bin`; and `table.bin` unless the table is in DynamoDB.

mod archive;
mod binary;
#[cfg(test)]
mod through_cloudfront;

use std::fs;
use std::path::Path;

use anyhow::{Context, Error, Result, bail};
use edgewright_compiler::Written;
use edgewright_compiler::export::function::cache_control::OwnCacheControl;
use edgewright_compiler::export::function::{
    CodeHash, Dependence, FunctionPackage, OwnFunction, OwnFunctions, SiteNames, Stack,
};
use edgewright_compiler::export::{Files, MANIFEST_FILE, Manifest, PROGRAM_FILE, TABLE_FILE};
use edgewright_engine::artefact::program::Program;
use edgewright_engine::artefact::table::EmbeddedTable;
use sha2::{Digest, Sha256};

use crate::args;
use crate::broken;
use archive::Contents;
pub use binary::Binary;

/// Lambda@Edge's quota for a zip file, in bytes; the same at both triggers.
pub const LARGEST_ZIP: usize = 50 * 1024 * 1024;

/// Lambda's quota for what is in it, in bytes.
pub const LARGEST_CONTENT: usize = 250 * 1024 * 1024;

/// What goes to AWS.
#[derive(Debug)]
pub struct Package {
    /// What the function is deployed as.
    pub stack: Stack,
    /// Name and size of each file in the zip file, in order.
    pub content: Vec<(&'static str, usize)>,
    /// The zip file.
    pub zip: Vec<u8>,
    /// The hash of the zip file.
    pub hash: CodeHash,
    /// What speaks against it, where it is packed all the same.
    pub broken: Option<String>,
    /// What the configuration says of `Cache-Control` itself.
    pub cache_control: OwnCacheControl,
    /// The names of the site.
    pub names: SiteNames,
}

/// What the manifest of a build says of what its answers depend on.
///
/// # Errors
/// There is no manifest, or it is damaged.
pub fn dependence(build: &Path) -> Result<Dependence> {
    let text = read(build, MANIFEST_FILE)?;
    let manifest = Manifest::read(&text)
        .with_context(|| format!("{MANIFEST_FILE}: run `edgewright migrate` again"))?;
    Ok(manifest.into())
}

/// Packs a build.
///
/// # Errors
/// The build or the binary cannot be used, the trigger does not fit the rules, or a quota is
/// exceeded.
pub fn pack(arguments: &args::Package, binary: Binary) -> Result<Package> {
    let stack = Stack::new(arguments.options(), dependence(&arguments.build)?)?;
    let rules = read(&arguments.build, PROGRAM_FILE)?;
    let program = Program::load(&rules)
        .with_context(|| format!("{PROGRAM_FILE}: run `edgewright migrate` again"))?;
    let broken = broken::refuse(program.site(), args::Force::of(arguments.force))?;
    let cache_control = OwnCacheControl::of(program.site());
    let names = SiteNames::of(program.site());
    let stack = stack.with_own(own_functions(arguments)?)?;
    // What is wrong with the settings is said before the table is read.
    stack.settings()?;
    let table = match arguments.table {
        None => vec![table(&arguments.build, &program)?],
        Some(_) => Vec::new(),
    };
    let mut content = vec![(binary::NAME, binary.bytes.len())];
    let mut contents = Contents::of_program(binary::NAME, binary.bytes);
    let written = write(&stack, &[rules], &table, &mut contents)?;
    content.extend(written.iter().map(|file| (file.name, file.bytes)));
    let zip = contents.zip().context("the zip file cannot be made")?;
    let unpacked = content.iter().map(|(_, size)| size).sum();
    within("the zip file", zip.len(), LARGEST_ZIP, arguments)?;
    within("the unpacked content", unpacked, LARGEST_CONTENT, arguments)?;
    Ok(Package {
        stack,
        content,
        hash: CodeHash(hexadecimal(&Sha256::digest(&zip))),
        zip,
        broken,
        cache_control,
        names,
    })
}

/// Writes what stands beside the binary.
fn write(
    stack: &Stack,
    program: &[Vec<u8>],
    table: &[Vec<u8>],
    contents: &mut Contents,
) -> Result<Vec<Written>> {
    let mut files = Files::of(contents);
    let written = FunctionPackage(stack).write_build(program, table, &mut files);
    let written = written.and_then(|()| files.finish());
    written.map_err(Error::from_boxed)
}

/// The functions of the user's own.
///
/// # Errors
/// One cannot be read, or has no function.
fn own_functions(arguments: &args::Package) -> Result<OwnFunctions> {
    let own = |path: &Option<_>| path.as_deref().map(own_function).transpose();
    Ok(OwnFunctions {
        before: own(&arguments.function_before)?,
        after: own(&arguments.function_after)?,
    })
}

fn own_function(path: &Path) -> Result<OwnFunction> {
    let text =
        fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    OwnFunction::of(&text).with_context(|| path.display().to_string())
}

/// Bytes as lower-case hexadecimal digits.
fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn within(what: &str, size: usize, largest: usize, arguments: &args::Package) -> Result<()> {
    if size <= largest {
        return Ok(());
    }
    let remedy = match arguments.table {
        None => "put the table into DynamoDB with --table NAME",
        Some(_) => "the rules that are not keyed are too many for a function",
    };
    bail!("{what} has {size} bytes, Lambda@Edge takes {largest}: {remedy}")
}

/// The bytes of the table that belongs to `program`.
fn table(build: &Path, program: &Program) -> Result<Vec<u8>> {
    let table = read(build, TABLE_FILE)?;
    let loaded = EmbeddedTable::load(&table)
        .with_context(|| format!("{TABLE_FILE}: run `edgewright migrate` again"))?;
    if loaded.generation() != program.generation() {
        bail!("{PROGRAM_FILE} and {TABLE_FILE} are not of the same build");
    }
    Ok(table)
}

fn read(folder: &Path, name: &str) -> Result<Vec<u8>> {
    let path = folder.join(name);
    fs::read(&path).with_context(|| {
        format!(
            "cannot read {}: is this a folder that `edgewright migrate` wrote?",
            path.display()
        )
    })
}
