//! A build as Lambda@Edge takes it.
//!
//! In: a build folder, the function's binary, the command line. Out: [`Package`], and the
//! [`template`](mod@template) of its stack. Absent: the disk they are written to, and AWS.
//!
//! In the zip file: `bootstrap`, the function; `index.mjs`, which Lambda loads and which starts it;
//! `edgewright.json`, its settings; `rules.bin`; and `table.bin` unless the table is in DynamoDB.

mod archive;
mod binary;
pub mod inputs;
mod regions;
mod settings;
mod template;
#[cfg(test)]
mod through_cloudfront;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use edgewright_compiler::emit::{MANIFEST_FILE, PROGRAM_FILE, TABLE_FILE};
use edgewright_compiler::inputs::Inputs;
use edgewright_engine::artefact::program::Program;
use edgewright_engine::artefact::table::EmbeddedTable;
use edgewright_engine::lambda::configuration::{self, Configuration};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::args::{self, Trigger};
use crate::broken;
use archive::{File, Mode};
pub use binary::Binary;
pub use template::{copies_host, template};

/// What Lambda loads.
const LAUNCHER: &str = include_str!("package/index.mjs");

/// Lambda@Edge's quota for a zip file, in bytes; the same at both triggers.
pub const LARGEST_ZIP: usize = 50 * 1024 * 1024;

/// Lambda's quota for what is in it, in bytes.
pub const LARGEST_CONTENT: usize = 250 * 1024 * 1024;

/// What goes to AWS.
#[derive(Debug)]
pub struct Package {
    /// Name and size of each file in the zip file, in order.
    pub content: Vec<(&'static str, usize)>,
    /// The zip file.
    pub zip: Vec<u8>,
    /// SHA-256 of the zip file, in hexadecimal digits.
    pub hash: String,
    /// Where CloudFront should call the function.
    pub trigger: Trigger,
    /// Which parts of a request can change an answer, as the manifest names them.
    pub inputs: Vec<String>,
    /// Who reads each of them, as the manifest has it.
    pub readers: Value,
    /// The servers that rules proxy to, as the manifest has them.
    pub proxied: Value,
    /// What speaks against it, where it is packed all the same.
    pub broken: Option<String>,
}

impl Package {
    /// Where the template expects the zip file in its bucket: another place for other bytes.
    pub fn code_key(&self) -> String {
        format!("edgewright/{}.zip", self.short_hash())
    }

    /// Enough of the hash to tell packages apart.
    fn short_hash(&self) -> &str {
        self.hash.get(..16).unwrap_or(&self.hash)
    }
}

/// What the answers of a build depend on, as far as its stack does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dependence {
    inputs: Vec<String>,
    uncacheable: Vec<String>,
}

impl Dependence {
    /// What the manifest of a build says.
    ///
    /// # Errors
    /// There is none, or it is damaged.
    pub fn of_build(folder: &Path) -> Result<Self> {
        let manifest = manifest(folder)?;
        let list = |name| texts(&manifest, name).map(str::to_owned).collect();
        Ok(Self {
            inputs: list("inputs"),
            uncacheable: list("uncacheable"),
        })
    }

    /// What the compiler found.
    pub fn of_inputs(inputs: &Inputs) -> Self {
        Self {
            inputs: inputs.iter().map(|(name, _)| name).collect(),
            uncacheable: inputs.uncacheable(),
        }
    }

    /// Where CloudFront calls the function when nobody says.
    pub fn trigger(&self) -> Trigger {
        if self.uncacheable.is_empty() {
            Trigger::OriginRequest
        } else {
            Trigger::ViewerRequest
        }
    }
}

/// What a function is deployed with.
#[derive(Debug, Clone)]
pub struct Stack {
    /// The template.
    pub template: Value,
    /// The function's settings.
    pub configuration: Configuration,
}

impl Stack {
    /// The stack that `package` would make with these options, without a zip file.
    ///
    /// # Errors
    /// The rules depend on more than a cache key holds, or CloudFront would refuse the template.
    pub fn of(options: &args::Package, dependence: &Dependence) -> Result<Self> {
        let trigger = options.trigger.unwrap_or_else(|| dependence.trigger());
        let package = Package {
            content: Vec::new(),
            zip: Vec::new(),
            hash: "0".repeat(64),
            trigger,
            inputs: dependence.inputs.clone(),
            readers: Value::Null,
            proxied: Value::Null,
            broken: None,
        };
        let settings = settings::text(options, trigger)?;
        Ok(Self {
            template: template(options, &package)?,
            configuration: Configuration::parse(&settings)?,
        })
    }
}

/// Packs a build.
///
/// # Errors
/// The build or the binary cannot be used, the trigger does not fit the rules, or a quota is
/// exceeded.
pub fn pack(arguments: &args::Package, binary: Binary) -> Result<Package> {
    let manifest = manifest(&arguments.build)?;
    let trigger = trigger(&manifest, arguments.trigger)?;
    let rules = read(&arguments.build, PROGRAM_FILE)?;
    let program = Program::load(&rules)
        .with_context(|| format!("{PROGRAM_FILE}: run `edgewright migrate` again"))?;
    let broken = broken::refuse(program.site(), args::Force::of(arguments.force))?;
    let files = files(arguments, trigger, binary, (rules, &program))?;
    let content: Vec<_> = files
        .iter()
        .map(|file| (file.name, file.bytes.len()))
        .collect();
    let zip = archive::zip(&files).context("the zip file cannot be made")?;
    let unpacked = content.iter().map(|(_, size)| size).sum();
    within("the zip file", zip.len(), LARGEST_ZIP, arguments)?;
    within("the unpacked content", unpacked, LARGEST_CONTENT, arguments)?;
    Ok(Package {
        content,
        hash: hexadecimal(&Sha256::digest(&zip)),
        zip,
        trigger,
        inputs: texts(&manifest, "inputs").map(str::to_owned).collect(),
        readers: manifest["readers"].clone(),
        proxied: manifest["proxied"].clone(),
        broken,
    })
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

fn files(
    arguments: &args::Package,
    trigger: Trigger,
    binary: Binary,
    (rules, program): (Vec<u8>, &Program),
) -> Result<Vec<File>> {
    let data = |name, bytes| File {
        name,
        bytes,
        mode: Mode::Data,
    };
    let mut files = vec![
        File {
            name: binary::NAME,
            bytes: binary.bytes,
            mode: Mode::Program,
        },
        data("index.mjs", LAUNCHER.as_bytes().to_vec()),
        data(
            configuration::FILE_NAME,
            settings::text(arguments, trigger)?,
        ),
        data(PROGRAM_FILE, rules),
    ];
    if arguments.table.is_none() {
        let table = read(&arguments.build, TABLE_FILE)?;
        let loaded = EmbeddedTable::load(&table)
            .with_context(|| format!("{TABLE_FILE}: run `edgewright migrate` again"))?;
        if loaded.generation() != program.generation() {
            bail!("{PROGRAM_FILE} and {TABLE_FILE} are not of the same build");
        }
        files.push(data(TABLE_FILE, table));
    }
    Ok(files)
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

fn manifest(build: &Path) -> Result<Value> {
    let text = read(build, MANIFEST_FILE)?;
    serde_json::from_slice(&text).with_context(|| format!("{MANIFEST_FILE} is damaged"))
}

/// The trigger asked for, or the one the rules allow.
///
/// # Errors
/// Answers may not be cached, and the trigger asked for caches them.
fn trigger(manifest: &Value, asked: Option<Trigger>) -> Result<Trigger> {
    let uncacheable: Vec<&str> = texts(manifest, "uncacheable").collect();
    match asked {
        Some(Trigger::OriginRequest) if !uncacheable.is_empty() => bail!(
            "answers depend on what no cache key can hold, and one viewer would get another's at \
             origin-request: {}; use viewer-request",
            reasons(&uncacheable, &manifest["readers"])
        ),
        Some(trigger) => Ok(trigger),
        None if uncacheable.is_empty() => Ok(Trigger::OriginRequest),
        None => Ok(Trigger::ViewerRequest),
    }
}

/// Each input with the rules that read it.
fn reasons(names: &[&str], readers: &Value) -> String {
    let reason = |name: &&str| format!("{name} ({})", inputs::read_by(&readers[*name]));
    let reasons: Vec<String> = names.iter().map(reason).collect();
    reasons.join(", ")
}

/// The texts in the list called `name`.
fn texts<'a>(manifest: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    let list = manifest[name].as_array().map(Vec::as_slice);
    list.unwrap_or_default().iter().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(uncacheable: &Value, asked: Option<Trigger>, expected: Option<Trigger>) {
        let manifest = json!({ "uncacheable": uncacheable });
        assert_eq!(trigger(&manifest, asked).ok(), expected, "{uncacheable}");
    }

    #[test]
    fn the_trigger_never_caches_what_must_not_be() {
        let (origin, viewer) = (Trigger::OriginRequest, Trigger::ViewerRequest);
        check(&json!([]), None, Some(origin));
        check(&json!([]), Some(viewer), Some(viewer));
        check(&json!(["time"]), None, Some(viewer));
        check(&json!(["time"]), Some(viewer), Some(viewer));
        check(&json!(["time"]), Some(origin), None);
    }
}
