//! `edgewright check`: diagnostics only.

mod fix;

use std::collections::BTreeMap;
use std::fs;
use std::io::{IsTerminal, Write, stdout};
use std::path::Path;

use anyhow::{Context, Result};
use edgewright_compiler::limits::LIMIT_REACHED;
use edgewright_compiler::{Account, Reading, compile};
use edgewright_parser::diagnostic::{Diagnostic, Severity};

use super::Exit;
use crate::args::{Check, Format};
use crate::findings::allow::{self, Extent};
use crate::findings::baseline::Baseline;
use crate::findings::fingerprint::Folder;
use crate::findings::{Findings, most_shown};
use crate::findings::{github, sarif};
use crate::input::{WITHOUT_RULES, read_to_limit};
use crate::render::{self, TextRenderer};
use crate::settings::Settings;
use crate::summary;

/// Findings of one kind that are shown as text unless all are asked for.
const MOST_SHOWN: usize = 20;

/// Reads the configuration and prints what there is to say about it.
///
/// # Errors
/// The configuration cannot be read at all, or is too large to be compiled; or a file of settings or findings.
pub fn run(arguments: &Check) -> Result<Exit> {
    let settings = Settings::of(arguments)?;
    let known = settings.baseline.as_deref();
    let known = known.filter(|_| arguments.write_baseline.is_none());
    let known = known.map(Known::read).transpose()?;
    let check = || Checked::of(&settings, known.clone());
    let mut checked = check()?;
    if arguments.fix && checked.fix(&settings)? {
        checked = check()?;
    }
    let Checked {
        reading, findings, ..
    } = checked;
    if let Some(path) = &arguments.write_baseline {
        write_baseline(path, &findings, &reading)?;
        return Ok(Exit::Clean);
    }
    print(&reading, &findings, arguments)?;
    Ok(if findings.worst() > Some(Severity::Note) {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

/// A configuration, and what there is to say about it.
struct Checked {
    reading: Reading,
    findings: Findings,
    /// What became of each line; `None` where a limit ended reading.
    account: Option<Account>,
}

impl Checked {
    fn of(settings: &Settings, known: Option<Known>) -> Result<Self> {
        let selection = &settings.selection;
        let mut reading = read_to_limit(&settings.conf, &settings.reading)?;
        let mut diagnostics = std::mem::take(&mut reading.diagnostics);
        let is_part = diagnostics.iter().any(|said| said.code == LIMIT_REACHED);
        let extent = if is_part { Extent::Part } else { Extent::Whole };
        let mut account = None;
        if extent == Extent::Whole {
            let compilation = compile(&reading)?;
            diagnostics.extend(compilation.diagnostics);
            diagnostics.extend(no_rules(&reading, &diagnostics));
            account = Some(compilation.account);
        }
        let mut all = selection.choose(allow::apply(&reading, diagnostics, extent));
        let gone = known.map(|Known { baseline, folder }| {
            baseline.silence(&mut all, &reading.sources, &folder, selection)
        });
        all.retain(|finding| selection.weighs(finding));
        // A person goes from line to line; behind them comes what has no place.
        all.sort_by_key(|finding| {
            let span = finding.diagnostic.span;
            (span.is_none(), span.map(|span| (span.file, span.start)))
        });
        let gone = gone.map(|gone| if is_part { 0 } else { gone });
        Ok(Self {
            findings: Findings { all, gone },
            reading,
            account,
        })
    }

    /// Deletes what changes no answer; true when files were written.
    fn fix(&self, settings: &Settings) -> Result<bool> {
        match &self.account {
            Some(account) => fix::apply(settings, &self.reading, account, &self.findings),
            None => Ok(false),
        }
    }
}

/// A baseline, and the folder that its names are seen from.
#[derive(Clone)]
struct Known {
    baseline: Baseline,
    folder: Folder,
}

impl Known {
    fn read(path: &Path) -> Result<Self> {
        let name = path.display();
        let text = fs::read_to_string(path).with_context(|| {
            format!("cannot read the baseline {name}; --write-baseline {name} makes one")
        })?;
        let baseline = Baseline::read(&text).with_context(|| format!("{name} is no baseline"))?;
        let folder = folder_of(path)?;
        Ok(Self { baseline, folder })
    }
}

fn folder_of(path: &Path) -> Result<Folder> {
    Ok(Folder::new(path.parent().unwrap_or(Path::new("")))?)
}

/// Writes a baseline that knows all findings.
fn write_baseline(path: &Path, findings: &Findings, reading: &Reading) -> Result<()> {
    let baseline = Baseline::of(findings, &reading.sources, &folder_of(path)?);
    let name = path.display();
    fs::write(path, baseline.to_text()?).with_context(|| format!("cannot write {name}"))?;
    let known = summary::count(baseline.count(), "finding");
    super::say(&format!(
        "{known} written to {name}: --baseline {name} lets others fail only\n"
    ))
}

/// A configuration without a rule is seldom what was meant. Where reading it met errors, these say more.
fn no_rules(reading: &Reading, findings: &[Diagnostic]) -> Option<Diagnostic> {
    let has_error = findings
        .iter()
        .any(|finding| finding.severity == Severity::Error);
    let what = reading.without_rules().filter(|_| !has_error)?;
    Some(Diagnostic::without_place(Severity::Warning, "no-rules", what).help(WITHOUT_RULES))
}

fn print(reading: &Reading, findings: &Findings, arguments: &Check) -> Result<()> {
    let mut out = std::io::BufWriter::new(stdout().lock());
    if arguments.format == Format::Text {
        print_text(reading, findings, arguments.all, &mut out)?;
        return Ok(out.flush()?);
    }
    let mut findings = findings.clone();
    findings.cap(&reading.limits);
    let sources = &reading.sources;
    match arguments.format {
        Format::Text => {}
        Format::Json => {
            for diagnostic in findings.open() {
                writeln!(out, "{}", render::to_json(diagnostic, sources))?;
            }
        }
        Format::Sarif => {
            let document = sarif::document(&findings, sources, &repository()?);
            serde_json::to_writer_pretty(&mut out, &document)?;
            writeln!(out)?;
        }
        Format::Github => {
            let folder = repository()?;
            write!(out, "{}", github::commands(&findings, sources, &folder))?;
            add_to_step_summary(&github::step_summary(&findings, sources, &folder))?;
        }
    }
    out.flush()?;
    Ok(())
}

/// The root of the repository: what a GitHub workflow says, or else the current folder.
fn repository() -> Result<Folder> {
    let workspace = std::env::var_os("GITHUB_WORKSPACE").unwrap_or_default();
    Ok(Folder::new(Path::new(&workspace))?)
}

/// Adds to what a GitHub workflow shows of a step.
fn add_to_step_summary(text: &str) -> Result<()> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY") else {
        return Ok(());
    };
    let file = fs::OpenOptions::new().append(true).create(true).open(path);
    Ok(file.and_then(|mut file| file.write_all(text.as_bytes()))?)
}

fn print_text(
    reading: &Reading,
    findings: &Findings,
    all: bool,
    out: &mut impl Write,
) -> Result<()> {
    let renderer = TextRenderer::new(super::colour_for(stdout().is_terminal()));
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    let mut room = most_shown(&reading.limits);
    let mut left_out = 0;
    for diagnostic in findings.open() {
        let count = shown.entry(diagnostic.code).or_default();
        *count += 1;
        let wanted = all || *count <= MOST_SHOWN || diagnostic.severity == Severity::Error;
        if wanted && room == 0 && diagnostic.code != LIMIT_REACHED {
            left_out += 1;
        } else if wanted {
            room = room.saturating_sub(1);
            writeln!(out, "{}\n", renderer.render(diagnostic, &reading.sources))?;
        }
    }
    writeln!(out, "{}", summary::reading(&reading.counts))?;
    writeln!(out, "{}", summary::findings(&findings.open()))?;
    if left_out > 0 {
        let rest = reading.limits.not_shown(left_out);
        writeln!(
            out,
            "             {}: {}",
            rest.headline,
            rest.help.join("; ")
        )?;
    }
    if !all && shown.values().any(|count| *count > MOST_SHOWN) {
        writeln!(
            out,
            "             --all shows more than {MOST_SHOWN} of a kind"
        )?;
    }
    if let Some(silenced) = summary::silenced(findings) {
        writeln!(out, "{silenced}")?;
    }
    Ok(())
}
