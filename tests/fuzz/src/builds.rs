//! Builds that requests, damage and events are tried on.
//!
//! In: configurations beside this file. Out: [`Build`]s, compiled once. Absent: fuzzing.

use std::sync::LazyLock;

use edgewright_compiler::testing::MemoryLoader;
use edgewright_compiler::{Input, Limit, Limits, ReadOptions, Reading, compile, read};
use edgewright_engine::artefact::table::EmbeddedTable;
use edgewright_engine::budget::{Allowance, DECISION_STEPS};
use edgewright_engine::evaluate::{Options, evaluate};
use edgewright_engine::handler::Runtime;
use edgewright_engine::handler::handle;
use edgewright_engine::lambda::configuration::Configuration;
use edgewright_engine::lambda::function::Function;
use edgewright_engine::lambda::journal::Journal;
use edgewright_engine::model::outcome::{Answer, Outcome};
use edgewright_engine::model::request::Request;
use edgewright_engine::source::Sequential;

use crate::sinks;

/// Where the main configuration stands in memory.
const MAIN: &str = "/etc/apache2/apache2.conf";

/// Every configuration.
static BUILDS: LazyLock<[Build; 2]> = LazyLock::new(|| {
    let variety = include_str!("builds/variety.conf").to_owned();
    [sinks::together(), variety].map(|text| Build::of(text.as_bytes()).unwrap())
});

/// The builds: first all sinks, then `variety.conf`.
pub fn all() -> &'static [Build; 2] {
    &BUILDS
}

/// Compiles the builds, so that no input is charged with the memory of that.
pub fn prepare() {
    LazyLock::force(&BUILDS);
}

/// A configuration in all its forms.
#[derive(Debug)]
pub struct Build {
    /// The configuration as it was read.
    pub reading: Reading,
    /// `rules.bin`.
    pub rules: Vec<u8>,
    /// `table.bin`.
    pub table: Vec<u8>,
    runtime: Runtime,
    embedded: EmbeddedTable,
    /// The function with the program and the table, at viewer-request.
    pub function: Function,
}

impl Build {
    /// Reads and compiles `text`: the main configuration, then other files, each after a line
    /// `-- NAME`. `None` when the compiler refuses the configuration.
    pub fn of(text: &[u8]) -> Option<Self> {
        let reading = reading(text);
        let encoded = compile(&reading).ok()?.encode().ok()?;
        let (rules, table) = (encoded.program.concat(), encoded.table.concat());
        let (runtime, embedded) = load(&rules, &table);
        let configuration = Configuration {
            journal_interval: 0,
            ..Configuration::default()
        };
        Some(Self {
            function: function(&rules, &table, configuration),
            reading,
            runtime,
            embedded,
            rules,
            table,
        })
    }

    /// The function that is told `configuration`.
    pub fn function_with(&self, configuration: Configuration) -> Function {
        function(&self.rules, &self.table, configuration)
    }

    /// What every rule in order answers. `None` when that took too many steps to be compared.
    pub fn reference(&self, request: &Request<'_>) -> Option<Answer> {
        let site = &self.reading.site;
        let answer = evaluate(site, &Sequential::new(site), request, &options()).unwrap();
        let is_comparable = !matches!(
            answer.outcome,
            Outcome::Unsupported { .. } | Outcome::OverBudget
        );
        is_comparable.then_some(answer)
    }

    /// What the compiled form answers.
    pub fn edge(&self, request: &Request<'_>) -> Answer {
        handle(&self.runtime, &self.embedded, request, &options())
    }

    /// Compares the reference with the compiled form.
    ///
    /// # Panics
    /// The reference and the compiled form answer differently.
    pub fn compare(&self, request: &Request<'_>) {
        let Some(expected) = self.reference(request) else {
            return;
        };
        let found = self.edge(request);
        if found.outcome == Outcome::OverBudget {
            return;
        }
        let target = request.target.line();
        let shown = String::from_utf8_lossy(&target);
        assert_eq!(found.outcome, expected.outcome, "{shown}");
        assert_eq!(found.cookies, expected.cookies, "cookies of {shown}");
        assert_eq!(found.vary, expected.vary, "Vary of {shown}");
    }
}

/// A moment and a choice that are always the same, and few steps: inputs are many.
fn options() -> Options {
    Options {
        now: 1_700_000_000,
        random: 7,
        most_steps: 3_000,
        allowance: Allowance::steps(DECISION_STEPS),
        ..Options::default()
    }
}

fn reading(text: &[u8]) -> Reading {
    let mut loader = MemoryLoader::new();
    let mut name = MAIN.as_bytes().to_vec();
    let mut content = Vec::new();
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if let Some(next) = line.strip_prefix(b"-- ") {
            loader = loader.with(&name, std::mem::take(&mut content));
            name = next.trim_ascii_end().to_vec();
        } else {
            content.extend_from_slice(line);
        }
    }
    let loader = loader.with(&name, content);
    let input = Input::MainConfig(vec![MAIN.as_bytes().to_vec()]);
    let options = ReadOptions {
        limits: limits(),
        ..ReadOptions::default()
    };
    read(&input, &loader, &options)
}

/// Little work for each input: inputs are many.
fn limits() -> Limits {
    Limits::default()
        .with(Limit::ExpandedBytes, 1 << 18)
        .with(Limit::ExpandedLines, 2_000)
        .with(Limit::InheritedRules, 2_000)
        .with(Limit::PrecomputeSteps, 20_000)
        .with(Limit::AnalysisSteps, 20_000)
}

fn load(rules: &[u8], table: &[u8]) -> (Runtime, EmbeddedTable) {
    let program = Runtime::load(rules).unwrap();
    (program, EmbeddedTable::load(table).unwrap())
}

fn function(rules: &[u8], table: &[u8], configuration: Configuration) -> Function {
    let (program, table) = load(rules, table);
    Function::embedded(configuration, program, table, journal())
}

/// A journal that does not accept a panic of the function.
pub fn journal() -> Journal {
    Journal::new(|line| assert!(!line.contains(r#""panic":"#), "{line}"))
}
