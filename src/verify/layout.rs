//! The files a server runs with: copies of a configuration, and what they need around them.
//!
//! In: a reading and what it was read from. Out: [`Layout`], which a server can be started with, and
//! which leaves lines out that it refuses for want of a module. Absent: asking the server.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use edgewright_compiler::{Input, Reading, Transcript};
use edgewright_engine::evaluate::vhost::connection_port;
use edgewright_engine::model::request::Scheme;
use edgewright_engine::model::site::{Host, Site};

use super::cage::{self, User};
use super::cleanup::Cleanup;
use super::folder;
use super::install::Installation;
use super::normalized_response::Naming;
use super::ports::HeldPort;
use super::roots::Roots;
use super::sandbox::document_root;
use super::sandbox::relocation::Relocation;
use super::sandbox::{Copies, LeftOut, Original, Ports};
use super::tls::Certificate;
use super::wire::{Listener, Transport};
use super::wrapper_config::{WrapperConfig, probe};
use crate::args::Cage;
use crate::loader::{to_bytes, to_path};
use crate::opened::Opened;

/// How long a server may take to come up with a large configuration.
const START_PATIENCE: Duration = Duration::from_mins(2);

/// Lines with directives of modules that are not here: more than these, and it is given up.
const MOST_DROPPED: usize = 200;

/// The document root of a configuration that is no whole server's, as the compiler has it.
const SYNTHETIC_ROOT: &[u8] = b"/var/www/html";

/// The files of a server.
pub struct Layout<'r> {
    reading: &'r Reading,
    transcript: &'r Transcript,
    input: &'r Input,
    installation: &'r Installation,
    folder: PathBuf,
    /// Removes the folder, and ends what runs in it.
    pub cleanup: Cleanup,
    /// Where plain HTTP comes in.
    pub http: Listener,
    /// Where `https` URLs come in; nowhere if that is over TLS and there is none here.
    pub https: Option<Listener>,
    ports: Ports,
    /// What keeps other programs off its ports.
    pub held_ports: Vec<HeldPort>,
    relocation: Relocation,
    roots: Roots,
    /// Folders of the user's that the server looks into.
    readable: Vec<PathBuf>,
    user: Option<User>,
    copies: Copies<'r>,
    /// The name of `.htaccess` files, which no file of the user's has.
    access_name: String,
}

impl<'r> Layout<'r> {
    /// Chooses ports and folders.
    ///
    /// # Errors
    /// There is no free port, or no place for temporary files.
    pub fn new(
        (reading, transcript): (&'r Reading, &'r Transcript),
        opened: &'r Opened,
        installation: &'r Installation,
    ) -> Result<Self> {
        let input = &opened.input;
        let user = User::unprivileged();
        let folder = folder::create(user).context("cannot make a folder for Apache to run in")?;
        let path = folder.path().to_owned();
        let cleanup = Cleanup::of_folder(folder);
        let roots = Roots::make(reading, opened, &path).context("cannot copy document roots")?;
        let relocation = roots.relocation.clone();
        let doors = Doors::open(&reading.site, installation, &path, user)?;
        let copies = Copies::new(Original {
            reading,
            transcript,
            installation,
            ports: doors.ports.clone(),
            relocation: relocation.clone(),
            folder: path.clone(),
        })?;
        let known = reading.site.tree.known.iter();
        Ok(Self {
            reading,
            transcript,
            input,
            installation,
            access_name: format!(".htaccess-{}", folder::unguessable()),
            folder: path,
            cleanup,
            http: doors.http,
            https: doors.https,
            ports: doors.ports,
            held_ports: doors.held,
            readable: known
                .map(|root| to_path(&relocation.to_here(root)).to_owned())
                .collect(),
            relocation,
            roots,
            user,
            copies,
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The types that the server has for extensions of the site's files, as `TypesConfig` reads them.
    fn types(&self) -> Vec<u8> {
        let types = self.reading.site.types.iter();
        let lines =
            types.map(|(extension, media_type)| [media_type, b" ", extension, b"\n"].concat());
        lines.collect::<Vec<_>>().concat()
    }

    /// Writes everything.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&mut self) -> io::Result<()> {
        fs::write(self.path("probe.lua"), probe(&self.roots.unknown))?;
        fs::write(self.path("mime.types"), self.types())?;
        let includes = match self.input {
            Input::MainConfig(_) | Input::VirtualHostInclude(_) => {
                fs::create_dir(self.path("htdocs"))?;
                self.copies.server_files()
            }
            Input::Htaccess(_) | Input::DocumentRoot(_) => {
                self.write_document_root()?;
                String::new()
            }
        };
        self.roots
            .make_named_folders(&self.reading.site, &self.folder);
        self.copies.write()?;
        let text = self.wrapper_config(&includes);
        fs::write(self.path("main.conf"), text)
    }

    /// The document root with copies of its `.htaccess` files, under another name.
    fn write_document_root(&mut self) -> io::Result<()> {
        let target = self.path("htdocs");
        document_root::mirror(&self.reading.site.tree, SYNTHETIC_ROOT, &target)?;
        for directory in self.transcript.access_files.keys() {
            if let Some(below) = directory.strip_prefix(SYNTHETIC_ROOT) {
                let below = below.strip_prefix(b"/").unwrap_or(below);
                let file = target.join(to_path(below)).join(&self.access_name);
                self.copies.access_file(directory, file);
            }
        }
        Ok(())
    }

    fn wrapper_config(&self, includes: &str) -> String {
        let main_host = self.reading.site.hosts.first();
        let wrapper = WrapperConfig {
            reading: self.reading,
            transcript: self.transcript,
            input: self.input,
            installation: self.installation,
            folder: &self.folder,
            root: &self.roots.server_root,
            document_root: &self.roots.main,
            access_name: &self.access_name,
            ports: &self.listening(),
            tls: match main_host {
                Some(host) if host.tls => &self.ports.tls,
                _ => &[],
            },
            twin: match (self.input, &self.https) {
                (Input::MainConfig(_), _) | (_, None) => None,
                (_, Some(https)) => Some((https.port, &self.ports.tls)),
            },
        };
        wrapper.text(includes)
    }

    fn listening(&self) -> Vec<u16> {
        let ports = self.ports.served.iter().map(|(_, local)| *local);
        ports.collect::<BTreeSet<u16>>().into_iter().collect()
    }

    /// Starts the server, without the lines it refuses for want of a module.
    ///
    /// # Errors
    /// It refuses another one: in its own words.
    pub fn start(&mut self) -> Result<(), String> {
        while let Err(words) = self.try_to_start() {
            if self.copies.left_out.count() >= MOST_DROPPED || !self.drop_line(&words) {
                return Err(self.copies.in_terms_of_originals(&words));
            }
        }
        Ok(())
    }

    fn try_to_start(&self) -> Result<(), String> {
        let spawned = || {
            let _ = fs::remove_file(cage::run_folder(&self.folder).join("error.log"));
            let mut command = cage::command(&self.cage())?;
            command
                .env("TZ", time_zone(self.reading))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(fs::File::create(self.path("stderr"))?);
            Ok(self.cleanup.start(&mut command)?)
        };
        spawned().map_err(|error: anyhow::Error| format!("{error:#}"))?;
        let begin = Instant::now();
        while begin.elapsed() < START_PATIENCE {
            if !self.cleanup.is_running() {
                return Err(self.words());
            }
            // It listens before it has read everything, and says who it is after that.
            let is_ready = cage::run_folder(&self.folder).join("pid").is_file();
            if is_ready && TcpStream::connect((Ipv4Addr::LOCALHOST, self.http.port)).is_ok() {
                return Ok(());
            }
            sleep(Duration::from_millis(5));
        }
        Err("it did not answer in time".to_owned())
    }

    fn cage(&self) -> Cage {
        let config = self.path("main.conf");
        let arguments = [
            "-X".as_ref(),
            "-d".as_ref(),
            self.roots.server_root.as_os_str(),
        ];
        let arguments = arguments
            .into_iter()
            .chain(["-f".as_ref(), config.as_os_str()]);
        // Where its own libraries are, if it does not belong to the system.
        let own = self.installation.program.parent().and_then(Path::parent);
        let modules = self.installation.modules.as_path();
        let readable = own.into_iter().chain([modules]).map(Path::to_owned);
        Cage {
            folder: self.folder.clone(),
            parent: i32::try_from(std::process::id()).unwrap_or_default(),
            user: self.user.map(|user| user.user),
            group: self.user.map(|user| user.group),
            readable: readable.chain(self.readable.iter().cloned()).collect(),
            ports: self.listening(),
            program: self.installation.program.clone(),
            arguments: arguments.map(std::ffi::OsStr::to_owned).collect(),
        }
    }

    /// What Apache said.
    fn words(&self) -> String {
        let read = |path: PathBuf| fs::read(path).unwrap_or_default();
        let log = cage::run_folder(&self.folder).join("error.log");
        let bytes = [read(self.path("stderr")), read(log)].concat();
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
        let path = path.trim_end_matches(':');
        let number = number.parse().ok();
        number.is_some_and(|number| self.copies.leave_out(path, number))
    }

    /// What no copy holds.
    pub fn left_out(&self) -> LeftOut {
        self.copies.left_out.clone()
    }

    /// What holds the server in.
    pub fn held(&self) -> Vec<String> {
        cage::held(&self.folder)
    }

    /// How names of files here become the server's.
    pub fn naming(&self) -> Naming {
        let hosts = self.reading.site.hosts.iter();
        let roots = hosts.map(|host| host.document_root.clone());
        let roots = roots.filter(|root| !root.is_empty());
        // One below the folder that stands for `ServerRoot` is named as if it were there.
        let both = roots.flat_map(|root| [self.relocation.to_there(&root), root]);
        let mut document_roots: Vec<_> = both.collect();
        document_roots.sort_by_key(|root| std::cmp::Reverse(root.len()));
        // Stands for a document root that the configuration does not name.
        document_roots.push(to_bytes(&self.path("htdocs")));
        Naming {
            folders: self.relocation.clone(),
            document_roots,
        }
    }
}

/// The ports of a server on this machine.
struct Doors {
    http: Listener,
    https: Option<Listener>,
    ports: Ports,
    held: Vec<HeldPort>,
}

impl Doors {
    /// CloudFront asks by two ports, so two are served: for `http` and for `https`, which may be one.
    fn open(
        site: &Site,
        installation: &Installation,
        folder: &Path,
        user: Option<User>,
    ) -> Result<Self> {
        let [http, https] =
            [Scheme::Http, Scheme::Https].map(|scheme| connection_port(site, scheme));
        let held = HeldPort::new()?;
        let mut doors = Self {
            http: Listener {
                port: held.number,
                transport: Transport::Plain,
            },
            https: None,
            ports: Ports::default(),
            held: vec![held],
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
            if let Some(user) = user {
                chown(&certificate.key_file, Some(user.user), Some(user.group))?;
            }
            doors.ports.tls = vec![
                "SSLEngine on".to_owned(),
                format!("SSLCertificateFile \"{}\"", certificate.file.display()),
                format!(
                    "SSLCertificateKeyFile \"{}\"",
                    certificate.key_file.display()
                ),
            ];
            Transport::Tls(certificate.client)
        } else {
            return Ok(doors);
        };
        let held = HeldPort::new()?;
        let port = held.number;
        doors.held.push(held);
        doors.ports.served.push((https, port));
        doors.https = Some(Listener { port, transport });
        Ok(doors)
    }
}

/// The offset from UTC that local time has now in the server's zone, as `TZ` tells it without any file.
fn time_zone(reading: &Reading) -> String {
    let zone = reading.site.time_zone.as_ref();
    let offset = zone.map_or(0, |zone| zone.offset_at(crate::engine::now()));
    let (sign, seconds) = (if offset > 0 { "-" } else { "" }, offset.abs());
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("<local>{sign}{hours}:{minutes:02}:{:02}", seconds % 60)
}
