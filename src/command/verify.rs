//! `edgewright verify`: the same requests to the user's own Apache and to us.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{Write as _, stdout};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use edgewright_compiler::{Reading, Witness, witnesses};
use edgewright_edge_handler::request::Scheme;
use edgewright_edge_handler::rules::Place;
use serde_json::{Value, json};

use super::Exit;
use crate::args::{ResultFormat, Verify};
use crate::contract::OwnedRequest;
use crate::engine::{Answering, is_effect};
use crate::input;
use crate::progress;
use crate::summary::{count, thousands};
use crate::traffic::Traffic;
use crate::verify::seen::{End, Seen};
use crate::verify::server::Server;

/// Requests under way at the same time.
const WORKERS: usize = 4;

/// Differences that are printed; all are counted.
const MOST_SHOWN: usize = 50;

/// Compares.
///
/// # Errors
/// The configuration cannot be read, or there is no Apache that starts with it.
pub fn run(arguments: &Verify) -> Result<Exit> {
    let options = input::read_options(&arguments.reading)?;
    let input = input::input_of(&arguments.conf, &arguments.reading)?;
    let reading = input::read_input(&input, &options)?;
    let server = progress::spinner("starting", || Server::start(&reading, &input, &options))?;
    let requests = Requests::gather(arguments, &reading)?;
    let comparison = {
        let answering = progress::spinner("compiling", || {
            Answering::of_reading(reading, arguments.engine)
        })?;
        let mut comparison = Comparison::new(&answering, server, requests);
        comparison.run()?;
        match arguments.format {
            ResultFormat::Text => comparison.print(arguments)?,
            ResultFormat::Json => comparison.print_json()?,
        }
        comparison.differences.len()
    };
    Ok(if comparison == 0 {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

/// What is sent.
struct Requests {
    all: Vec<OwnedRequest>,
    from_rules: usize,
    log_lines: usize,
    log_distinct: usize,
    /// For hosts that are reached over TLS only: there is none on loopback.
    over_tls: usize,
}

impl Requests {
    fn gather(arguments: &Verify, reading: &Reading) -> Result<Self> {
        let most = arguments.limit.unwrap_or(usize::MAX);
        let mut found = progress::spinner("witnesses", || witnesses(&reading.site));
        if found.len() > most {
            spread(&mut found);
        }
        let (plain, tls): (Vec<_>, Vec<_>) = found
            .into_iter()
            .map(|witness| witness.request)
            .partition(|request| request.scheme == Scheme::Http);
        let mut requests = Self {
            from_rules: plain.len().min(most),
            all: Vec::new(),
            log_lines: 0,
            log_distinct: 0,
            over_tls: tls.len(),
        };
        requests
            .all
            .extend(plain.into_iter().take(most).map(OwnedRequest::from));
        let traffic = Traffic::read(&arguments.log, &[&reading.site], most)?;
        requests.log_lines = traffic.lines;
        requests.log_distinct = traffic.requests.len();
        let logged = traffic.requests.into_iter().map(|(request, _)| request);
        requests.all.extend(logged);
        Ok(requests)
    }
}

/// The first witness of every rule before the second of any.
fn spread(witnesses: &mut [Witness]) {
    let mut counts: HashMap<Place, usize> = HashMap::new();
    witnesses.sort_by_cached_key(|witness| {
        let count = counts.entry(witness.place).or_default();
        *count += 1;
        *count
    });
}

/// One request that is answered differently.
struct Difference {
    request: OwnedRequest,
    apache: Seen,
    ours: Seen,
    rules: Vec<String>,
}

struct Comparison<'a> {
    answering: &'a Answering,
    server: Server,
    requests: Requests,
    rules: BTreeSet<Place>,
    fired: BTreeSet<Place>,
    compared: usize,
    differences: Vec<Difference>,
    /// Requests the engine gives no answer to, by reason.
    untold: BTreeMap<String, usize>,
}

impl<'a> Comparison<'a> {
    fn new(answering: &'a Answering, server: Server, requests: Requests) -> Self {
        let mut rules = BTreeSet::new();
        let mut redirects = BTreeSet::new();
        answering.each(
            |rule| {
                rules.insert(rule.place);
            },
            |redirect| {
                redirects.insert(redirect.place);
            },
        );
        rules.append(&mut redirects);
        Self {
            answering,
            server,
            requests,
            rules,
            fired: BTreeSet::new(),
            compared: 0,
            differences: Vec::new(),
            untold: BTreeMap::new(),
        }
    }

    /// Sends everything. Apache is asked by several threads, the engine by this one.
    fn run(&mut self) -> Result<()> {
        let all = std::mem::take(&mut self.requests.all);
        let bar = progress::bar("comparing", all.len());
        let next = AtomicUsize::new(0);
        let server = &self.server;
        let (sender, receiver) = mpsc::sync_channel(256);
        let mut answers = Vec::new();
        std::thread::scope(|scope| -> Result<()> {
            for _ in 0..WORKERS {
                let sender = sender.clone();
                let (all, next) = (&all, &next);
                scope.spawn(move || {
                    while let Some((at, request)) = take(all, next) {
                        // The receiver is gone only after an error.
                        if sender.send((at, answer_of(server, request))).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            answers.resize_with(all.len(), || None);
            for (at, answer) in receiver {
                bar.inc(1);
                if let Some(slot) = answers.get_mut(at) {
                    *slot = Some(answer.context("Apache went away")?);
                }
            }
            Ok(())
        })?;
        bar.finish_and_clear();
        for (request, apache) in all.into_iter().zip(answers) {
            if let Some(apache) = apache {
                self.compare(request, apache);
            }
        }
        Ok(())
    }

    fn compare(&mut self, request: OwnedRequest, apache: Seen) {
        let answer = request.with(|request| self.answering.answer(request));
        let ours = match Seen::of_engine(&answer) {
            Ok(ours) => ours,
            Err(reason) => {
                *self.untold.entry(reason).or_default() += 1;
                return;
            }
        };
        self.compared += 1;
        let effects = answer.trace.iter().filter(|step| is_effect(&step.event));
        self.fired.extend(effects.map(|step| step.place));
        if ours != apache && !self.agrees_about_files(&request, &apache, &ours) {
            self.differences.push(Difference {
                request,
                apache,
                ours,
                rules: self.answering.rules(&answer),
            });
        }
    }

    /// Apache serves here whether or not there is a file. Where the engine knows that there is none
    /// and what an `ErrorDocument` makes of it, Apache is asked about files too.
    fn agrees_about_files(&self, request: &OwnedRequest, apache: &Seen, ours: &Seen) -> bool {
        let served = matches!(apache.end, End::Serve(..));
        let answer = || self.server.answer_from_files(request);
        served && answer().is_ok_and(|answer| answer == *ours)
    }

    fn unreached(&self) -> Vec<String> {
        let missing = self.rules.difference(&self.fired);
        missing.map(|place| self.answering.place(*place)).collect()
    }

    fn print(&self, arguments: &Verify) -> Result<()> {
        let mut out = stdout().lock();
        let Requests {
            from_rules,
            log_lines,
            log_distinct,
            over_tls,
            ..
        } = &self.requests;
        writeln!(
            out,
            "{} on 127.0.0.1:{}, {}",
            self.server.version,
            self.server.port,
            count(self.rules.len(), "rule")
        )?;
        write!(
            out,
            "witnesses    {} from the rules",
            count(*from_rules, "request")
        )?;
        if !arguments.log.is_empty() {
            let (lines, distinct) = (thousands(*log_lines), thousands(*log_distinct));
            write!(out, ", {lines} from the log ({distinct} distinct)")?;
        }
        writeln!(out)?;
        writeln!(
            out,
            "compared     {}   {}",
            thousands(self.compared),
            count(self.differences.len(), "difference")
        )?;
        for (reason, number) in &self.untold {
            writeln!(out, "not at edge  {}: {reason}", thousands(*number))?;
        }
        if *over_tls > 0 {
            writeln!(
                out,
                "not sent     {} to hosts with TLS",
                count(*over_tls, "request")
            )?;
        }
        for what in &self.server.left_out {
            writeln!(out, "left out     {what}")?;
        }
        for difference in self.differences.iter().take(MOST_SHOWN) {
            writeln!(out, "\n{}", difference.to_text())?;
        }
        if self.differences.len() > MOST_SHOWN {
            let more = self.differences.len() - MOST_SHOWN;
            writeln!(
                out,
                "\nand {more} more: edgewright verify --format json lists all"
            )?;
        }
        let unreached = self.unreached();
        let fired = count(self.rules.len() - unreached.len(), "rule");
        write!(out, "{fired} fired at least once")?;
        match (unreached.is_empty(), arguments.unreached) {
            (true, _) => writeln!(out)?,
            (false, false) => {
                let number = thousands(unreached.len());
                writeln!(
                    out,
                    "; {number} could not be reached: --unreached lists them"
                )?;
            }
            (false, true) => {
                writeln!(
                    out,
                    "; {} could not be reached:",
                    thousands(unreached.len())
                )?;
                for place in unreached {
                    writeln!(out, "  {place}")?;
                }
            }
        }
        Ok(())
    }

    fn print_json(&self) -> Result<()> {
        let differences = self.differences.iter().map(Difference::to_json);
        let document = json!({
            "apache": self.server.version,
            "port": self.server.port,
            "rules": self.rules.len(),
            "fired": self.rules.len() - self.unreached().len(),
            "unreached": self.unreached(),
            "requests_from_rules": self.requests.from_rules,
            "log_lines": self.requests.log_lines,
            "log_distinct": self.requests.log_distinct,
            "compared": self.compared,
            "not_expressible": self.untold,
            "not_sent_tls": self.requests.over_tls,
            "left_out": self.server.left_out,
            "differences": differences.collect::<Vec<_>>(),
        });
        let mut out = stdout().lock();
        serde_json::to_writer_pretty(&mut out, &document)?;
        writeln!(out)?;
        Ok(())
    }
}

fn take<'r>(all: &'r [OwnedRequest], next: &AtomicUsize) -> Option<(usize, &'r OwnedRequest)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    all.get(at).map(|request| (at, request))
}

/// Asks once more when the connection fails: a busy machine refuses some.
fn answer_of(server: &Server, request: &OwnedRequest) -> std::io::Result<Seen> {
    server.answer(request).or_else(|_| {
        std::thread::sleep(Duration::from_millis(50));
        server.answer(request)
    })
}

impl Difference {
    fn to_text(&self) -> String {
        let mut text = self.request.to_text();
        text += &format!("\n  Apache      {}", self.apache.to_line());
        text += &format!("\n  edgewright  {}", self.ours.to_line());
        if !self.rules.is_empty() {
            text += &format!("\n  rules       {}", self.rules.join(", "));
        }
        text
    }

    fn to_json(&self) -> Value {
        json!({
            "request": self.request.to_json(),
            "apache": self.apache.to_json(),
            "edgewright": self.ours.to_json(),
            "rules": self.rules,
        })
    }
}
