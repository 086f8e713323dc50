//! A build as Lambda@Edge takes it.
//!
//! In: a build folder, the function's binary, the command line. Out: [`Package`], and the
//! [`template`](mod@template) of its stack. Absent: the disk they are written to, and AWS.
//!
//! In the zip file: `bootstrap`, the function; `index.mjs`, which Lambda loads and which starts it;
//! `edgewright.json`, its settings; `rules.bin`; and `table.bin` unless the table is in DynamoDB.

mod archive;
mod binary;
mod cache_control;
pub mod cache_hits;
pub mod inputs;
mod own_function;
mod regions;
mod settings;
mod template;
#[cfg(test)]
mod through_cloudfront;
pub mod viewer_function;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use edgewright_compiler::Compilation;
use edgewright_compiler::class::ViewerClass;
use edgewright_compiler::export::manifest::Readers;
use edgewright_compiler::export::{MANIFEST_FILE, Manifest, PROGRAM_FILE, Server, TABLE_FILE};
use edgewright_compiler::inputs::{Input, Inputs};
use edgewright_engine::artefact::program::Program;
use edgewright_engine::artefact::table::EmbeddedTable;
use edgewright_engine::lambda::configuration::{self, Configuration};
use edgewright_engine::model::site::Site;
use edgewright_engine::model::trigger::Trigger;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::args;
use crate::broken;
use archive::{File, Mode};
pub use binary::Binary;
use cache_control::OwnCacheControl;
use own_function::OwnFunctions;
pub use template::{key_names, template};
pub use viewer_function::ViewerFunction;

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
    /// The parts of a request that can change an answer, each with the lines that read it.
    pub inputs: BTreeMap<Input, Readers>,
    /// What viewers are told apart by at origin-request, where that helps.
    pub viewer_class: Option<ViewerClass>,
    /// Functions of the user's own in front of the cache.
    pub own: OwnFunctions,
    /// The servers that rules proxy to, each with the lines that name it.
    pub proxied: BTreeMap<Server, Readers>,
    /// What speaks against it, where it is packed all the same.
    pub broken: Option<String>,
    /// What the configuration says of `Cache-Control` itself.
    pub cache_control: OwnCacheControl,
}

impl Package {
    /// The package that would be made with these options, without a zip file.
    pub fn of_dependence(options: &args::Package, dependence: &Dependence) -> Self {
        let trigger = options.trigger.unwrap_or_else(|| dependence.trigger());
        Self {
            content: Vec::new(),
            zip: Vec::new(),
            hash: "0".repeat(64),
            trigger,
            inputs: dependence.inputs.clone(),
            viewer_class: dependence.viewer_class.clone(),
            own: OwnFunctions::default(),
            proxied: BTreeMap::new(),
            broken: None,
            cache_control: OwnCacheControl::default(),
        }
    }

    /// Where the template expects the zip file in its bucket: another place for other bytes.
    pub fn code_key(&self) -> String {
        format!("edgewright/{}.zip", self.short_hash())
    }

    /// The class, if the trigger has a use for it.
    pub fn class(&self) -> Option<&ViewerClass> {
        used_class(self.viewer_class.as_ref(), self.trigger)
    }

    /// Would answers not be kept if there were no class?
    pub fn keeps_nothing_without_class(&self) -> bool {
        Input::trigger(self.inputs.keys()) == Trigger::ViewerRequest
    }

    /// The function in front of the cache, if there is one.
    pub fn viewer_function(&self, arguments: &args::Package) -> Option<ViewerFunction> {
        ViewerFunction::of(self, arguments)
    }

    /// Enough of the hash to tell packages apart.
    fn short_hash(&self) -> &str {
        self.hash.get(..16).unwrap_or(&self.hash)
    }
}

/// A class, if the trigger has a use for it.
fn used_class(class: Option<&ViewerClass>, trigger: Trigger) -> Option<&ViewerClass> {
    class.filter(|_| trigger == Trigger::OriginRequest)
}

/// What the answers of a build depend on, as far as its stack does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dependence {
    /// The inputs, each with the lines that read it.
    inputs: BTreeMap<Input, Readers>,
    /// What viewers are told apart by, where that helps.
    viewer_class: Option<ViewerClass>,
}

impl Dependence {
    /// What the manifest of a build says.
    ///
    /// # Errors
    /// There is none, or it is damaged.
    pub fn of_build(folder: &Path) -> Result<Self> {
        let Manifest {
            inputs,
            viewer_class,
            ..
        } = manifest(folder)?;
        Ok(Self {
            inputs,
            viewer_class,
        })
    }

    /// What the compiler found; who reads what is not told.
    pub fn of_compilation(compilation: &Compilation) -> Self {
        Self::unread(&compilation.inputs, compilation.viewer_class.clone())
    }

    /// What the answers of a site depend on; who reads it is not told.
    pub fn of_site(site: &Site) -> Self {
        Self::unread(&Inputs::of(site), ViewerClass::of(site))
    }

    /// Without who reads the inputs.
    fn unread(inputs: &Inputs, viewer_class: Option<ViewerClass>) -> Self {
        let inputs = inputs.iter().map(|(input, _)| input.clone());
        Self {
            inputs: inputs.map(|input| (input, Readers::default())).collect(),
            viewer_class,
        }
    }

    /// Where CloudFront calls the function when nobody says.
    pub fn trigger(&self) -> Trigger {
        ViewerClass::trigger(self.viewer_class.as_ref(), self.inputs.keys())
    }
}

/// What a function is deployed with.
#[derive(Debug, Clone)]
pub struct Stack {
    /// The template.
    pub template: Value,
    /// The function's settings.
    pub configuration: Configuration,
    /// The function in front of the cache.
    pub viewer_function: Option<ViewerFunction>,
}

impl Stack {
    /// The stack that `package` would make with these options, without a zip file.
    ///
    /// # Errors
    /// The rules depend on more than a cache key holds, or CloudFront would refuse the template.
    pub fn of(options: &args::Package, dependence: &Dependence) -> Result<Self> {
        let package = Package::of_dependence(options, dependence);
        let settings = settings::text(options, package.trigger, package.class())?;
        Ok(Self {
            template: template(options, &package)?,
            configuration: Configuration::parse(&settings)?,
            viewer_function: package.viewer_function(options),
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
    let class = used_class(manifest.viewer_class.as_ref(), trigger);
    let cache_control = OwnCacheControl::of(program.site());
    let own = own_functions(arguments, trigger)?;
    let settings = settings::text(arguments, trigger, class)?;
    let files = files(arguments, settings, binary, (rules, &program))?;
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
        inputs: manifest.inputs,
        viewer_class: manifest.viewer_class,
        own,
        proxied: manifest.proxied,
        broken,
        cache_control,
    })
}

/// The functions of the user's own.
///
/// # Errors
/// One cannot be read, or there is no room for any.
fn own_functions(arguments: &args::Package, trigger: Trigger) -> Result<OwnFunctions> {
    let path = Option::as_deref;
    let (before, after) = (&arguments.function_before, &arguments.function_after);
    let own = OwnFunctions::read(path(before), path(after))?;
    if trigger == Trigger::ViewerRequest && !own.is_empty() {
        bail!(
            "at viewer-request CloudFront calls Lambda@Edge, and no CloudFront Function beside it: there is no room for yours"
        );
    }
    Ok(own)
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
    settings: Vec<u8>,
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
        data(configuration::FILE_NAME, settings),
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

fn manifest(build: &Path) -> Result<Manifest> {
    let text = read(build, MANIFEST_FILE)?;
    Manifest::read(&text)
        .with_context(|| format!("{MANIFEST_FILE}: run `edgewright migrate` again"))
}

/// The trigger asked for, or the one the rules allow.
///
/// # Errors
/// Answers may not be cached, and the trigger asked for caches them.
fn trigger(manifest: &Manifest, asked: Option<Trigger>) -> Result<Trigger> {
    let reason = |(input, readers)| format!("{input} ({})", inputs::read_by(readers));
    let uncacheable: Vec<String> = manifest.uncacheable().map(reason).collect();
    match asked {
        Some(Trigger::OriginRequest) if !uncacheable.is_empty() => bail!(
            "answers depend on what no cache key can hold, and one viewer would get another's at \
             origin-request: {}; use viewer-request",
            uncacheable.join(", ")
        ),
        Some(trigger) => Ok(trigger),
        None => Ok(manifest.trigger),
    }
}
