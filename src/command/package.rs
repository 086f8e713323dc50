//! `edgewright package`: a build as Lambda@Edge takes it.
//!
//! In: a build folder. Out: a zip file, the template of its stack, and on standard output what is in
//! them. Absent: AWS.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use edgewright_compiler::class::LONGEST_CODE;
use edgewright_compiler::inputs::Input;
use edgewright_engine::model::trigger::Trigger;

use super::{Exit, say};
use crate::args;
use crate::package::viewer_function::unsent;
use crate::package::{Binary, LARGEST_ZIP, Package, inputs, key_names, pack, template};
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
    let template = template(arguments, &package)?;
    let beside = arguments.out.with_extension("template.json");
    write(&arguments.out, &package.zip)?;
    write(&beside, format!("{template:#}\n").as_bytes())?;
    say(&content(&arguments.out, &package, &needs))?;
    let inputs = inputs::table(
        &package.inputs,
        (package.trigger, package.class()),
        arguments,
    );
    let in_front = in_front(arguments, &package)?;
    let proxied = inputs::proxied(&package.proxied, package.trigger, arguments);
    say(&format!("\n{inputs}{proxied}{in_front}"))?;
    say(&next(arguments, &package, &beside))?;
    Ok(Exit::Clean)
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
fn in_front(arguments: &args::Package, package: &Package) -> Result<String> {
    let Some(function) = package.viewer_function(arguments) else {
        return Ok(String::new());
    };
    let size = thousands(function.code().len());
    let most = thousands(LONGEST_CODE);
    let mut text = format!(
        "  in front of the cache: a CloudFront Function of {size} bytes, of {most} that CloudFront takes\n"
    );
    if let Some(class) = package.class() {
        let key = key_names(arguments, package, Some(class))?;
        let before = match key_names(arguments, package, None) {
            _ if package.keeps_nothing_without_class() => "answers were not kept".to_owned(),
            Ok(names) => names.join(", "),
            Err(_) => "more than CloudFront takes".to_owned(),
        };
        let gone = unsent(class).into_iter();
        let gone: Vec<String> = gone
            .filter(|name| !name.starts_with("x-edgewright-"))
            .collect();
        text += &format!("  key: {}; without the class: {before}\n", key.join(", "));
        if !gone.is_empty() {
            text += &format!("  the origin does not get: {}\n", gone.join(", "));
        }
    }
    Ok(text)
}

fn next(arguments: &args::Package, package: &Package, template: &Path) -> String {
    let (zip, template) = (arguments.out.display(), template.display());
    let (trigger, key) = (package.trigger.name(), package.code_key());
    format!(
        "\n  trigger {trigger} · template {template}\n{}  \
         next: aws s3 cp {zip} s3://BUCKET/{key}\n        \
         aws cloudformation deploy --region us-east-1 --stack-name edgewright --template-file {template} \\\n          \
         --capabilities CAPABILITY_IAM --parameter-overrides CodeBucket=BUCKET CodeKey={key} OriginDomain=HOST\n",
        doubt(arguments, package)
    )
}

/// What the function cannot know at this trigger.
fn doubt(arguments: &args::Package, package: &Package) -> String {
    let matters = package.inputs.contains_key(&Input::Scheme);
    if package.trigger == Trigger::OriginRequest || !matters {
        return String::new();
    }
    let scheme = arguments.scheme.name();
    format!(
        "  CloudFront does not tell http from https there: every answer is the one for {scheme} (--scheme)\n"
    )
}
