//! A real Apache with a configuration made harmless, on a free loopback port.
//!
//! In: a reading and what it was read from. Out: [`Server`], which answers requests. Absent:
//! deciding which.
//!
//! The server runs as one process (`-X`), so ending it ends everything it started. Everything it
//! writes is in a folder of its own, which goes with it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use edgewright_compiler::{Input, ReadOptions, Reading};
use edgewright_edge_handler::evaluate::vhost::connection_port;
use edgewright_edge_handler::request::Scheme;
use edgewright_parser::source::FileId;
use tempfile::TempDir;

use super::harmless::{self, Facts, HARMLESS_MODULES, Ports};
use super::install::Installation;
use super::seen::{Naming, Seen};
use super::wire;
use crate::contract::OwnedRequest;
use crate::loader::{to_bytes, to_path};

/// How long a server may take to come up with a large configuration.
const START_PATIENCE: Duration = Duration::from_mins(2);

/// Lines with directives of modules that are not here: more than these, and it is given up.
const MOST_DROPPED: usize = 200;

/// Answers whatever would be served, present or not, unless files are asked for: `mod_lua` names its handler only where, after all rewriting,
/// no other module has named one. A directory without index is refused, as `mod_autoindex` would.
const PROBE: &str = r#"require "apache2"
function handle(r)
  if r.status ~= 200 or r.handler ~= "lua-map-handler" then return apache2.DECLINED end
  if r.headers_in["X-Edgewright-Files"] then return apache2.DECLINED end
  local file = r:stat(r.filename)
  if file and file.filetype == 2 and not string.find(r.options, "Indexes") then return 403 end
  r.err_headers_out["X-Edgewright-Served"] = "yes"
  r.content_type = "text/plain"
  r:puts("served\n")
  return apache2.OK
end
"#;

/// A running server; dropping it ends it.
#[derive(Debug)]
pub struct Server {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    /// Its name and version.
    pub version: String,
    /// Modules and directives that were left out, for a person to read.
    pub left_out: Vec<String>,
    process: Child,
    naming: Naming,
    _folder: TempDir,
}

impl Server {
    /// Starts the Apache of this machine with the configuration of `reading`.
    ///
    /// # Errors
    /// There is no Apache, or it refuses the configuration: in its own words.
    pub fn start(reading: &Reading, input: &Input, options: &ReadOptions) -> Result<Self> {
        let installation = Installation::find()?;
        let mut layout = Layout::new(reading, input, options, &installation)?;
        layout
            .write()
            .context("cannot write a copy of the configuration")?;
        loop {
            match layout.start(&options.defines) {
                Ok(process) => return Ok(layout.into_server(process)),
                Err(words) => {
                    if layout.left_out.len() >= MOST_DROPPED || !layout.drop_line(&words) {
                        bail!(
                            "{} does not start with this configuration:\n{words}",
                            installation.version
                        );
                    }
                }
            }
        }
    }

    /// What it answers when only files that are there are served: the others are a 404, which an
    /// `ErrorDocument` may turn into something else.
    ///
    /// # Errors
    /// It went away.
    pub fn answer_from_files(&self, request: &OwnedRequest) -> io::Result<Seen> {
        let mut request = request.clone();
        let header = (b"X-Edgewright-Files".to_vec(), b"yes".to_vec());
        request.headers.push(header);
        self.answer(&request)
    }

    /// What it answers; a request that goes on to the files is served even where none is.
    ///
    /// # Errors
    /// It went away.
    pub fn answer(&self, request: &OwnedRequest) -> io::Result<Seen> {
        let response = wire::exchange(self.port, request)?;
        Ok(Seen::of_apache(&response, &self.naming))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already; then there is nothing to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The files of a server.
struct Layout<'r> {
    reading: &'r Reading,
    input: &'r Input,
    installation: &'r Installation,
    folder: TempDir,
    ports: Ports,
    /// Here, and what it is on the server.
    folders: Vec<(Vec<u8>, Vec<u8>)>,
    /// What `ServerRoot` is here.
    root: PathBuf,
    /// Copies, and the files they are copies of.
    copies: HashMap<PathBuf, String>,
    /// Folders made for what `Include` lines led to.
    included: usize,
    left_out: Vec<String>,
}

impl<'r> Layout<'r> {
    fn new(
        reading: &'r Reading,
        input: &'r Input,
        options: &ReadOptions,
        installation: &'r Installation,
    ) -> Result<Self> {
        let folder = new_folder().context("cannot make a folder for Apache to run in")?;
        let site = &reading.site;
        let ports = Ports {
            written: connection_port(site, Scheme::Http),
            local: TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
                .local_addr()?
                .port(),
        };
        let root = server_root(reading, input, options);
        let main_root = site.hosts.first().map(|host| host.document_root.clone());
        let main_root = main_root.unwrap_or_default();
        let mut folders = Vec::new();
        for mapping in &options.docroots {
            let server = mapping
                .server_path
                .clone()
                .unwrap_or_else(|| main_root.clone());
            folders.push((mapping.local_path.clone(), server));
        }
        // Without a `DocumentRoot`, whatever happens to be in this machine's default is nobody's.
        let is_main = matches!(input, Input::MainConfig(_));
        if !is_main || !site.tree.known.contains(&main_root) {
            folders.push((to_bytes(&folder.path().join("htdocs")), main_root));
        }
        folders.push((to_bytes(&root), site.server_root.clone()));
        folders.retain(|(here, there)| here != there && !there.is_empty());
        Ok(Self {
            reading,
            input,
            installation,
            folder,
            ports,
            folders,
            root,
            copies: HashMap::new(),
            included: 0,
            left_out: Vec::new(),
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&mut self) -> io::Result<()> {
        fs::write(self.path("probe.lua"), PROBE)?;
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
        let text = self.main(&includes);
        fs::write(self.path("main.conf"), text)
    }

    /// The generated main configuration, around the copies.
    fn main(&self, includes: &str) -> String {
        let folder = self.folder.path().display();
        let mut text = format!("ServerRoot \"{}\"\n", self.root.display());
        let own = harmless::loads_its_modules(self.reading, self.input);
        if !own {
            text += &self.modules(HARMLESS_MODULES);
        }
        let name = self
            .reading
            .site
            .hosts
            .first()
            .map(|host| host.name.as_slice());
        let name = name.filter(|name| !name.is_empty()).unwrap_or(b"localhost");
        let _ = writeln!(text, "ServerName {}:80", String::from_utf8_lossy(name));
        let _ = writeln!(text, "DocumentRoot \"{folder}/htdocs\"");
        if !matches!(self.input, Input::MainConfig(_)) {
            let section = "AllowOverride All\n</Directory>";
            let _ = writeln!(text, "<Directory \"{folder}/htdocs\">\n{section}");
        }
        text += includes;
        let assumed = self.reading.diagnostics.iter();
        if assumed
            .clone()
            .any(|diagnostic| diagnostic.code == "engine-assumed")
        {
            text += "RewriteEngine On\n";
        }
        if own {
            text += &self.modules(&["unixd", "authn_core", "authz_core", "headers", "lua"]);
            text += "<IfModule !mpm_worker_module>\n<IfModule !mpm_prefork_module>\n";
            text += &self.modules(&["mpm_event"]);
            text += "</IfModule>\n</IfModule>\n";
        }
        text += &self.user();
        let _ = write!(
            text,
            "Listen 127.0.0.1:{}\n\
             DefaultRuntimeDir \"{folder}\"\nPidFile \"{folder}/pid\"\nErrorLog \"{folder}/error.log\"\n\
             LogLevel error\nKeepAlive Off\nAcceptFilter http none\n\
             <IfModule mime_module>\nTypesConfig /dev/null\n</IfModule>\n\
             <IfModule proxy_module>\nProxyRemote * http://127.0.0.1:9\n</IfModule>\n\
             Header always set X-Edgewright-Query \"expr=%{{escape:%{{QUERY_STRING}}}}\"\n\
             Header always set X-Edgewright-Filename \"expr=%{{escape:%{{REQUEST_FILENAME}}}}\"\n\
             Header always set X-Edgewright-Path-Info \"expr=%{{escape:%{{PATH_INFO}}}}\"\n\
             LuaMapHandler ^ \"{folder}/probe.lua\" handle\n",
            self.ports.local
        );
        text
    }

    /// Loads those of `names` that are there and not loaded.
    fn modules(&self, names: &[&str]) -> String {
        let mut text = String::new();
        for name in names {
            let other_mpm = matches!(*name, "mpm_prefork" | "mpm_worker");
            if let Some(file) = self.installation.module(name).filter(|_| !other_mpm) {
                let _ = write!(
                    text,
                    "<IfModule !{name}_module>\nLoadModule {name}_module \"{}\"\n</IfModule>\n",
                    file.display()
                );
            }
        }
        text
    }

    /// Started by root, Apache insists on another user for the requests.
    fn user(&self) -> String {
        let is_root = fs::metadata(self.folder.path()).is_ok_and(|folder| folder.uid() == 0);
        if !is_root {
            return String::new();
        }
        let known = |file: &str, name: &str| {
            let text = fs::read_to_string(file).unwrap_or_default();
            text.lines()
                .any(|line| line.split(':').next() == Some(name))
        };
        let usual = ["www-data", "apache", "_www", "daemon", "nobody"];
        let of = |file: &str| usual.iter().find(|name| known(file, name));
        let user = of("/etc/passwd").map_or_else(String::new, |name| format!("User {name}\n"));
        let group = of("/etc/group").map_or_else(String::new, |name| format!("Group {name}\n"));
        user + &group
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
            ports: self.ports,
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

    fn start(&self, defines: &[Vec<u8>]) -> Result<Child, String> {
        let spawned =
            || {
                let _ = fs::remove_file(self.path("error.log"));
                Command::new(&self.installation.program)
                    .arg("-X")
                    .args(defines.iter().flat_map(|name| {
                        ["-D".to_owned(), String::from_utf8_lossy(name).into_owned()]
                    }))
                    .arg("-d")
                    .arg(&self.root)
                    .arg("-f")
                    .arg(self.path("main.conf"))
                    .stdin(Stdio::null())
                    .stdout(Stdio::null())
                    .stderr(fs::File::create(self.path("stderr"))?)
                    .spawn()
            };
        let mut process = spawned().map_err(|error: io::Error| error.to_string())?;
        let begin = Instant::now();
        while begin.elapsed() < START_PATIENCE {
            if !matches!(process.try_wait(), Ok(None)) {
                return Err(self.words());
            }
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.ports.local)).is_ok() {
                return Ok(process);
            }
            sleep(Duration::from_millis(5));
        }
        let _ = process.kill();
        let _ = process.wait();
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

    fn into_server(self, process: Child) -> Server {
        let site = &self.reading.site;
        let roots = site.hosts.iter().map(|host| host.document_root.clone());
        let mut document_roots: Vec<_> = roots.filter(|root| !root.is_empty()).collect();
        document_roots.sort_by_key(|root| std::cmp::Reverse(root.len()));
        Server {
            port: self.ports.local,
            version: self.installation.version.clone(),
            left_out: self.left_out,
            process,
            naming: Naming {
                folders: self.folders,
                document_roots,
            },
            _folder: self.folder,
        }
    }
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
