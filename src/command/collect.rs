//! `edgewright collect`: packs what Apache reads, on its server, for another machine.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufWriter;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use edgewright_compiler::{Input, Reading, UnitKind};
use edgewright_parser::source::FileId;

use super::{Exit, say};
use crate::archive::{FORMAT, Kind, LISTING, Linkage, Manifest, Server, VERSION};
use crate::args::Collect;
use crate::collect::ask;
use crate::collect::pack::Packing;
use crate::collect::recorder::Recorder;
use crate::input;
use crate::loader::rooted::clean;
use crate::loader::to_path;
use crate::opened::Opened;
use crate::progress;
use crate::summary::{count, thousands};
use crate::time_zone;

/// Where systems have their main configuration.
const PLACES: [&str; 4] = [
    "/etc/apache2/apache2.conf",
    "/etc/httpd/conf/httpd.conf",
    "/usr/local/apache2/conf/httpd.conf",
    "/etc/apache2/httpd.conf",
];

/// Reads the configuration and packs what was read.
///
/// # Errors
/// The configuration cannot be read, or the archive cannot be written.
pub fn run(arguments: &Collect) -> Result<Exit> {
    let paths = configuration(&arguments.conf, arguments.reading.root.as_deref())?;
    let mut opened = Opened::new(&paths, &arguments.reading)?;
    if opened.options.time_zone.is_none() && opened.files.are_here() {
        opened.options.time_zone = time_zone::of_this_machine();
    }
    let recorder = Recorder::new(&opened.files);
    let reading = progress::spinner("reading", || input::read_opened(&opened, &recorder))?;
    let seen = recorder.finish();
    let packing = Packing::of(seen, &maps(&reading), |path| opened.files.size(path));
    let asked = ask_server(&opened);
    let manifest = manifest(&opened, asked.as_ref().ok(), arguments)?;
    write(&packing, &manifest, &arguments.out)?;
    report(&reading, &packing, &manifest, asked.as_ref())?;
    let size = arguments.out.metadata()?.len();
    let out = arguments.out.display();
    say(&format!(
        "archive      {out}, {} bytes\n\nnext         on another machine: edgewright check {out}\n",
        thousands(usize::try_from(size)?)
    ))?;
    Ok(if reading.first_error().is_some() {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

/// The paths that were given, absolute, else the main configuration of this system, or of the one whose files are in
/// `root`.
fn configuration(given: &[PathBuf], root: Option<&Path>) -> Result<Vec<PathBuf>> {
    if given.is_empty() {
        let is_there = |path: &&Path| {
            let below = path.strip_prefix("/").unwrap_or(path);
            root.unwrap_or(Path::new("/")).join(below).is_file()
        };
        let found = PLACES.iter().map(Path::new).find(is_there);
        let found =
            found.context("there is no apache2.conf or httpd.conf in the usual places: name it")?;
        return Ok(vec![found.to_owned()]);
    }
    let absolute = |path: &PathBuf| {
        if path.exists() {
            return std::path::absolute(path).with_context(|| path.display().to_string());
        }
        Ok(path.clone())
    };
    given.iter().map(absolute).collect()
}

/// The files that are no text of a configuration.
fn maps(reading: &Reading) -> BTreeSet<Vec<u8>> {
    let entries = reading.units.iter();
    let entries = entries.filter(|unit| unit.kind == UnitKind::MapEntry);
    let files: BTreeSet<u32> = entries.map(|unit| unit.place.file).collect();
    let sources = files
        .iter()
        .filter_map(|file| reading.sources.get(FileId(*file)));
    sources
        .map(|source| clean(source.name.as_bytes()))
        .collect()
}

/// What the server of this machine says, when it is this machine's configuration.
fn ask_server(opened: &Opened) -> Result<Server, String> {
    match &opened.input {
        Input::MainConfig(paths) if opened.files.are_here() => {
            let main = paths.first().ok_or("there is no configuration")?;
            ask::server(to_path(main))
        }
        Input::MainConfig(_) => Err("the server is another machine".to_owned()),
        _ => Err("this is no whole server's configuration".to_owned()),
    }
}

fn manifest(opened: &Opened, server: Option<&Server>, arguments: &Collect) -> Result<Manifest> {
    let (kind, paths) = match &opened.input {
        Input::MainConfig(paths) => (Kind::Main, paths.as_slice()),
        Input::VirtualHostInclude(paths) => (Kind::Vhost, paths.as_slice()),
        Input::Htaccess(path) => (Kind::Htaccess, std::slice::from_ref(path)),
        Input::DocumentRoot(path) => (Kind::Docroot, std::slice::from_ref(path)),
    };
    let text = |path: &Vec<u8>| match String::from_utf8(clean(path)) {
        Ok(path) => Ok(path),
        Err(_) => bail!("{}: the path is no UTF-8", to_path(path).display()),
    };
    Ok(Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        kind,
        paths: paths.iter().map(text).collect::<Result<_>>()?,
        defines: arguments.reading.define.clone(),
        server: server.cloned(),
        time_zone: opened.options.time_zone.clone(),
        listing: LISTING.to_owned(),
    })
}

fn write(packing: &Packing, manifest: &Manifest, out: &Path) -> Result<()> {
    let name = || format!("cannot write {}", out.display());
    // Nobody else needs to read a server's configuration.
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(out)
        .with_context(name)?;
    packing
        .write(manifest, BufWriter::new(file))
        .with_context(name)
}

/// What was packed, and what was not.
fn report(
    reading: &Reading,
    packing: &Packing,
    manifest: &Manifest,
    asked: Result<&Server, &String>,
) -> Result<()> {
    say(&format!("{}\n", crate::summary::reading(&reading.counts)))?;
    say(&format!(
        "packed       {}\n",
        count(packing.contents.len(), "file")
    ))?;
    let names = thousands(packing.listed.len());
    say(&format!("listed       {names} names, without contents\n"))?;
    say(&match asked {
        Ok(server) => {
            let number = |linkage| {
                let modules = server.modules.iter();
                modules.filter(|module| module.linkage == linkage).count()
            };
            let (own, loaded) = (number(Linkage::Static), number(Linkage::Shared));
            format!(
                "modules      {loaded} loaded and {own} built in, says {}\n",
                server.program
            )
        }
        Err(why) => format!("modules      not asked: {why}\n"),
    })?;
    let zone = manifest.time_zone.as_ref().map(|zone| zone.name.as_str());
    say(&format!(
        "time zone    {}\n",
        zone.unwrap_or("not known: --timezone ZONE says it")
    ))?;
    for line in &packing.blanked {
        say(&format!("left out     the value of {line}\n"))?;
    }
    for path in &packing.keys {
        say(&format!(
            "left out     {path}: there is a private key in it\n"
        ))?;
    }
    for error in reading
        .diagnostics
        .iter()
        .filter(|said| said.code == "unreadable-file")
    {
        say(&format!("not read     {}\n", error.headline))?;
    }
    say("left out     contents of pages, comments, password files, certificates and keys\n")
}
