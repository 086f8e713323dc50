//! `edgewright bench`: how long a build takes for a request, and whether that is too long.

use std::fs;
use std::hint::black_box;
use std::io::{Write, stdout};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use edgewright_compiler::export::function::costs::{self, LogCosts};
use edgewright_compiler::export::function::{Dependence, FunctionOptions, Stack, cache_hits};
use edgewright_compiler::witnesses;
use edgewright_engine::artefact::table::{Fetched, Lookup, Table as _};
use edgewright_engine::budget::{Allowance, Budget, DECISION_STEPS};
use edgewright_engine::evaluate::Options;
use edgewright_engine::handler::{Step, decide_embedded, handle_embedded, step};
use edgewright_engine::model::request::{Request, Target};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Exit;
use crate::args::{Bench, Engine, ResultFormat};
use crate::contract::{OwnedRequest, to_text};
use crate::dynamodb::Generation;
use crate::engine::{Answerer, Build};
use crate::input;
use crate::package::dependence;
use crate::progress;
use crate::stopwatch;
use crate::summary::{shorten, thousands};
use crate::traffic::{CacheReport, LogAccount, LogCaches, Logs, Traffic};
use crate::typed;

/// Enough to tell one in a hundred, and few enough for a minute.
const MOST_REQUESTS: usize = 20_000;

/// What was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Figures {
    /// Different requests.
    requests: usize,
    /// Nanoseconds: half of the requests take no longer.
    p50: u64,
    /// Nanoseconds: all but one in a hundred take no longer.
    p99: u64,
    /// Nanoseconds: the slowest request.
    max: u64,
    /// Steps, as the budget of a decision counts them: half of the requests take no more.
    #[serde(default)]
    steps_p50: u64,
    /// Steps: the request that takes most. One over its budget takes all of it.
    #[serde(default)]
    most_steps: u64,
    /// Requests whose decision takes more than its budget, and which pass through unchanged.
    #[serde(default)]
    over_budget: usize,
    /// Reads of a table, all requests together.
    table_reads: usize,
    /// Reads of a table, the request that needs most.
    most_table_reads: usize,
    /// Nanoseconds of the fixed computation beside them.
    yardstick: u64,
}

/// Measures, and compares with what is asked for.
///
/// # Errors
/// The source, the requests or the baseline cannot be read, or there is no request.
pub fn run(arguments: &Bench) -> Result<Exit> {
    let inputs = arguments.requests.iter().chain(&arguments.log);
    typed::once(inputs.chain([&arguments.source]))?;
    let answering = Answerer::open(&arguments.source, Engine::Edge, &arguments.reading)?;
    let Gathered {
        requests,
        log,
        cache,
        costs,
    } = progress::spinner("requests", || gather(arguments, &answering))?;
    if requests.is_empty() {
        bail!("there is no request to make: give some with --requests or --log");
    }
    let build = answering.build().context("nothing was compiled")?;
    let headers: Vec<_> = requests.iter().map(OwnedRequest::header_list).collect();
    let borrowed = requests.iter().zip(&headers);
    let borrowed: Vec<_> = borrowed
        .map(|(request, headers)| request.borrowed(headers))
        .collect();
    let (figures, slowest) = progress::spinner("measuring", || Figures::of(build, &borrowed));
    let findings = findings(arguments, &figures)?;
    let mut out = stdout().lock();
    match arguments.format {
        ResultFormat::Text => {
            for remark in log.remarks() {
                writeln!(out, "log          {remark}")?;
            }
            figures.print(&mut out, slowest)?;
            let titles = ["cache"].into_iter().chain(std::iter::repeat(""));
            let lines = cache.iter().flat_map(CacheReport::lines);
            for (title, line) in titles.zip(lines) {
                writeln!(out, "{title:<12} {line}")?;
            }
            let titles = ["costs"].into_iter().chain(std::iter::repeat(""));
            let lines = costs.iter().flat_map(|costs| &costs.lines);
            for (title, line) in titles.zip(lines) {
                writeln!(out, "{title:<12} {line}")?;
            }
            for finding in &findings {
                writeln!(out, "{finding}")?;
            }
        }
        ResultFormat::Json => {
            let log = (!arguments.log.is_empty()).then(|| log.to_json());
            let cache = cache.map(|cache| cache.to_json());
            let costs = costs.as_ref().map(costs_json);
            let document = json!({
                "figures": figures,
                "findings": findings,
                "log": log,
                "cache": cache,
                "costs": costs,
            });
            writeln!(out, "{document:#}")?;
        }
    }
    if let Some(file) = &arguments.save {
        let text = serde_json::to_string_pretty(&figures)? + "\n";
        fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(if findings.is_empty() {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

/// What there is to measure.
struct Gathered {
    requests: Vec<OwnedRequest>,
    log: LogAccount,
    /// What CloudFront's cache would do with the log's requests.
    cache: Option<CacheReport>,
    /// What a month costs that goes on like the log.
    costs: Option<LogCosts>,
}

/// What a month costs, as JSON.
fn costs_json(costs: &LogCosts) -> Value {
    let ways = costs.ways.iter();
    let ways = ways.map(|(way, costs)| json!({"way": way, "total": costs.total(), "parts": costs}));
    json!({
        "requests": costs.month.requests,
        "answered": costs.month.answered,
        "dollars": ways.collect::<Vec<_>>(),
    })
}

/// The requests of the file and the logs, or those made from the rules.
fn gather(arguments: &Bench, answering: &Answerer) -> Result<Gathered> {
    let (mut log, mut cache, mut costs) = (LogAccount::default(), None, None);
    let mut all = match &arguments.requests {
        Some(file) => input::requests(file, answering.default_host())?,
        None => Vec::new(),
    };
    if !arguments.log.is_empty() {
        let (traffic, report, month) = logged(arguments, answering)?;
        all.extend(traffic.requests.into_iter().map(|asked| asked.request));
        log = traffic.account;
        cache = Some(report);
        costs = Some(month);
    }
    if arguments.requests.is_none() && arguments.log.is_empty() {
        let made = witnesses(&answering.whole_site()).into_iter();
        all.extend(made.map(|witness| witness.request.into()));
    }
    let every = all.len().div_ceil(MOST_REQUESTS).max(1);
    Ok(Gathered {
        requests: all.into_iter().step_by(every).collect(),
        log,
        cache,
        costs,
    })
}

/// The logs, and what the cache of the stack that `package` makes by itself would do with their requests, and what a month of
/// them costs.
fn logged(arguments: &Bench, answering: &Answerer) -> Result<(Traffic, CacheReport, LogCosts)> {
    let site = answering.whole_site();
    let (dependence, weight) = if typed::is_build(&arguments.source) {
        let generation = Generation::open(&arguments.source)?;
        (dependence(&arguments.source)?, Some(generation.weight()))
    } else {
        (Dependence::of_site(&site), None)
    };
    let stack = Stack::new(FunctionOptions::default(), dependence)?;
    let mut caches = LogCaches::new(cache_hits::keys(&stack));
    let logs = Logs {
        files: &arguments.log,
        sites: &[&site],
        formats: answering.log_formats(),
        most: MOST_REQUESTS,
    };
    let traffic = Traffic::read_watched(&logs, &mut |logged, time| caches.add(logged, time))?;
    let costs = costs::of_a_log(&stack, &caches.month(), weight)?;
    Ok((traffic, caches.report(), costs))
}

impl Figures {
    /// The figures, and the slowest request.
    fn of<'a>(build: &Build, requests: &[Request<'a>]) -> (Self, Target<'a>) {
        let options = as_deployed();
        let decide = |request: &Request<'_>| {
            black_box(handle_embedded(
                &build.runtime,
                &build.table,
                request,
                &options,
            ));
        };
        // What is decoded on first use is so before the clock runs.
        requests.iter().for_each(decide);
        let yardstick = stopwatch::yardstick();
        let mut times = stopwatch::each(requests.len(), |at| decide(&requests[at]));
        let slowest = (0..requests.len()).max_by_key(|at| times[*at]);
        times.sort_unstable();
        let budgets = requests.iter().map(|request| budget_of(build, request));
        let budgets: Vec<Budget> = budgets.collect();
        let over_budget = budgets.iter().filter(|budget| budget.is_spent()).count();
        let used = budgets.iter().map(|budget| budget.used(options.allowance));
        let mut steps: Vec<u64> = used.collect();
        steps.sort_unstable();
        let reads = requests.iter().map(|request| table_reads(build, request));
        let reads: Vec<usize> = reads.collect();
        let figures = Self {
            requests: requests.len(),
            p50: stopwatch::percentile(&times, 50),
            p99: stopwatch::percentile(&times, 99),
            max: stopwatch::percentile(&times, 100),
            steps_p50: stopwatch::percentile(&steps, 50),
            most_steps: stopwatch::percentile(&steps, 100),
            over_budget,
            table_reads: reads.iter().sum(),
            most_table_reads: reads.into_iter().max().unwrap_or(0),
            yardstick,
        };
        (
            figures,
            slowest.map_or(Target::of(b""), |at| requests[at].target),
        )
    }

    fn print(&self, out: &mut impl Write, slowest: Target<'_>) -> Result<()> {
        writeln!(out, "requests     {}", thousands(self.requests))?;
        writeln!(out, "p50          {}", time(self.p50))?;
        writeln!(out, "p99          {}", time(self.p99))?;
        let target = shorten(&to_text(&slowest.line()));
        writeln!(out, "max          {}   {target}", time(self.max))?;
        writeln!(
            out,
            "steps        {} at p50, {} at most: a decision may take {}",
            thousands(self.steps_p50),
            thousands(self.most_steps),
            thousands(DECISION_STEPS)
        )?;
        if self.over_budget > 0 {
            let count = thousands(self.over_budget);
            writeln!(out, "over budget  {count} requests pass through unchanged")?;
        }
        writeln!(
            out,
            "table        {} reads, at most {} for a request",
            thousands(self.table_reads),
            self.most_table_reads
        )?;
        Ok(())
    }
}

/// Options with the budget of the deployed function.
fn as_deployed() -> Options {
    Options {
        allowance: Allowance::steps(DECISION_STEPS),
        ..Options::default()
    }
}

/// What the decision about `request` leaves of its budget.
fn budget_of(build: &Build, request: &Request<'_>) -> Budget {
    let options = as_deployed();
    let budget = Budget::new(options.allowance);
    decide_embedded(&build.runtime, &build.table, request, &options, &budget);
    budget
}

/// How many entries `request` has to fetch when the table is in DynamoDB and none is at hand.
fn table_reads(build: &Build, request: &Request<'_>) -> usize {
    let (mut fetched, options) = (Fetched::new(), as_deployed());
    let budget = Budget::new(options.allowance);
    while let Step::Fetch(key) = step(&build.runtime, &fetched, request, &options, &budget) {
        let entry = match build.table.lookup(&key.sought()) {
            Lookup::Found(entry) => Some(Arc::new(entry.clone())),
            Lookup::Absent | Lookup::Missing | Lookup::Damaged => None,
        };
        fetched.insert(key, entry);
    }
    fetched.len()
}

/// What is worse than asked for.
fn findings(arguments: &Bench, figures: &Figures) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    if let Some(limit) = arguments.max_p99 {
        let limit = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        if figures.p99 > limit {
            let (p99, limit) = (time(figures.p99), time(limit));
            findings.push(format!("too slow     p99 is {p99}, allowed are {limit}"));
        }
    }
    if let Some(file) = &arguments.baseline {
        let before = read_baseline(file)?;
        for (name, was, is) in [
            ("p50", before.p50, figures.p50),
            ("p99", before.p99, figures.p99),
        ] {
            let worse = percent_worse(was, before.yardstick, is, figures.yardstick);
            if worse > i64::from(arguments.tolerance) {
                let (was, is) = (time(was), time(is));
                findings.push(format!(
                    "slower       {name} was {was} and is {is}, {worse} % more for this machine's speed; allowed are {} %",
                    arguments.tolerance
                ));
            }
        }
    }
    Ok(findings)
}

fn read_baseline(file: &Path) -> Result<Figures> {
    let name = || format!("cannot read the baseline {}", file.display());
    let text = fs::read(file).with_context(name)?;
    serde_json::from_slice(&text).with_context(name)
}

/// By how many percent `is` is more than `was`, each in units of its own yardstick.
fn percent_worse(was: u64, was_yardstick: u64, is: u64, is_yardstick: u64) -> i64 {
    let wide = |one: u64, other: u64| u128::from(one.max(1)) * u128::from(other.max(1));
    let (before, now) = (wide(was, is_yardstick), wide(is, was_yardstick));
    let change = i128::try_from(now * 100 / before).unwrap_or(i128::MAX) - 100;
    i64::try_from(change).unwrap_or(i64::MAX)
}

/// A duration for people: `212 ns`, `4.1 µs`.
fn time(nanoseconds: u64) -> String {
    let (unit, name) = match nanoseconds {
        0..1_000 => return format!("{nanoseconds} ns"),
        1_000..1_000_000 => (1_000, "µs"),
        _ => (1_000_000, "ms"),
    };
    let tenths = nanoseconds * 10 / unit;
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slower_machine_is_no_regression() {
        assert_eq!(percent_worse(100, 1_000, 200, 2_000), 0);
        assert_eq!(percent_worse(100, 1_000, 150, 1_000), 50);
        assert_eq!(percent_worse(100, 1_000, 100, 500), 100);
        assert_eq!(percent_worse(100, 1_000, 50, 1_000), -50);
        assert!(percent_worse(0, 0, u64::MAX, 1) > 0);
    }

    #[test]
    fn durations_have_a_fitting_unit() {
        let texts = [999, 1_000, 4_190, 1_000_000].map(time);
        assert_eq!(texts, ["999 ns", "1.0 µs", "4.1 µs", "1.0 ms"]);
    }
}
