//! What answers a request: the reference, the compiled edge, or the function behind CloudFront.
//!
//! In: a configuration or a build folder. Out: [`Answerer`]. Absent: reading requests, printing.

mod cloudfront;

use std::borrow::Cow;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use edgewright_compiler::export::function::Dependence;
use edgewright_compiler::{Reading, compile};
use edgewright_engine::artefact::key::KeySpace;
use edgewright_engine::artefact::redirect::RedirectView;
use edgewright_engine::artefact::table::{Content, EmbeddedTable};
use edgewright_engine::budget::{Allowance, DECISION_STEPS};
use edgewright_engine::evaluate::{Options, Trace, evaluate_by};
use edgewright_engine::handler::{Runtime, handle_embedded, unreadable};
use edgewright_engine::model::outcome::Answer;
use edgewright_engine::model::request::{Request, Scheme};
use edgewright_engine::model::rules::{Place, RedirectListId, Rule, RuleSetId};
use edgewright_engine::model::site::Site;
use edgewright_engine::source::{Counted, Indexed, Restored, Sequential, Source, Unavailable};

use crate::args::{self, Engine};
use crate::input;
use crate::package;
use crate::typed;
pub use cloudfront::EdgeStack;

/// An engine with what it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answering {
    /// Every rule in order.
    Reference,
    /// The compiled program.
    Edge,
    /// The function behind CloudFront, and how viewers connect where CloudFront does not tell it.
    CloudFront(Scheme),
}

impl From<Engine> for Answering {
    fn from(engine: Engine) -> Self {
        match engine {
            Engine::Reference => Self::Reference,
            Engine::Edge => Self::Edge,
            // What `package` takes where nobody says.
            Engine::CloudFront => Self::CloudFront(Scheme::Https),
        }
    }
}

/// Answers requests, one after another.
#[derive(Debug)]
pub struct Answerer {
    origin: Origin,
    /// Only for the engine of that name.
    stack: Option<EdgeStack>,
    /// How the configuration says access logs are written; a build does not tell.
    log_formats: Vec<Vec<u8>>,
    now: i64,
}

#[derive(Debug)]
enum Origin {
    Configuration(Box<Reading>),
    Build(&'static Build),
    Restored(&'static Build, Restored<'static>),
}

/// A build folder's program and table, loaded.
#[derive(Debug)]
pub struct Build {
    /// `rules.bin`.
    pub runtime: Runtime,
    /// `table.bin`.
    pub table: EmbeddedTable,
}

impl Build {
    /// Loads `rules.bin` and `table.bin` of a build folder.
    ///
    /// # Errors
    /// A file is missing, damaged or of another version, or the two do not belong together.
    pub fn open(folder: &Path) -> Result<Self> {
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let load = || Self::load(&read("rules.bin")?, &read("table.bin")?);
        load().with_context(|| format!("{}: run `edgewright migrate` again", folder.display()))
    }

    /// Loads a program and its table.
    ///
    /// # Errors
    /// The bytes are damaged or of another version, or the two do not belong together.
    pub fn load(program: &[u8], table: &[u8]) -> Result<Self> {
        let runtime = Runtime::load(program).context("rules.bin")?;
        let table = EmbeddedTable::load(table).context("table.bin")?;
        if runtime.generation() != table.generation() {
            bail!("rules.bin and table.bin are not of the same build");
        }
        Ok(Self { runtime, table })
    }

    /// The configuration with the rules, redirects and map entries of program and table. What the
    /// compiler removed is not there.
    fn whole_site(&self) -> Site {
        let source = Restored::new(self.runtime.program(), &self.table);
        let mut site = self.runtime.site().clone();
        for (set, rules) in (0..).map(RuleSetId).zip(&mut site.rule_sets) {
            let next = |from| source.next_rule(set, from, b"");
            rules.rules = in_order(next)
                .filter_map(|rule| rule.to_rule().ok())
                .collect();
        }
        for (list, redirects) in (0..).map(RedirectListId).zip(&mut site.redirect_lists) {
            let next = |from| source.next_redirect(list, from, b"");
            *redirects = in_order(next).map(RedirectView::to_redirect).collect();
        }
        for entry in self.table.entries() {
            let (KeySpace::Map(map), Content::Value(value)) = (entry.key.space(), &entry.content)
            else {
                continue;
            };
            let map = usize::try_from(map.0).ok();
            if let Some(map) = map.and_then(|map| site.maps.get_mut(map)) {
                map.add(value.clone());
            }
        }
        site
    }
}

/// Everything that `next` names, from the first on.
fn in_order<T>(
    next: impl Fn(usize) -> Result<Option<(usize, T)>, Unavailable>,
) -> impl Iterator<Item = T> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let (at, item) = next(from).ok()??;
        from = at + 1;
        Some(item)
    })
}

impl Answerer {
    /// Opens a configuration or a build folder.
    ///
    /// # Errors
    /// It cannot be read, or it cannot be compiled.
    pub fn open(
        source: &Path,
        engine: impl Into<Answering>,
        options: &args::Reading,
    ) -> Result<Self> {
        let engine = engine.into();
        let mut stack = None;
        let origin = if typed::is_build(source) {
            if let Answering::CloudFront(scheme) = engine {
                let dependence = package::dependence(source)?;
                stack = Some(EdgeStack::usual(Build::open(source)?, dependence, scheme)?);
            }
            let build = keep(Build::open(source)?);
            match engine {
                Answering::Reference => {
                    Origin::Restored(build, Restored::new(build.runtime.program(), &build.table))
                }
                Answering::Edge | Answering::CloudFront(_) => Origin::Build(build),
            }
        } else {
            let reading = input::read_configuration(&[source.to_owned()], options)?;
            return Self::of_reading(reading, engine);
        };
        Ok(Self {
            origin,
            stack,
            log_formats: Vec::new(),
            now: now(),
        })
    }

    /// Formats of access logs that the configuration defines.
    pub fn log_formats(&self) -> &[Vec<u8>] {
        &self.log_formats
    }

    /// Answers for a configuration that was read.
    ///
    /// # Errors
    /// The configuration cannot be compiled.
    pub fn of_reading(mut reading: Reading, engine: impl Into<Answering>) -> Result<Self> {
        let engine = engine.into();
        let log_formats = std::mem::take(&mut reading.log_formats);
        let stack = match engine {
            Answering::CloudFront(scheme) => {
                let (build, dependence) = compiled(&reading)?;
                Some(EdgeStack::usual(build, dependence, scheme)?)
            }
            Answering::Reference | Answering::Edge => None,
        };
        let origin = match engine {
            Answering::Reference => Origin::Configuration(Box::new(reading)),
            Answering::Edge | Answering::CloudFront(_) => {
                Origin::Build(keep(compiled(&reading)?.0))
            }
        };
        Ok(Self {
            origin,
            stack,
            log_formats,
            now: now(),
        })
    }

    /// What a request becomes.
    pub fn answer(&self, request: &Request<'_>) -> Answer {
        self.answer_counted(request).0
    }

    /// What a request becomes, and how many rules and redirects were looked at for it.
    pub fn answer_counted(&self, request: &Request<'_>) -> (Answer, usize) {
        self.traced(request, Trace::On)
    }

    /// The same, with as much of a trace as is asked for.
    pub fn traced(&self, request: &Request<'_>, trace: Trace) -> (Answer, usize) {
        let options = Options {
            trace,
            now: self.now,
            ..Options::default()
        };
        let (answer, looked_at) = match &self.origin {
            Origin::Configuration(reading) => {
                let source = Sequential::new(&reading.site);
                counted(&reading.site, source, request, &options)
            }
            Origin::Restored(build, source) => {
                counted(build.runtime.site(), source, request, &options)
            }
            Origin::Build(build) => {
                let options = Options {
                    allowance: Allowance::steps(DECISION_STEPS),
                    ..options
                };
                let source = Indexed::new(build.runtime.program(), &build.table);
                let told = counted(build.runtime.site(), source, request, &options);
                as_deployed(build, request, options, told)
            }
        };
        match &self.stack {
            Some(stack) => (stack.answer(request, answer), looked_at),
            None => (answer, looked_at),
        }
    }

    /// What was read, where the source is a configuration and it answers itself.
    pub fn reading(&self) -> Option<&Reading> {
        match &self.origin {
            Origin::Configuration(reading) => Some(reading),
            Origin::Build(_) | Origin::Restored(..) => None,
        }
    }

    /// The configuration.
    pub fn site(&self) -> &Site {
        match &self.origin {
            Origin::Configuration(reading) => &reading.site,
            Origin::Build(build) | Origin::Restored(build, _) => build.runtime.site(),
        }
    }

    /// The configuration with every rule, redirect and map entry that is left in a build.
    pub fn whole_site(&self) -> Cow<'_, Site> {
        match &self.origin {
            Origin::Configuration(reading) => Cow::Borrowed(&reading.site),
            Origin::Build(build) | Origin::Restored(build, _) => Cow::Owned(build.whole_site()),
        }
    }

    /// What was compiled; nothing for the reference of a configuration.
    pub fn build(&self) -> Option<&'static Build> {
        match &self.origin {
            Origin::Configuration(_) => None,
            Origin::Build(build) | Origin::Restored(build, _) => Some(build),
        }
    }

    /// The host of a request that names none: the main server's name.
    pub fn default_host(&self) -> &[u8] {
        let name = self
            .site()
            .hosts
            .first()
            .map(|host| &host.name[..])
            .unwrap_or_default();
        if name.is_empty() { b"localhost" } else { name }
    }

    /// `file:line`.
    pub fn place(&self, place: Place) -> String {
        let name = usize::try_from(place.file)
            .ok()
            .and_then(|file| self.site().files.get(file));
        format!("{}:{}", name.map_or("?", String::as_str), place.line)
    }

    /// `file:line` of the rules that had a say, each once, in order.
    pub fn rules(&self, answer: &Answer) -> Vec<String> {
        let mut places = Vec::new();
        for step in answer.trace.iter().filter(|step| step.event.is_effect()) {
            let Some(place) = step.place.map(|place| self.place(place)) else {
                continue;
            };
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }

    /// How many rules and redirects there are.
    pub fn count(&self) -> usize {
        let mut count = 0;
        self.each(|_| count += 1);
        count
    }

    /// Calls `meet` with every rule, then with every redirect.
    pub fn each(&self, mut meet: impl FnMut(Line<'_>)) {
        match &self.origin {
            Origin::Configuration(reading) => {
                let site = &reading.site;
                let rules = site.rule_sets.iter().flat_map(|set| &set.rules);
                rules.for_each(|rule| meet(Line::Rule(rule)));
                let redirects = site.redirect_lists.iter().flatten();
                redirects.for_each(|redirect| meet(Line::Redirect(redirect.view())));
            }
            Origin::Build(build) | Origin::Restored(build, _) => {
                let source = Restored::new(build.runtime.program(), &build.table);
                let rules = source.rules().filter_map(|rule| rule.to_rule().ok());
                rules.for_each(|rule| meet(Line::Rule(&rule)));
                let redirects = source.redirects();
                redirects.for_each(|redirect| meet(Line::Redirect(redirect)));
            }
        }
    }
}

/// The answer as the function decides it: without a trace, and by what was decided beforehand where it
/// can be. Only the trace is `told`'s.
fn as_deployed(
    build: &Build,
    request: &Request<'_>,
    options: Options,
    (told, looked_at): (Answer, usize),
) -> (Answer, usize) {
    let options = Options {
        trace: Trace::Off,
        ..options
    };
    let answer = Answer {
        trace: told.trace,
        assumed_absent: told.assumed_absent,
        ..handle_embedded(&build.runtime, &build.table, request, &options)
    };
    (answer, looked_at)
}

fn counted<S: Source>(
    site: &Site,
    source: S,
    request: &Request<'_>,
    options: &Options,
) -> (Answer, usize) {
    let source = Counted::new(source);
    let answer = evaluate_by(site, &source, request, options)
        .unwrap_or_else(|unavailable| unreadable(&unavailable));
    (answer, source.named())
}

/// One build for the life of the process: a command opens no more than one or two.
/// A line that may answer.
#[derive(Clone, Copy)]
pub enum Line<'a> {
    /// A `RewriteRule`.
    Rule(&'a Rule),
    /// A `Redirect` or one of its kin.
    Redirect(RedirectView<'a>),
}

impl Line<'_> {
    /// Where it stands.
    pub fn place(&self) -> Place {
        match self {
            Self::Rule(rule) => rule.place,
            Self::Redirect(redirect) => redirect.place,
        }
    }
}

fn keep(build: Build) -> &'static Build {
    Box::leak(Box::new(build))
}

/// Seconds since 1970.
pub fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(now.unwrap_or_default().as_secs()).unwrap_or(i64::MAX)
}

/// Compiles in memory; the second is what answers depend on.
pub fn compiled(reading: &Reading) -> Result<(Build, Dependence)> {
    let compilation = compile(reading).context("the configuration cannot be compiled")?;
    let encoded = compilation
        .encode()
        .context("the configuration cannot be compiled")?;
    let build = Build::load(&encoded.program.concat(), &encoded.table.concat())?;
    Ok((build, Dependence::of_compilation(&compilation)))
}
