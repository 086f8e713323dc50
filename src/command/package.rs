//! `edgewright package`: a build as Lambda@Edge takes it.
//!
//! In: a build folder. Out: a zip file, the template of its stack, and on standard output what is in
//! them. Absent: AWS.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use edgewright_compiler::class::{CLASS_HEADER, LONGEST_CODE};
use edgewright_compiler::export::function::cache_hits::MadeUpDay;
use edgewright_compiler::export::function::cache_key::key_names;
use edgewright_compiler::export::function::costs;
use edgewright_compiler::export::function::permissions::permissions;
use edgewright_compiler::export::function::terraform::ZIP_FILE;
use edgewright_compiler::export::function::{
    BehaviourNeeds, Distribution, Ignored, MOST_ALIASES, Origin, SiteNames, Stack, TerraformModule,
    inputs,
};
use edgewright_compiler::inputs::Input;
use edgewright_engine::model::trigger::Trigger;
use serde_json::Value;

use super::{Exit, say};
use crate::args;
use crate::dynamodb::Generation;
use crate::package::{Binary, LARGEST_ZIP, Package, pack};
use crate::summary::thousands;

/// Packs the build and says what to do with it.
///
/// # Errors
/// The build or the binary cannot be used, a quota is exceeded, or the disk refuses.
pub fn run(arguments: &args::Package) -> Result<Exit> {
    let binary = Binary::find(arguments.bootstrap.as_deref())?;
    let needs = match binary.glibc {
        Some(version) => format!("{}, glibc {version}", binary.path.display()),
        None => binary.path.display().to_string(),
    };
    let package = pack(arguments, binary)?;
    if let Some(said) = &package.broken {
        say(said)?;
    }
    let stack = &package.stack;
    write(&arguments.out, &package.zip)?;
    let beside = Beside::write(arguments, &package)?;
    if let Some(folder) = &arguments.terraform {
        write_module(folder, &package)?;
    }
    say(&content(&arguments.out, &package, &needs))?;
    let kept = &package.cache_control;
    let day = MadeUpDay::of(stack);
    let weight = Generation::open(&arguments.build)?.weight();
    let told = [
        inputs::table(stack),
        inputs::proxied(stack),
        in_front(stack)?,
        at_origin(stack)?,
        kept.lines(&arguments.cache_control)?,
        day.text(),
        costs::of_a_made_up_month(stack, day.own(), Some(weight))?,
        names(&package),
    ];
    say(&format!("\n{}", told.concat()))?;
    say(&next(arguments, &package, &beside))?;
    Ok(Exit::Clean)
}

/// The files beside the zip file.
struct Beside {
    template: PathBuf,
    table: Option<PathBuf>,
    needs: Option<PathBuf>,
    permissions: PathBuf,
}

impl Beside {
    fn write(arguments: &args::Package, package: &Package) -> Result<Self> {
        let stack = &package.stack;
        let write = |extension: &str, value: &Value| {
            let path = arguments.out.with_extension(extension);
            write(&path, format!("{value:#}\n").as_bytes()).map(|()| path)
        };
        let template = write("template.json", &stack.template(&package.hash)?)?;
        let table = stack.table_template()?;
        let table = table.map(|table| write("table.template.json", &table));
        let permissions = write("permissions.json", &permissions(stack)?)?;
        let needs = match stack.options().distribution {
            Distribution::Own => None,
            Distribution::Elsewhere => {
                let needs = serde_json::to_value(BehaviourNeeds::of(stack)?)?;
                Some(write("behaviour.json", &needs)?)
            }
        };
        Ok(Self {
            template,
            table: table.transpose()?,
            needs,
            permissions,
        })
    }
}

/// Writes the module for Terraform, with the zip file in it.
fn write_module(folder: &Path, package: &Package) -> Result<()> {
    let module = TerraformModule::of(&package.stack, &package.hash)?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for (name, content) in &module.files {
        write(&folder.join(name), format!("{content:#}\n").as_bytes())?;
    }
    write(&folder.join(ZIP_FILE), &package.zip)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

fn content(out: &Path, package: &Package, needs: &str) -> String {
    let mut text = String::new();
    for (name, size) in &package.content {
        let note = if *name == "bootstrap" { needs } else { "" };
        let line = format!("  {:>12}  {name:<16} {note}", thousands(*size));
        text += line.trim_end();
        text.push('\n');
    }
    let (size, largest) = (thousands(package.zip.len()), thousands(LARGEST_ZIP));
    text + &format!(
        "= {size:>12}  {}, of {largest} bytes that Lambda@Edge takes\n",
        out.display()
    )
}

/// The function in front of the cache, what it does to the cache key, and what the origin does not get because of it.
fn in_front(stack: &Stack) -> Result<String> {
    let Some(function) = stack.viewer_function() else {
        return Ok(String::new());
    };
    let size = thousands(function.code().len());
    let most = thousands(LONGEST_CODE);
    let mut text = format!(
        "  in front of the cache: a CloudFront Function of {size} bytes, of {most} that CloudFront takes\n"
    );
    if let Some(class) = stack.class() {
        let key = key_names(stack, Some(class))?;
        let before = match key_names(stack, None) {
            _ if stack.keeps_nothing_without_class() => "answers were not kept".to_owned(),
            Ok(names) => names.join(", "),
            Err(_) => "more than CloudFront takes".to_owned(),
        };
        text += &format!("  key: {}; without the class: {before}\n", key.join(", "));
    }
    Ok(text)
}

/// What the origin gets, and what it does not get because somebody chose so.
fn at_origin(stack: &Stack) -> Result<String> {
    let class = stack.class();
    let key = key_names(stack, class)?.into_iter();
    let sent = key.filter(|name| match (stack.options().origin, name.as_str()) {
        (_, CLASS_HEADER) | (Origin::Bucket, "the query") => false,
        (Origin::Bucket | Origin::Server, _) => true,
    });
    let sent: Vec<String> = std::iter::once("the path".to_owned()).chain(sent).collect();
    let mut text = format!("  the origin gets: {}\n", sent.join(", "));
    for (name, remedy) in withheld(stack) {
        if !sent.contains(&name) {
            text += &format!("  the origin does not get: {name} ({remedy})\n");
        }
    }
    Ok(text)
}

/// What may be kept from the origin, and why it is.
fn withheld(stack: &Stack) -> Vec<(String, &'static str)> {
    let options = stack.options();
    let why = |part| match options.origin {
        Origin::Bucket => "a bucket has no use for it",
        Origin::Server if options.origin_ignores.contains(&part) => "--origin-ignores",
        Origin::Server => "",
    };
    let mut all = vec![
        ("the query".to_owned(), why(Ignored::Query)),
        ("all cookies".to_owned(), why(Ignored::Cookies)),
    ];
    let named = stack.unsent().into_iter();
    let named = named.filter(|name| !name.starts_with("x-edgewright-") && name != "cookie");
    all.extend(named.map(|name| {
        (
            name,
            "rules read it; --origin-gets sends it, and keeps answers apart by it",
        )
    }));
    all
}

/// The names of the site, for whoever makes the distribution.
fn names(package: &Package) -> String {
    const MOST_LISTED: usize = 6;
    let SiteNames { taken, patterns } = &package.names;
    if package.stack.options().distribution == Distribution::Elsewhere {
        return String::new();
    }
    let mut text = String::new();
    if !taken.is_empty() {
        let mut listed: Vec<&str> = taken.iter().take(MOST_LISTED).map(String::as_str).collect();
        if taken.len() > MOST_LISTED {
            listed.push("…");
        }
        let (count, listed) = (thousands(taken.len()), listed.join(", "));
        text += &format!(
            "  {count} names: {listed}; Aliases=NAME,NAME and CertificateArn=ARN make the distribution answer to them\n"
        );
    }
    if taken.len() > MOST_ALIASES {
        text += &format!(
            "  one distribution takes {MOST_ALIASES} names: ask AWS for more, or make several stacks of this package\n"
        );
    }
    for pattern in patterns {
        text +=
            &format!("  no distribution takes the name {pattern}: list the names it stands for\n");
    }
    text
}

/// What to type.
fn next(arguments: &args::Package, package: &Package, beside: &Beside) -> String {
    let (zip, template) = (arguments.out.display(), beside.template.display());
    let (trigger, key) = (package.stack.trigger().name(), package.hash.key());
    let origin = match package.stack.options().distribution {
        Distribution::Own => " OriginDomain=HOST",
        Distribution::Elsewhere => "",
    };
    let permissions = beside.permissions.display();
    let mut text =
        format!("\n  trigger {trigger} · template {template} · to deploy it: {permissions}\n");
    if beside.table.is_some() && package.stack.options().regions.len() > 1 {
        text += "  another Region for the table, or one less, is one update of its stack: one Region at a time\n";
    }
    text += &doubt(&package.stack);
    let mut steps = Vec::new();
    steps.extend(beside.table.as_ref().map(|table| {
        format!(
            "aws cloudformation deploy --region us-east-1 --stack-name edgewright-table --template-file {}\n",
            table.display()
        )
    }));
    steps.extend(arguments.table.as_ref().map(|table| {
        let build = arguments.build.display();
        format!("edgewright deploy {build} --table {table}\n")
    }));
    steps.push(format!("aws s3 cp {zip} s3://BUCKET/{key}\n"));
    steps.push(format!(
        "aws cloudformation deploy --region us-east-1 --stack-name edgewright --template-file {template} \\\n          \
         --capabilities CAPABILITY_IAM --parameter-overrides CodeBucket=BUCKET CodeKey={key}{origin}\n"
    ));
    steps.extend(beside.needs.as_ref().map(|needs| {
        format!(
            "edgewright attach {} --stack edgewright --distribution ID\n",
            needs.display()
        )
    }));
    text += "  next: ";
    text += &steps.join("        ");
    if let Some(folder) = &arguments.terraform {
        let folder = folder.display();
        text +=
            &format!("  or with Terraform: the module {folder} is all of it (docs/terraform.md)\n");
    }
    text
}

/// What the function cannot know at this trigger.
fn doubt(stack: &Stack) -> String {
    let matters = stack.dependence().inputs.contains_key(&Input::Scheme);
    if stack.trigger() == Trigger::OriginRequest || !matters {
        return String::new();
    }
    let scheme = stack.options().scheme.name();
    format!(
        "  CloudFront does not tell http from https there: every answer is the one for {scheme} (--scheme)\n"
    )
}
