//! `edgewright prune`: which rules the traffic of a log still uses.

use std::collections::BTreeMap;
use std::io::{Write, stdout};

use anyhow::Result;
use edgewright_engine::model::request::Scheme;
use edgewright_engine::model::rules::Place;
use edgewright_engine::model::site::Site;
use serde_json::json;

use super::Exit;
use crate::args::{Engine, Prune, ResultFormat};
use crate::describe::Directives;
use crate::engine::Answerer;
use crate::input;
use crate::progress;
use crate::summary::{count, shorten, thousands};
use crate::traffic::{Logs, Traffic};
use crate::typed;

/// So many of the most used rules are shown.
const MOST_SHOWN: usize = 20;

/// Prints the rules by use.
///
/// # Errors
/// The configuration or a log cannot be read.
pub fn run(arguments: &Prune) -> Result<Exit> {
    typed::once(arguments.conf.iter().chain(&arguments.log))?;
    let reading = input::read_configuration(&arguments.conf, &arguments.reading)?;
    let mut traffic = Traffic::read(&Logs {
        files: &arguments.log,
        sites: &[&reading.site],
        formats: &reading.log_formats,
        most: usize::MAX,
    })?;
    if arguments.https {
        let requests = traffic.requests.iter_mut();
        requests.for_each(|asked| asked.request.scheme = Scheme::Https);
    }
    let rules = Rules::of(&reading.site);
    let answering = progress::spinner("compiling", || Answerer::of_reading(reading, Engine::Edge))?;
    let found = Use::of(rules, &answering, &traffic);
    match arguments.format {
        ResultFormat::Text => found.print(arguments, &traffic)?,
        ResultFormat::Json => found.print_json(&traffic)?,
    }
    Ok(if found.unused().next().is_none() {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

/// Every rule and redirect of a configuration, those too that the compiler will remove.
struct Rules {
    texts: Directives,
    /// Requests that each had a say in.
    requests: BTreeMap<Place, usize>,
}

impl Rules {
    fn of(site: &Site) -> Self {
        let mut rules = Self {
            texts: Directives::default(),
            requests: BTreeMap::new(),
        };
        for rule in site.rule_sets.iter().flat_map(|set| &set.rules) {
            rules.texts.add_rule(rule);
            rules.requests.insert(rule.place, 0);
        }
        for redirect in site.redirect_lists.iter().flatten() {
            rules.texts.add_redirect(redirect.view());
            rules.requests.insert(redirect.place, 0);
        }
        rules
    }
}

/// The rules, with how often each was used.
struct Use<'a> {
    rules: Rules,
    answering: &'a Answerer,
}

impl<'a> Use<'a> {
    fn of(mut rules: Rules, answering: &'a Answerer, traffic: &Traffic) -> Self {
        let bar = progress::bar("replaying", traffic.requests.len());
        for asked in &traffic.requests {
            let answer = asked.request.with(|request| answering.answer(request));
            let effects = answer.trace.iter().filter(|step| step.event.is_effect());
            let mut places: Vec<Place> = effects.filter_map(|step| step.place).collect();
            places.sort_unstable();
            places.dedup();
            for place in places {
                if let Some(requests) = rules.requests.get_mut(&place) {
                    *requests += asked.times;
                }
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        Self { rules, answering }
    }

    fn unused(&self) -> impl Iterator<Item = Place> {
        let requests = self.rules.requests.iter();
        requests
            .filter(|(_, number)| **number == 0)
            .map(|(place, _)| *place)
    }

    /// Rules that were used, the most used first.
    fn used(&self) -> Vec<(Place, usize)> {
        let requests = self.rules.requests.iter();
        let mut used: Vec<(Place, usize)> = requests
            .filter(|(_, number)| **number > 0)
            .map(|(place, number)| (*place, *number))
            .collect();
        used.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
        used
    }

    fn print(&self, arguments: &Prune, traffic: &Traffic) -> Result<()> {
        let mut out = stdout().lock();
        let used = self.used();
        let all = self.rules.requests.len();
        writeln!(
            out,
            "log      {}, {} of them distinct{}",
            count(traffic.account.requests, "request"),
            thousands(traffic.requests.len()),
            traffic.account.to_period()
        )?;
        for remark in traffic.account.remarks() {
            writeln!(out, "         {remark}")?;
        }
        let (number, of) = (thousands(used.len()), count(all, "rule"));
        writeln!(out, "used     {number} of {of}")?;
        let unused = thousands(all - used.len());
        match (all == used.len(), arguments.unused) {
            (true, _) => {}
            (false, false) => writeln!(out, "unused   {unused}: --unused lists them")?,
            (false, true) => writeln!(out, "unused   {unused}")?,
        }
        if arguments.unused {
            let rows = self.unused().map(|place| (String::new(), place));
            self.print_rows(&mut out, rows.collect())?;
            return warn(&mut out, traffic);
        }
        let few = used.iter().take(MOST_SHOWN);
        let rows = few.map(|(place, number)| (thousands(*number), *place));
        self.print_rows(&mut out, rows.collect())?;
        if used.len() > MOST_SHOWN {
            let more = used.len() - MOST_SHOWN;
            writeln!(
                out,
                "  and {}: --format json has all",
                count(more, "more rule")
            )?;
        }
        warn(&mut out, traffic)
    }

    fn print_rows(&self, out: &mut impl Write, rows: Vec<(String, Place)>) -> Result<()> {
        let rows: Vec<(String, String, &str)> = rows
            .into_iter()
            .map(|(number, place)| {
                (
                    number,
                    self.answering.place(place),
                    self.rules.texts.at(place),
                )
            })
            .collect();
        let wide = |text: fn(&(String, String, &str)) -> usize| rows.iter().map(text).max();
        let first = wide(|row| row.0.len()).unwrap_or(0);
        let second = wide(|row| row.1.len()).unwrap_or(0);
        if !rows.is_empty() {
            writeln!(out)?;
        }
        for (number, place, text) in &rows {
            let gap = if first > 0 { "   " } else { "" };
            let text = shorten(text);
            writeln!(out, "  {number:>first$}{gap}{place:second$}   {text}")?;
        }
        Ok(())
    }

    fn print_json(&self, traffic: &Traffic) -> Result<()> {
        let requests = self.rules.requests.iter();
        let rules = requests.map(|(place, number)| {
            json!({
                "rule": self.answering.place(*place),
                "directive": self.rules.texts.at(*place),
                "requests": number,
            })
        });
        let document = json!({
            "log_lines": traffic.account.requests,
            "log_distinct": traffic.requests.len(),
            "log": traffic.account.to_json(),
            "log_is_short": traffic.account.is_short(),
            "unused": self.unused().count(),
            "rules": rules.collect::<Vec<_>>(),
        });
        let mut out = stdout().lock();
        serde_json::to_writer_pretty(&mut out, &document)?;
        writeln!(out)?;
        Ok(())
    }
}

/// Says when the log is too short to tell which rules nobody needs.
fn warn(out: &mut impl Write, traffic: &Traffic) -> Result<()> {
    if traffic.account.is_short() {
        writeln!(
            out,
            "\nwarning: the log covers less than a month, too short to remove rules for good"
        )?;
    }
    Ok(())
}
