//! The files a server runs with: copies of a configuration, and what they need around them.
//!
//! In: a reading and what it was read from. Out: [`Layout`], which a server can be started with, and
//! which leaves lines out that it refuses for want of a module. Absent: asking the server.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use edgewright_compiler::{Input, ReadOptions, Reading};
use edgewright_edge_handler::evaluate::vhost::connection_port;
use edgewright_edge_handler::request::Scheme;
use edgewright_edge_handler::site::{Host, Site};
use edgewright_parser::source::FileId;
use tempfile::TempDir;

use super::ending::Ending;
use super::harmless::{self, Facts, Ports};
use super::install::Installation;
use super::prelude::{PROBE, Prelude};
use super::seen::Naming;
use super::tls::Certificate;
use super::wire::{Listener, Transport};
use crate::loader::{to_bytes, to_path};

/// How long a server may take to come up with a large configuration.
const START_PATIENCE: Duration = Duration::from_mins(2);

/// Lines with directives of modules that are not here: more than these, and it is given up.
const MOST_DROPPED: usize = 200;

/// The files of a server.
pub struct Layout<'r> {
    reading: &'r Reading,
    input: &'r Input,
    installation: &'r Installation,
    folder: PathBuf,
    /// Removes the folder, and ends what runs in it.
    pub ending: Ending,
    /// Where plain HTTP comes in.
    pub http: Listener,
    /// Where `https` URLs come in; nowhere if that is over TLS and there is none here.
    pub https: Option<Listener>,
    ports: Ports,
    /// Here, and what it is on the server.
    folders: Vec<(Vec<u8>, Vec<u8>)>,
    /// What `ServerRoot` is here.
    root: PathBuf,
    /// Copies, and the files they are copies of.
    copies: HashMap<PathBuf, String>,
    /// Folders made for what `Include` lines led to.
    included: usize,
    /// Modules and directives that were left out, for a person to read.
    pub left_out: Vec<String>,
}

impl<'r> Layout<'r> {
    /// Chooses ports and folders.
    ///
    /// # Errors
    /// There is no free port, or no place for temporary files.
    pub fn new(
        reading: &'r Reading,
        input: &'r Input,
        options: &ReadOptions,
        installation: &'r Installation,
    ) -> Result<Self> {
        let folder = new_folder().context("cannot make a folder for Apache to run in")?;
        let path = folder.path().to_owned();
        let ending = Ending::of_folder(folder);
        let doors = Doors::open(&reading.site, installation, &path)?;
        let root = server_root(reading, input, options);
        let folders = folders(reading, input, options, &path, &root);
        Ok(Self {
            reading,
            input,
            installation,
            folder: path,
            ending,
            http: doors.http,
            https: doors.https,
            ports: doors.ports,
            folders,
            root,
            copies: HashMap::new(),
            included: 0,
            left_out: Vec::new(),
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes everything.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn write(&mut self) -> io::Result<()> {
        let unknown = self.path("htdocs").display().to_string();
        let unknown = match self.input {
            // A document root of the user's is known.
            Input::DocumentRoot(_) => "\u{1}",
            _ => &unknown,
        };
        fs::write(self.path("probe.lua"), PROBE.replace("@UNKNOWN@", unknown))?;
        fs::create_dir(self.path("copies"))?;
        let includes = match self.input {
            Input::MainConfig(paths) | Input::VirtualHostInclude(paths) => {
                let mut lines = String::new();
                fs::create_dir(self.path("htdocs"))?;
                for path in paths {
                    let copy = self.copy_of_path(path)?;
                    let _ = writeln!(lines, "Include \"{}\"", copy.display());
                }
                lines
            }
            Input::Htaccess(path) => {
                fs::create_dir(self.path("htdocs"))?;
                fs::copy(to_path(path), self.path("htdocs/.htaccess"))?;
                String::new()
            }
            Input::DocumentRoot(path) => {
                symlink(to_path(path).canonicalize()?, self.path("htdocs"))?;
                String::new()
            }
        };
        let mut listening: Vec<u16> = self.ports.served.iter().map(|(_, local)| *local).collect();
        listening.dedup();
        let main_host = self.reading.site.hosts.first();
        let prelude = Prelude {
            reading: self.reading,
            input: self.input,
            installation: self.installation,
            folder: &self.folder,
            root: &self.root,
            ports: &listening,
            tls: match main_host {
                Some(host) if host.tls => &self.ports.tls,
                _ => "",
            },
            twin: match (self.input, &self.https) {
                (Input::MainConfig(_), _) | (_, None) => None,
                (_, Some(https)) => Some((https.port, &self.ports.tls)),
            },
        };
        fs::write(self.path("main.conf"), prelude.text(&includes))
    }

    fn copy_of_path(&mut self, path: &[u8]) -> io::Result<PathBuf> {
        let name = String::from_utf8_lossy(path);
        let mut sources = self.reading.sources.iter();
        let at = sources.position(|source| source.name == name);
        let at = at.and_then(|at| u32::try_from(at).ok());
        let file = at.ok_or_else(|| io::Error::other(format!("cannot read {name}")))?;
        let target = self.path(&format!("copies/{file}.conf"));
        self.copy(FileId(file), &target, 0)?;
        Ok(target)
    }

    /// Copies a file, and what each `Include` of it leads to into a folder of its own, which holds
    /// nothing else: Apache reads a folder with all below it, in the order of the names.
    fn copy(&mut self, file: FileId, target: &Path, depth: usize) -> io::Result<()> {
        let reading = self.reading;
        let Some(source) = reading.sources.get(file).filter(|_| depth < 64) else {
            return Ok(());
        };
        let mut facts = Facts {
            ports: self.ports.clone(),
            folders: self
                .folders
                .iter()
                .map(|(here, there)| (there.clone(), here.clone()))
                .collect(),
            ..Facts::default()
        };
        for host in &reading.site.hosts {
            if let Some(place) = host.place.filter(|place| place.file == file.0) {
                facts.hosts.entry(place.line).or_insert(host);
            }
        }
        for inclusion in reading
            .inclusions
            .iter()
            .filter(|one| one.span.file == file)
        {
            let line = reading.sources.place(inclusion.span).line;
            if facts.inclusions.contains_key(&line) {
                continue;
            }
            self.included += 1;
            let folder = self.path(&format!("copies/{}.d", self.included));
            fs::create_dir_all(&folder)?;
            for (at, included) in inclusion.files.iter().enumerate() {
                self.copy(*included, &folder.join(format!("{at:05}.conf")), depth + 1)?;
            }
            facts.inclusions.insert(line, folder);
        }
        let text = harmless::copy(&source.bytes, &facts, self.installation, &mut self.left_out);
        self.copies.insert(target.to_owned(), source.name.clone());
        fs::write(target, text)
    }

    /// Starts the server, without the lines it refuses for want of a module.
    ///
    /// # Errors
    /// It refuses another one: in its own words.
    pub fn start(&mut self, defines: &[Vec<u8>]) -> Result<(), String> {
        while let Err(words) = self.try_to_start(defines) {
            if self.left_out.len() >= MOST_DROPPED || !self.drop_line(&words) {
                return Err(words);
            }
        }
        Ok(())
    }

    fn try_to_start(&self, defines: &[Vec<u8>]) -> Result<(), String> {
        let defines = defines.iter().map(|name| String::from_utf8_lossy(name));
        let spawned = || {
            let _ = fs::remove_file(self.path("error.log"));
            let mut command = Command::new(&self.installation.program);
            command
                .arg("-X")
                .args(defines.flat_map(|name| ["-D".to_owned(), name.into_owned()]))
                .arg("-d")
                .arg(&self.root)
                .arg("-f")
                .arg(self.path("main.conf"))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(fs::File::create(self.path("stderr"))?);
            self.ending.start(&mut command)
        };
        spawned().map_err(|error: io::Error| error.to_string())?;
        let begin = Instant::now();
        while begin.elapsed() < START_PATIENCE {
            if !self.ending.is_running() {
                return Err(self.words());
            }
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.http.port)).is_ok() {
                return Ok(());
            }
            sleep(Duration::from_millis(5));
        }
        Err("it did not answer in time".to_owned())
    }

    /// What Apache said, with the names of the files that were copied.
    fn words(&self) -> String {
        let read = |name| fs::read(self.path(name)).unwrap_or_default();
        let bytes = [read("stderr"), read("error.log")].concat();
        String::from_utf8_lossy(&bytes).trim().to_owned()
    }

    /// Leaves out the line Apache complains about, if it is one of a module that is not here.
    fn drop_line(&mut self, words: &str) -> bool {
        let Some((place, _)) = words
            .split_once(": Invalid command")
            .or_else(|| words.split_once(":\nInvalid command"))
        else {
            return false;
        };
        let Some((_, place)) = place.rsplit_once("Syntax error on line ") else {
            return false;
        };
        let Some((number, path)) = place.split_once(" of ") else {
            return false;
        };
        let path = PathBuf::from(path.trim_end_matches(':'));
        let dropped = number.parse().ok().and_then(|number| {
            let text = fs::read(&path).ok()?;
            let (text, name) = harmless::without_line(&text, number)?;
            fs::write(&path, text).ok()?;
            Some(name)
        });
        let (Some(name), Some(original)) = (dropped, self.copies.get(&path)) else {
            return false;
        };
        self.left_out.push(format!("{name} ({original})"));
        true
    }

    /// How names of files here become the server's.
    pub fn naming(&self) -> Naming {
        let hosts = self.reading.site.hosts.iter();
        let roots = hosts.map(|host| host.document_root.clone());
        let mut document_roots: Vec<_> = roots.filter(|root| !root.is_empty()).collect();
        document_roots.sort_by_key(|root| std::cmp::Reverse(root.len()));
        // Stands for a document root that the configuration does not name.
        document_roots.push(to_bytes(&self.path("htdocs")));
        Naming {
            folders: self.folders.clone(),
            document_roots,
        }
    }
}

/// The ports of a server on this machine.
struct Doors {
    http: Listener,
    https: Option<Listener>,
    ports: Ports,
}

impl Doors {
    /// CloudFront asks by two ports, so two are served: for `http` and for `https`, which may be one.
    fn open(site: &Site, installation: &Installation, folder: &Path) -> Result<Self> {
        let [http, https] =
            [Scheme::Http, Scheme::Https].map(|scheme| connection_port(site, scheme));
        let mut doors = Self {
            http: Listener {
                port: free_port()?,
                transport: Transport::Plain,
            },
            https: None,
            ports: Ports::default(),
        };
        doors.ports.served.push((http, doors.http.port));
        if http == https {
            doors.https = Some(doors.http.clone());
            return Ok(doors);
        }
        let by_port = |host: &&Host| {
            let mut ports = host.addresses.iter().map(|address| address.port);
            ports.any(|port| port.is_none_or(|port| port == https))
        };
        let transport = if !site.hosts.iter().filter(by_port).any(|host| host.tls) {
            Transport::Plain
        } else if installation.module("ssl").is_some() {
            let certificate = Certificate::new(folder)?;
            doors.ports.tls = format!(
                "\nSSLEngine on\nSSLCertificateFile \"{}\"\nSSLCertificateKeyFile \"{}\"",
                certificate.file.display(),
                certificate.key_file.display()
            );
            Transport::Tls(certificate.client)
        } else {
            return Ok(doors);
        };
        let port = free_port()?;
        doors.ports.served.push((https, port));
        doors.https = Some(Listener { port, transport });
        Ok(doors)
    }
}

fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// Folders here, and what they are on the server.
fn folders(
    reading: &Reading,
    input: &Input,
    options: &ReadOptions,
    folder: &Path,
    root: &Path,
) -> Vec<(Vec<u8>, Vec<u8>)> {
    let site = &reading.site;
    let main_root = site.hosts.first().map(|host| host.document_root.clone());
    let main_root = main_root.unwrap_or_default();
    let mut folders = Vec::new();
    for mapping in &options.docroots {
        let server = mapping.server_path.clone();
        let server = server.unwrap_or_else(|| main_root.clone());
        folders.push((mapping.local_path.clone(), server));
    }
    // Without a `DocumentRoot`, whatever happens to be in this machine's default is nobody's.
    let is_main = matches!(input, Input::MainConfig(_));
    if !is_main || !site.tree.known.contains(&main_root) {
        folders.push((to_bytes(&folder.join("htdocs")), main_root));
    }
    folders.push((to_bytes(root), site.server_root.clone()));
    folders.retain(|(here, there)| here != there && !there.is_empty());
    folders
}

/// A folder that the server's user may read. Its name has no letter of chance: patterns meet file
/// names too.
fn new_folder() -> io::Result<TempDir> {
    let prefix = format!("edgewright-verify-{}", std::process::id());
    let folder = tempfile::Builder::new()
        .prefix(&prefix)
        .rand_bytes(0)
        .tempdir()?;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
    Ok(folder)
}

/// The folder given for it, else what the configuration says if its files are there, else the
/// folder of the first file.
fn server_root(reading: &Reading, input: &Input, options: &ReadOptions) -> PathBuf {
    let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if let Some(given) = &options.server_root {
        return canonical(to_path(given));
    }
    let first = match input {
        Input::MainConfig(paths) | Input::VirtualHostInclude(paths) => paths.first(),
        Input::Htaccess(path) | Input::DocumentRoot(path) => Some(path),
    };
    let first = first
        .map(|path| canonical(to_path(path)))
        .unwrap_or_default();
    let written = to_path(&reading.site.server_root);
    if first.starts_with(written) {
        return written.to_owned();
    }
    first.parent().map(Path::to_owned).unwrap_or_default()
}
