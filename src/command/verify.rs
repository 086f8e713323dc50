//! `edgewright verify`: the same requests to the user's own Apache and to us.

use std::io::{Write, stdout};

use anyhow::Result;
use serde_json::json;

use super::Exit;
use crate::args::{ResultFormat, Verify};
use crate::engine::Answerer;
use crate::input;
use crate::opened::Opened;
use crate::progress;
use crate::summary::{count, thousands};
use crate::typed;
use crate::verify::comparison::{Comparison, Difference};
use crate::verify::coverage::Coverage;
use crate::verify::requests::Requests;
use crate::verify::server::Server;

/// Differences that are printed; all are counted.
const MOST_SHOWN: usize = 50;

/// Requests logged with another status that are printed; all are counted.
const MOST_LOGGED_SHOWN: usize = 3;

/// Compares.
///
/// # Errors
/// The configuration cannot be read, or there is no Apache that starts with it.
pub fn run(arguments: &Verify) -> Result<Exit> {
    typed::once(arguments.conf.iter().chain(&arguments.log))?;
    let opened = Opened::new(&arguments.conf, &arguments.reading)?;
    let (reading, transcript) = input::read_with_transcript(&opened)?;
    let read = (&reading, &transcript);
    let server = progress::spinner("starting", || Server::start(read, &opened))?;
    drop(transcript);
    let requests = Requests::gather(arguments, &reading, &server)?;
    let answering = progress::spinner("compiling", || {
        Answerer::of_reading(reading, arguments.engine)
    })?;
    let comparison = Comparison::run(&answering, &server, &requests)?;
    let coverage = comparison.coverage(&requests);
    let report = Report {
        coverage: &coverage,
        server: &server,
        requests: &requests,
        comparison: &comparison,
    };
    match arguments.format {
        ResultFormat::Text => report.print(arguments, &mut stdout().lock())?,
        ResultFormat::Json => report.print_json(&mut stdout().lock())?,
    }
    let is_enough = coverage.shortfall().is_none();
    Ok(if comparison.differences.is_empty() && is_enough {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

/// All there is to say.
struct Report<'a> {
    coverage: &'a Coverage,
    server: &'a Server,
    requests: &'a Requests,
    comparison: &'a Comparison<'a>,
}

impl Report<'_> {
    fn print(&self, arguments: &Verify, out: &mut impl Write) -> Result<()> {
        let Self {
            server, comparison, ..
        } = self;
        self.print_verdict(out)?;
        let (version, port) = (&server.version, server.http.port);
        writeln!(out, "server       {version} on 127.0.0.1:{port}")?;
        self.print_requests(arguments, out)?;
        for (reason, number) in &comparison.untold {
            writeln!(out, "not at edge  {}: {reason}", thousands(*number))?;
        }
        for what in server.left_out.to_texts() {
            writeln!(out, "left out     {what}")?;
        }
        if let Some(names) = server.left_out.to_replaced() {
            writeln!(out, "own instead  {names}")?;
        }
        writeln!(out, "cage         {}", cage(&server.held))?;
        for difference in comparison.differences.iter().take(MOST_SHOWN) {
            writeln!(out, "\n{}", difference.to_text())?;
        }
        if comparison.differences.len() > MOST_SHOWN {
            let more = comparison.differences.len() - MOST_SHOWN;
            writeln!(
                out,
                "\nand {more} more: edgewright verify --format json lists all"
            )?;
        }
        self.print_unsteady(out)?;
        self.print_logged(out)?;
        self.print_unreached(arguments, out)
    }

    /// What all comes to: how much was compared is part of it.
    fn print_verdict(&self, out: &mut impl Write) -> Result<()> {
        let differences = count(self.comparison.differences.len(), "difference");
        let requests = count(self.comparison.compared, "request");
        let headline = self.coverage.headline();
        writeln!(out, "{headline}, {differences} in {requests}")?;
        for (reason, number) in self.coverage.groups() {
            writeln!(out, "  {}: {reason}", thousands(number))?;
        }
        if let Some(reason) = self.coverage.shortfall() {
            writeln!(out, "not enough   {reason}: the exit code is 1")?;
        }
        Ok(())
    }

    /// What Apache did not always answer alike: whether it differs from the engine cannot be told.
    fn print_unsteady(&self, out: &mut impl Write) -> Result<()> {
        let unsteady = &self.comparison.unsteady;
        let Some(first) = unsteady.first() else {
            return Ok(());
        };
        let requests = count(unsteady.len(), "request");
        writeln!(
            out,
            "unsteady     {requests} answered by Apache in another way at first, and as by edgewright when \
             asked again:\n\n{}",
            first.to_text()
        )?;
        Ok(())
    }

    /// What the log says was answered and Apache answers otherwise: no difference of ours.
    fn print_logged(&self, out: &mut impl Write) -> Result<()> {
        let logged = &self.comparison.logged;
        if logged.compared == 0 {
            return Ok(());
        }
        let (others, all) = (thousands(logged.others), count(logged.compared, "request"));
        let verb = if logged.others == 1 { "was" } else { "were" };
        writeln!(
            out,
            "log status   {others} of {all} {verb} logged with another status than Apache gives now"
        )?;
        for example in logged.examples.iter().take(MOST_LOGGED_SHOWN) {
            writeln!(out, "\n{}", example.to_text())?;
        }
        if logged.examples.len() > MOST_LOGGED_SHOWN {
            writeln!(
                out,
                "\nand others: edgewright verify --format json has more"
            )?;
        }
        if !logged.examples.is_empty() {
            writeln!(out)?;
        }
        Ok(())
    }

    fn print_requests(&self, arguments: &Verify, out: &mut impl Write) -> Result<()> {
        let Requests {
            from_rules,
            possible,
            over_tls,
            ..
        } = *self.requests;
        write!(out, "witnesses    ")?;
        if from_rules + over_tls < possible {
            write!(out, "{} of ", thousands(from_rules))?;
            write!(out, "{} from the rules", count(possible, "request"))?;
        } else {
            write!(out, "{} from the rules", count(from_rules, "request"))?;
        }
        if !arguments.log.is_empty() {
            let log = &self.requests.log;
            let (lines, period) = (thousands(log.requests), log.to_period());
            let distinct = thousands(self.requests.log_distinct);
            write!(out, ", {lines} from the log ({distinct} distinct{period})")?;
            for remark in log.remarks() {
                write!(out, "\nlog          {remark}")?;
            }
        }
        let compared = self.comparison.compared;
        let differences = self.comparison.differences.len();
        write!(
            out,
            "\ncompared     {}   {}",
            thousands(compared),
            count(differences, "difference")
        )?;
        if differences > 0 {
            write!(
                out,
                ": {} answered alike",
                share(compared - differences, compared)
            )?;
        }
        writeln!(out)?;
        if over_tls > 0 {
            let requests = count(over_tls, "request");
            writeln!(
                out,
                "not sent     {requests} to hosts with TLS: there is no mod_ssl here"
            )?;
        }
        Ok(())
    }

    fn print_unreached(&self, arguments: &Verify, out: &mut impl Write) -> Result<()> {
        let unreached = &self.coverage.unreached;
        if unreached.is_empty() {
            return Ok(());
        }
        if !arguments.unreached {
            return Ok(writeln!(
                out,
                "\n--unreached lists the rules that did not answer"
            )?);
        }
        writeln!(out)?;
        for one in unreached {
            writeln!(out, "{}: {}", one.rule, one.reason)?;
        }
        Ok(())
    }

    fn print_json(&self, out: &mut impl Write) -> Result<()> {
        let Self {
            coverage,
            server,
            requests,
            comparison,
        } = self;
        let unreached = &coverage.unreached;
        let differences = comparison.differences.iter().map(Difference::to_json);
        let unsteady = comparison.unsteady.iter().map(Difference::to_json);
        let reasons = unreached
            .iter()
            .map(|one| json!({"rule": one.rule, "reason": one.reason}));
        let document = json!({
            "apache": server.version,
            "port": server.http.port,
            "coverage": coverage.to_json(),
            "rules": coverage.rules,
            "fired": coverage.answered(),
            "unreached": reasons.collect::<Vec<_>>(),
            "requests_from_rules": requests.from_rules,
            "requests_possible": requests.possible,
            "log_lines": requests.log.requests,
            "log_distinct": requests.log_distinct,
            "log": (!requests.log.is_empty()).then(|| requests.log.to_json()),
            "logged_status": comparison.logged.to_json(),
            "compared": comparison.compared,
            "not_expressible": comparison.untold,
            "not_sent_tls": requests.over_tls,
            "left_out": server.left_out.to_texts(),
            "own_instead": server.left_out.to_replaced(),
            "cage": server.held,
            "differences": differences.collect::<Vec<_>>(),
            "unsteady": unsteady.collect::<Vec<_>>(),
        });
        serde_json::to_writer_pretty(&mut *out, &document)?;
        writeln!(out)?;
        Ok(())
    }
}

/// What holds the server in besides its configuration.
fn cage(held: &[String]) -> String {
    if held.is_empty() {
        return "this system has none: the copy of the configuration is all that holds it"
            .to_owned();
    }
    held.join(", ")
}

/// `99.87 %`, rounded down: only all is 100 %.
fn share(part: usize, whole: usize) -> String {
    let hundredths = part * 10_000 / whole.max(1);
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}
