//! What a site was asked, from its access logs.
//!
//! In: log files, and the site they are of. Out: [`Traffic`]: each request once, with how often it
//! was made and what was answered. Absent: the format of a line; see `access_log`.

mod account;
mod cache;
mod lines;
mod request;
mod unpack;

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, stdin};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use edgewright_engine::model::site::Site;

use crate::access_log::{Entry, FORMATS, Line, Logged, Reader, SAMPLE, Template, Time};
use crate::contract::OwnedRequest;
pub use account::LogAccount;
pub use cache::{CacheReport, LogCaches};
use lines::{Extent, Lines};
use request::{Relevant, default_host, request};

/// Bytes of distinct requests that are kept. A log of more has requests that no person made.
const ROOM: usize = 2 << 30;

/// Bytes that a distinct request takes besides its texts, about.
const REQUEST_BYTES: usize = 512;

/// The requests of some logs.
#[derive(Debug, Default)]
pub struct Traffic {
    /// What became of the lines.
    pub account: LogAccount,
    /// Each request, in the order it first came.
    pub requests: Vec<Asked>,
}

/// One distinct request.
#[derive(Debug)]
pub struct Asked {
    /// The request.
    pub request: OwnedRequest,
    /// How many lines it stands in.
    pub times: usize,
    /// The statuses that were logged, each with its number of lines.
    pub statuses: Vec<(u16, usize)>,
}

/// Which logs are read, and how.
#[derive(Debug)]
pub struct Logs<'a> {
    /// Files; `-` is standard input.
    pub files: &'a [PathBuf],
    /// The sites the logs are of. A log that names no host is taken for one of the first site.
    pub sites: &'a [&'a Site],
    /// Formats that their configurations define.
    pub formats: &'a [Vec<u8>],
    /// Of distinct requests only the first so many are kept.
    pub most: usize,
}

impl Traffic {
    /// Reads logs. `Referer` and `User-Agent` count only where an answer of one of the sites can depend
    /// on them: two requests that differ in nothing else are the same one.
    ///
    /// # Errors
    /// A file cannot be read, or no line of all the logs is a log line.
    pub fn read(logs: &Logs<'_>) -> Result<Self> {
        Self::read_watched(logs, &mut |_, _| {})
    }

    /// Reads logs like [`Traffic::read`], and shows each logged request to `watch`, with its time if the log says.
    ///
    /// # Errors
    /// A file cannot be read, or no line of all the logs is a log line.
    pub fn read_watched(
        logs: &Logs<'_>,
        watch: &mut dyn FnMut(&Logged, Option<Time>),
    ) -> Result<Self> {
        let templates = logs.formats.iter();
        let templates: Vec<Template> = templates.filter_map(|text| Template::new(text)).collect();
        let mut gathering = Gathering {
            default_host: logs
                .sites
                .first()
                .map(|site| default_host(site))
                .unwrap_or_default(),
            relevant: Relevant::of(logs.sites),
            sites: logs.sites,
            templates,
            most: logs.most,
            room: ROOM,
            places: HashMap::new(),
            traffic: Self::default(),
            watch,
        };
        for log in logs.files {
            gathering
                .add_file(log)
                .with_context(|| format!("cannot read {}", name_of(log)))?;
        }
        let account = &gathering.traffic.account;
        if !logs.files.is_empty() && account.requests + account.not_repeatable == 0 {
            bail!(nothing_read(account, logs.files));
        }
        Ok(gathering.traffic)
    }
}

/// Why there is no request.
fn nothing_read(account: &LogAccount, files: &[PathBuf]) -> String {
    let names: Vec<String> = files.iter().map(|log| name_of(log)).collect();
    let names = names.join(", ");
    if account.unread == 0 {
        let verb = if files.len() == 1 { "has" } else { "have" };
        return format!("{names} {verb} no lines: name a log with requests in it");
    }
    let lines = crate::summary::count(account.unread, "line");
    format!("no log line in {names} ({lines}): the formats read are {FORMATS}")
}

fn name_of(log: &Path) -> String {
    if log == Path::new("-") {
        return "standard input".to_owned();
    }
    log.display().to_string()
}

struct Gathering<'s> {
    sites: &'s [&'s Site],
    default_host: Vec<u8>,
    relevant: Relevant,
    templates: Vec<Template>,
    most: usize,
    /// Bytes of distinct requests that may still be kept.
    room: usize,
    /// Where a request stands in the traffic.
    places: HashMap<Logged, usize>,
    traffic: Traffic,
    /// Who sees each request as it was logged.
    watch: &'s mut dyn FnMut(&Logged, Option<Time>),
}

impl Gathering<'_> {
    fn add_file(&mut self, log: &Path) -> Result<()> {
        let name = name_of(log);
        if log == Path::new("-") {
            return self.add(&name, stdin().lock());
        }
        self.add(&name, BufReader::new(File::open(log)?))
    }

    fn add(&mut self, name: &str, log: impl BufRead) -> Result<()> {
        let mut lines = Lines::of(unpack::unpacked(log)?);
        let mut reader = Reader::new(&self.templates);
        let (mut line, mut first) = (Vec::new(), Vec::new());
        let mut number = 0;
        // The first lines are read before any counts: they tell the format.
        while first.len() < SAMPLE
            && let Some(extent) = lines.next_into(&mut line)?
        {
            first.push((std::mem::take(&mut line), extent));
        }
        let texts: Vec<&[u8]> = first.iter().map(|(line, _)| line.as_slice()).collect();
        reader.detect(&texts);
        for (line, extent) in first {
            number += 1;
            self.add_line((name, number), &mut reader, (&line, extent));
        }
        while let Some(extent) = lines.next_into(&mut line)? {
            number += 1;
            self.add_line((name, number), &mut reader, (&line, extent));
        }
        Ok(())
    }

    fn add_line(
        &mut self,
        (name, number): (&str, usize),
        reader: &mut Reader,
        (line, extent): (&[u8], Extent),
    ) {
        let read = match extent {
            Extent::Whole => reader.read(line),
            Extent::Cut => Line::Unknown,
        };
        match read {
            Line::Entry(entry) => self.add_entry(entry),
            Line::Comment => {}
            Line::Unknown => {
                let account = &mut self.traffic.account;
                account.unread += 1;
                let place = || format!("{name} line {number}");
                account.first_unread.get_or_insert_with(place);
            }
        }
    }

    fn add_entry(&mut self, entry: Entry) {
        let account = &mut self.traffic.account;
        if let Some(time) = entry.time {
            account.cover(time);
        }
        match entry.request {
            None => account.not_repeatable += 1,
            Some(logged) => {
                account.requests += 1;
                (self.watch)(&logged, entry.time);
                self.count(self.relevant.only(logged), entry.status);
            }
        }
    }

    fn count(&mut self, logged: Logged, status: Option<u16>) {
        let requests = &mut self.traffic.requests;
        let known = self.places.get(&logged).copied();
        if let Some(asked) = known.and_then(|at| requests.get_mut(at)) {
            asked.count(status);
            return;
        }
        let size = REQUEST_BYTES + 2 * logged.size();
        if requests.len() >= self.most || self.room < size {
            self.traffic.account.left_out += 1;
            return;
        }
        self.room -= size;
        let mut asked = Asked {
            request: request(&logged, &self.default_host, self.sites),
            times: 0,
            statuses: Vec::new(),
        };
        asked.count(status);
        requests.push(asked);
        self.places.insert(logged, requests.len() - 1);
    }
}

impl Asked {
    fn count(&mut self, status: Option<u16>) {
        self.times += 1;
        let Some(status) = status else {
            return;
        };
        match self.statuses.iter_mut().find(|(own, _)| *own == status) {
            Some((_, lines)) => *lines += 1,
            None => self.statuses.push((status, 1)),
        }
    }
}
