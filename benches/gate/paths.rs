//! The hot paths, each on fixed requests.
//!
//! In: a folder. Out: the files that loading needs ([`prepare`], natively), then the paths themselves
//! ([`run`], under valgrind). Absent: counting.

use std::fs;
use std::hint::black_box;
use std::path::Path;

use anyhow::{Result, ensure};
use edgewright_benches::operation::{decide, event, handle, lookup};
use edgewright_benches::set::{self, Set, Shape};
use edgewright_benches::site::{Artefact, Site, reading};
use edgewright_compiler::compile;
use edgewright_engine::model::request::Request;
use edgewright_parser::parse;
use edgewright_parser::source::FileId;
use serde_json::Value;

use crate::calibration;

/// Requests of a path.
const REQUESTS: usize = 200;
const MANY: u64 = REQUESTS as u64;

/// Rules of the configuration that is read and compiled; the artefact that is loaded has 60,000.
const SMALL: (usize, usize) = (2_000, 430);

/// The paths in the order they run, and how many operations each is.
pub const NAMES: &[(&str, u64)] = &[
    (crate::baseline::CALIBRATION, 1),
    ("lookup/exact/hit", MANY),
    ("lookup/exact/miss", MANY),
    ("lookup/mixed/hit", MANY),
    ("lookup/mixed/miss", MANY),
    ("decide/seed/hit", MANY),
    ("decide/seed/miss", MANY),
    ("decide/indexed", MANY),
    ("decide/scanned", MANY),
    ("handle/hit", MANY),
    ("handle/miss", MANY),
    ("start/60k", 1),
    ("parse/2k", 1),
    ("read/2k", 1),
    ("compile/2k", 1),
];

/// A set's site with some of its requests, as they lie in the folder between the two runs.
struct Subject {
    artefact: Artefact,
    hits: Vec<Request<'static>>,
    misses: Vec<Request<'static>>,
}

impl Subject {
    fn save(folder: &Path, name: &str, set: &Set) -> Result<()> {
        let artefact = Artefact::build(&set.config())?;
        fs::write(folder.join(format!("{name}.rules.bin")), &artefact.program)?;
        fs::write(folder.join(format!("{name}.table.bin")), &artefact.table)?;
        let requests = [lines(&set.hits), lines(&set.misses)];
        fs::write(
            folder.join(format!("{name}.json")),
            serde_json::to_vec(&requests)?,
        )?;
        Ok(())
    }

    fn load(folder: &Path, name: &str) -> Result<Self> {
        let requests = fs::read(folder.join(format!("{name}.json")))?;
        let [hits, misses]: [Vec<Value>; 2] = serde_json::from_slice(&requests)?;
        Ok(Self {
            artefact: Artefact {
                program: fs::read(folder.join(format!("{name}.rules.bin")))?,
                table: fs::read(folder.join(format!("{name}.table.bin")))?,
            },
            hits: hits.iter().map(set::request).collect(),
            misses: misses.iter().map(set::request).collect(),
        })
    }
}

/// [`REQUESTS`] of `requests`, evenly chosen; again from the front when there are fewer.
fn lines(requests: &[Request]) -> Vec<Value> {
    let every = (requests.len() / REQUESTS).max(1);
    let chosen = requests.iter().step_by(every).cycle().take(REQUESTS);
    chosen.map(set::line).collect()
}

const CONFIG: &str = "config";

/// Builds what [`run`] loads.
pub fn prepare(folder: &Path) -> Result<()> {
    let mixed = set::mixed(20_000);
    let prefixes = mixed.iter().filter(|rule| rule.shape == Shape::Prefix);
    let prefixes: Vec<_> = prefixes.cloned().collect();
    let sets = [
        ("exact", Set::of_rules(&set::exact(20_000))),
        ("mixed", Set::of_rules(&mixed)),
        ("seed", Set::seed_sized(60_000, 13_000)),
        ("indexed", Set::of_rules(&prefixes)),
        ("scanned", set::scanned(40)),
    ];
    for (name, set) in &sets {
        Subject::save(folder, name, set)?;
    }
    let (rules, conditions) = SMALL;
    let config = Set::seed_sized(rules, conditions).config();
    Ok(fs::write(folder.join(CONFIG), config)?)
}

/// Something that counts the work it is given.
type Count<'a> = &'a mut dyn FnMut(&mut dyn FnMut());

/// Runs the paths in the order of [`NAMES`], each through `count`.
pub fn run(folder: &Path, count: Count) -> Result<()> {
    count(&mut || {
        black_box(calibration::work());
    });
    for name in ["exact", "mixed"] {
        let subject = Subject::load(folder, name)?;
        let site = Site::load(&subject.artefact)?;
        for (requests, found) in [(&subject.hits, true), (&subject.misses, false)] {
            let sound = |request: &Request| lookup(&site, request.target.path()) == found;
            ensure!(requests.iter().all(sound), "{name}: not what it should be");
            each(
                requests,
                |request| lookup(&site, request.target.path()),
                count,
            );
        }
    }
    let seed = Subject::load(folder, "seed")?;
    let site = Site::load(&seed.artefact)?;
    decisions(&site, &seed.hits, count);
    decisions(&site, &seed.misses, count);
    for name in ["indexed", "scanned"] {
        let subject = Subject::load(folder, name)?;
        decisions(&Site::load(&subject.artefact)?, &subject.hits, count);
    }
    for requests in [&seed.hits, &seed.misses] {
        let events: Vec<_> = requests.iter().map(event).collect();
        each(&events, |event| handle(&site, event), count);
    }
    stages(folder, &seed.artefact, count)
}

fn decisions(site: &Site, requests: &[Request<'static>], count: Count) {
    each(requests, |request| decide(site, request), count);
}

/// All of `requests` once without counting, so that what is decoded or compiled on first use is
/// there, and then counted.
fn each<T, R>(requests: &[T], mut operation: impl FnMut(&T) -> R, count: Count) {
    let mut all = || {
        for request in requests {
            black_box(operation(black_box(request)));
        }
    };
    all();
    count(&mut all);
}

/// The stages from text to a loaded program.
fn stages(folder: &Path, artefact: &Artefact, count: Count) -> Result<()> {
    let config = fs::read_to_string(folder.join(CONFIG))?;
    count(&mut || {
        black_box(Site::load(black_box(artefact)).is_ok());
    });
    count(&mut || {
        black_box(parse(FileId(0), black_box(config.as_bytes())));
    });
    count(&mut || {
        black_box(reading(black_box(&config)));
    });
    let reading = reading(&config);
    count(&mut || {
        black_box(compile(black_box(&reading)).is_ok());
    });
    Ok(())
}
