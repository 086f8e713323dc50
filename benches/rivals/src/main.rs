//! Times edgewright beside floors and rivals, and writes `docs/benchmarks.md` and `docs/growth.svg`.
//!
//! ```text
//! rivals                  every section, then the documents
//! rivals SECTION          that section again, then the documents: lookup, memory, decide, stages,
//!                         worst, growth, building
//! rivals report           only the documents
//! ```
//!
//! Each section is a process of its own and leaves JSON in `target/bench`. Within a section the
//! contenders take turns, so that its ratios are of one run.

mod apache;
mod building;
mod compiling;
mod decide;
mod growth;
mod lookup;
mod lookups;
mod memory;
mod node;
mod plot;
mod report;
mod stages;
mod store;
mod timing;
mod worst;

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use store::Store;

/// Every section, in the order of the document.
const SECTIONS: &[&str] = &[
    "lookup", "memory", "decide", "stages", "worst", "growth", "building",
];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rivals: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let store = Store::open()?;
    match arguments[..] {
        [] => SECTIONS.iter().try_for_each(|section| child(&[section]))?,
        ["report"] => {}
        ["lookup"] => store.save("lookup", &lookup::run()?)?,
        ["memory"] => store.save("memory", &memory::run()?)?,
        ["decide"] => store.save("decide", &decide::run()?)?,
        ["stages"] => store.save("stages", &stages::run()?)?,
        ["worst"] => store.save("worst", &worst::run()?)?,
        ["building"] => store.save("building", &building::run()?)?,
        ["growth"] => growth::SIZES
            .iter()
            .try_for_each(|size| child(&["growth", &size.to_string()]))?,
        ["growth", size] => {
            let size = size.parse()?;
            return store.save(&growth::name(size), &growth::run(size)?);
        }
        _ => bail!("there are report, {}", SECTIONS.join(", ")),
    }
    report::write(&store)
}

/// A section in a process of its own: its memory and its caches are its own.
fn child(arguments: &[&str]) -> Result<()> {
    eprintln!("== {}", arguments.join(" "));
    let status = Command::new(std::env::current_exe()?)
        .args(arguments)
        .status()?;
    if !status.success() {
        bail!("{}: {status}", arguments.join(" "));
    }
    Ok(())
}
