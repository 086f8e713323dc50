//! What a class does for public configurations: trigger, key and size before and after.
//!
//! In: the corpus beside the repository (`EDGEWRIGHT_SHARED` names another place). Out: figures, printed with
//! `--nocapture`. Without a corpus the test says so and passes, except on CI.

use std::path::{Path, PathBuf};

use edgewright_compiler::class::{Copies, LONGEST_CODE, ViewerClass};
use edgewright_compiler::inputs::{Input, Inputs};
use edgewright_compiler::{
    Entry, EntryKind, Input as Read, LoadError, Loader, ReadOptions, Reading, read,
};
use edgewright_engine::model::header_names::is_hidden;
use edgewright_engine::model::trigger::Trigger;
use edgewright_test_support::corpus::corpus;
use serde_json::Value;

struct Disk;

impl Loader for Disk {
    fn read(&self, path: &[u8], _most: u64) -> Result<Vec<u8>, LoadError> {
        std::fs::read(local(path)).map_err(|error| LoadError::Other(error.to_string()))
    }

    fn list(&self, path: &[u8], _most: u64) -> Result<Vec<Entry>, LoadError> {
        let entries = std::fs::read_dir(local(path)).map_err(|_| LoadError::NotFound)?;
        let entry = |entry: std::io::Result<std::fs::DirEntry>| {
            let path = entry.ok()?.path();
            let name = path.file_name()?.as_encoded_bytes().to_vec();
            let kind = self.kind(path.as_os_str().as_encoded_bytes())?;
            Some(Entry { name, kind })
        };
        Ok(entries.filter_map(entry).collect())
    }

    fn kind(&self, path: &[u8]) -> Option<EntryKind> {
        let meta = std::fs::metadata(local(path)).ok()?;
        Some(match (meta.is_dir(), meta.len()) {
            (true, _) => EntryKind::Directory,
            (false, 0) => EntryKind::Empty,
            (false, _) => EntryKind::File,
        })
    }
}

fn local(path: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(path).into_owned())
}

/// Reads one file of the corpus.
pub fn read_one(path: &Path, context: &str) -> Reading {
    let path = path.as_os_str().as_encoded_bytes().to_vec();
    let input = if context.starts_with("htaccess") {
        Read::Htaccess(path)
    } else if context == "vhost-include" {
        Read::VirtualHostInclude(vec![path])
    } else {
        Read::MainConfig(vec![path])
    };
    read(&input, &Disk, &ReadOptions::default())
}

/// What is counted of one group of files.
#[derive(Debug, Default)]
struct Figures {
    /// Configurations that compile and have rules.
    configurations: usize,
    /// Those whose answers depend on headers, cookies or addresses.
    with_conditions: usize,
    /// Of these, at origin-request with a class.
    with_class: usize,
    viewer_before: usize,
    viewer_after: usize,
    /// How many keys hold such an input raw.
    raw_before: usize,
    raw_after: usize,
    sizes: Vec<usize>,
    /// Files without a class although there are conditions, with the inputs that are read otherwise.
    without: Vec<String>,
}

/// Is it something of a viewer that answers differ by? Not `Authorization`, which lines like those of `WordPress` hand to
/// the application: it stays in the key, so that the application gets it.
fn is_condition(input: &Input) -> bool {
    match input {
        Input::Cookies
        | Input::Client
        | Input::AnyHeader
        | Input::Time(_)
        | Input::Choice
        | Input::UniqueId
        | Input::GetOrHead
        | Input::BareMark => true,
        Input::Header(name) => name != "authorization" && !is_hidden(name),
        Input::Host | Input::Scheme | Input::Query | Input::Method => false,
    }
}

impl Figures {
    fn add(&mut self, name: &str, reading: &Reading) {
        let inputs = Inputs::of(&reading.site);
        let class = ViewerClass::of(&reading.site);
        self.configurations += 1;
        let before: Vec<&Input> = inputs
            .iter()
            .map(|(input, _)| input)
            .filter(|one| is_condition(one))
            .collect();
        let is_raw = |input: &&&Input| {
            class
                .as_ref()
                .is_none_or(|class| class.raw.contains(**input))
        };
        let after: Vec<String> = before
            .iter()
            .filter(is_raw)
            .map(ToString::to_string)
            .collect();
        self.with_conditions += usize::from(!before.is_empty());
        self.raw_before += usize::from(!before.is_empty());
        self.raw_after += usize::from(!after.is_empty());
        self.viewer_before += usize::from(inputs.trigger() == Trigger::ViewerRequest);
        if let Some(class) = &class {
            self.with_class += 1;
            self.sizes.push(class.javascript(Copies::Host).len());
            return;
        }
        let trigger = inputs.trigger();
        self.viewer_after += usize::from(trigger == Trigger::ViewerRequest);
        if !before.is_empty() {
            let (trigger, after) = (trigger.name(), after.join(", "));
            self.without.push(format!("{name}: {trigger}: {after}"));
        }
    }

    fn say(&mut self, group: &str) {
        self.sizes.sort_unstable();
        let size = |percent: usize| {
            let at = (self.sizes.len() * percent / 100).min(self.sizes.len().saturating_sub(1));
            self.sizes.get(at).copied().unwrap_or_default()
        };
        println!(
            "{group}: {} configurations, {} with conditions on viewers, {} of them with a class\n  \
             viewer-request {} → {} · raw inputs in the key {} → {}\n  \
             code: median {} / 95 % {} / max {} bytes\n  without: {}",
            self.configurations,
            self.with_conditions,
            self.with_class,
            self.viewer_before,
            self.viewer_after,
            self.raw_before,
            self.raw_after,
            size(50),
            size(95),
            size(100),
            self.without.join("\n           ")
        );
    }
}

#[test]
fn figures() {
    let Some(corpus) = corpus() else { return };
    let verdicts = std::fs::read(corpus.join("httpd-verdicts.json")).unwrap();
    let verdicts: Vec<Value> = serde_json::from_slice(&verdicts).unwrap();
    let (mut w3id, mut others) = (Figures::default(), Figures::default());
    for verdict in &verdicts {
        let source = verdict["source"].as_str().unwrap();
        let file = verdict["file"].as_str().unwrap();
        let path = corpus.join(source).join(file);
        if !path.is_file() {
            continue;
        }
        let reading = read_one(&path, verdict["context"].as_str().unwrap());
        if reading.without_rules().is_some() {
            continue;
        }
        let group = if source.starts_with("w3id") {
            &mut w3id
        } else {
            &mut others
        };
        group.add(&format!("{source}/{file}"), &reading);
    }
    w3id.say("w3id");
    others.say("others");
    for group in [&w3id, &others] {
        let within = group.sizes.iter().filter(|size| **size <= 2500).count();
        assert!(within * 100 >= group.sizes.len() * 95, "{:?}", group.sizes);
        assert!(group.sizes.iter().all(|size| *size <= LONGEST_CODE));
    }
}
