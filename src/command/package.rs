//! `edgewright package`: a build as Lambda@Edge takes it.
//!
//! In: a build folder. Out: a zip file, the template of its stack, and on standard output what is in
//! them. Absent: AWS.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use edgewright_compiler::class::{CLASS_HEADER, LONGEST_CODE};
use edgewright_compiler::inputs::Input;
use edgewright_engine::model::trigger::Trigger;

use super::{Exit, say};
use crate::args;
use crate::package::viewer_function::unsent;
use crate::package::{Binary, LARGEST_ZIP, Package, cache_hits, inputs, key_names, pack, template};
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
    let at_origin = at_origin(arguments, &package)?;
    let proxied = inputs::proxied(&package.proxied, package.trigger, arguments);
    let hits = cache_hits::of_a_made_up_day(arguments, &package);
    let kept = package.cache_control.lines(&arguments.cache_control)?;
    let told = [inputs, proxied, in_front, at_origin, kept, hits];
    say(&format!("\n{}", told.concat()))?;
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
        text += &format!("  key: {}; without the class: {before}\n", key.join(", "));
    }
    Ok(text)
}

/// What the origin gets, and what it does not get because somebody chose so.
fn at_origin(arguments: &args::Package, package: &Package) -> Result<String> {
    let class = package.class();
    let key = key_names(arguments, package, class)?.into_iter();
    let sent = key.filter(|name| match (arguments.origin, name.as_str()) {
        (_, CLASS_HEADER) | (args::Origin::Bucket, "the query") => false,
        (args::Origin::Bucket | args::Origin::Server, _) => true,
    });
    let sent: Vec<String> = std::iter::once("the path".to_owned()).chain(sent).collect();
    let mut text = format!("  the origin gets: {}\n", sent.join(", "));
    for (name, remedy) in withheld(arguments, package) {
        if !sent.contains(&name) {
            text += &format!("  the origin does not get: {name} ({remedy})\n");
        }
    }
    Ok(text)
}

/// What may be kept from the origin, and why it is.
fn withheld(arguments: &args::Package, package: &Package) -> Vec<(String, &'static str)> {
    let why = |part| match arguments.origin {
        args::Origin::Bucket => "a bucket has no use for it",
        args::Origin::Server if arguments.origin_ignores.contains(&part) => "--origin-ignores",
        args::Origin::Server => "",
    };
    let mut all = vec![
        ("the query".to_owned(), why(args::Ignored::Query)),
        ("all cookies".to_owned(), why(args::Ignored::Cookies)),
    ];
    let gone = package.class().map(|class| unsent(class, arguments));
    let named = gone.into_iter().flatten();
    let named = named.filter(|name| !name.starts_with("x-edgewright-") && name != "cookie");
    all.extend(named.map(|name| {
        (
            name,
            "rules read it; --origin-gets sends it, and keeps answers apart by it",
        )
    }));
    all
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
