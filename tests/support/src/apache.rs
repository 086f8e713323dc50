//! A real Apache on loopback.
//!
//! In: configuration text, written for the server root it will run in. Out: [`Answer`]s: what Apache
//! said, and where inside the server the request ended. Absent: judging them.
//!
//! The server runs as one process (`-X`), so ending it ends everything it started. Each virtual host
//! can have a loopback address of its own: hosts in one server then cannot be mistaken for another,
//! whatever `Host` a request carries, and starting one server answers for hundreds of rule sets.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::upstream;
use crate::wire::{self, Request, Response};

/// Modules a site with redirects can be expected to use. `autoindex` answers 403 where a directory
/// has no index.
const MODULES: &[&str] = &[
    "mpm_prefork",
    "authn_core",
    "authz_core",
    "authz_host",
    "access_compat",
    "alias",
    "allowmethods",
    "asis",
    "autoindex",
    "dir",
    "env",
    "expires",
    "filter",
    "headers",
    "lua",
    "macro",
    "mime",
    "negotiation",
    "proxy",
    "proxy_http",
    "remoteip",
    "rewrite",
    "setenvif",
    "speling",
    "userdir",
    "vhost_alias",
];

/// How much of an error log is of use to a person, in bytes.
const LONGEST_LOG: usize = 2000;

/// How long a server may take to come up with a large configuration.
const START_PATIENCE: Duration = Duration::from_mins(1);

/// What happens to a request that no rule answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serving {
    /// Files are served as they are: a missing one is a 404.
    Files,
    /// Everything that would be served says so, present or not, so that a 404 that does not is a
    /// rule's. See [`Answer::served`] and [`Answer::missing`].
    Everything,
}

/// A folder to run a server in. Configuration may name anything below [`ServerRoot::path`].
#[derive(Debug)]
pub struct ServerRoot {
    folder: TempDir,
}

impl ServerRoot {
    /// A new folder that the server's user may read, directly below `/tmp`. Its name has no letter
    /// of chance: patterns of cases meet file names too.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new() -> io::Result<Self> {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = COUNTER.fetch_add(1, Ordering::Relaxed);
            let name = format!("edgewright-{}-{number}", std::process::id());
            match tempfile::Builder::new()
                .prefix(&name)
                .rand_bytes(0)
                .tempdir_in("/tmp")
            {
                Ok(folder) => {
                    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
                    return Ok(Self { folder });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file below the folder, making directories as needed.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(
        &self,
        relative: impl AsRef<Path>,
        content: impl AsRef<[u8]>,
    ) -> io::Result<PathBuf> {
        let path = self.path().join(relative);
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        fs::write(&path, content)?;
        Ok(path)
    }

    /// A port that was free on every loopback address a moment ago.
    ///
    /// # Errors
    /// None is free.
    pub fn free_port() -> io::Result<u16> {
        Ok(TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0))?
            .local_addr()?
            .port())
    }

    /// Starts a server with `config` that listens on `port` of `addresses`.
    ///
    /// # Errors
    /// Apache is not installed or refuses the configuration; the message holds its own words.
    pub fn start(
        self,
        config: impl AsRef<[u8]>,
        addresses: &[Ipv4Addr],
        port: u16,
        serving: Serving,
    ) -> io::Result<Apache> {
        let main = self.write_config(config, addresses, port, serving)?;
        let address = addresses.first().copied().unwrap_or(Ipv4Addr::LOCALHOST);
        let mut apache = Apache {
            process: spawn(self.path(), &main)?,
            root: self,
            main,
            address: SocketAddrV4::new(address, port),
        };
        apache.wait_until_ready()?;
        Ok(apache)
    }

    /// What Apache says against a configuration: the line that it names, and its words. `None` when
    /// it would start with it.
    ///
    /// # Errors
    /// Apache is not installed.
    pub fn refusal(&self, config: impl AsRef<[u8]>) -> io::Result<Option<(Option<u64>, String)>> {
        let main = self.write_config(config, &[], 0, Serving::Files)?;
        let mut command = Command::new(program()?);
        command.arg("-t").arg("-d").arg(self.path()).arg("-f");
        let output = command.arg(main).current_dir("/").output()?;
        if output.status.success() {
            return Ok(None);
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let site = self.path().join("edgewright/site.conf");
        Ok(Some((named_line(&said, &site.display().to_string()), said)))
    }

    /// Writes a configuration and what it needs to run here; the main file's name.
    fn write_config(
        &self,
        config: impl AsRef<[u8]>,
        addresses: &[Ipv4Addr],
        port: u16,
        serving: Serving,
    ) -> io::Result<PathBuf> {
        let modules = modules_folder()?;
        let mut text = prelude(&modules, self.path(), serving)?;
        for address in addresses {
            let _ = writeln!(text, "Listen {address}:{port}");
        }
        let site = self.write("edgewright/site.conf", config)?;
        let _ = writeln!(text, "Include \"{}\"", site.display());
        self.write("edgewright/probe.lua", PROBE_SCRIPT)?;
        self.write("edgewright/main.conf", text)
    }
}

/// The line of a file that Apache's words name last: `on line 7 of FILE:`, or `FILE:7: <A> was not
/// closed`.
fn named_line(said: &str, file: &str) -> Option<u64> {
    let before = format!(" of {file}:");
    let on_line = said
        .rsplit_once(&before)
        .and_then(|(text, _)| text.rsplit_once(" on line "))
        .and_then(|(_, number)| number.parse().ok());
    let unclosed = || {
        let (_, rest) = said.rsplit_once(&format!("{file}:"))?;
        rest.split(':').next()?.parse().ok()
    };
    on_line.or_else(unclosed)
}

/// Where a server that detaches itself runs is where this one has to.
fn spawn(root: &Path, main: &Path) -> io::Result<Child> {
    Command::new(program()?)
        .current_dir("/")
        .args(["-X", "-d"])
        .arg(root)
        .arg("-f")
        .arg(main)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(root.join("edgewright/stderr"))?)
        .spawn()
}

/// A running server; dropping it ends it.
#[derive(Debug)]
pub struct Apache {
    root: ServerRoot,
    main: PathBuf,
    process: Child,
    /// One of those it listens on.
    address: SocketAddrV4,
}

impl Apache {
    /// The folder it runs in.
    pub fn root(&self) -> &ServerRoot {
        &self.root
    }

    /// Sends a request to the virtual host at `address`.
    ///
    /// # Errors
    /// The server went away, or did not answer in HTTP.
    pub fn answer(&self, address: Ipv4Addr, request: &Request) -> io::Result<Answer> {
        let address = SocketAddrV4::new(address, self.address.port());
        let exchanged = wire::exchange(address, request);
        let explain =
            |error| io::Error::other(format!("{error}; apache says: {}", self.error_log()));
        exchanged.map(Answer::from).map_err(explain)
    }

    /// Starts the server again after a request without an answer: some configurations crash it.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn revive(&mut self) -> io::Result<()> {
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.process = spawn(self.root.path(), &self.main)?;
        self.wait_until_ready()
    }

    /// The end of what the server wrote to its error log.
    pub fn error_log(&self) -> String {
        let read = |name| fs::read(self.root.path().join(name)).unwrap_or_default();
        let bytes = [read("edgewright/stderr"), read("edgewright/error.log")].concat();
        let start = bytes.len().saturating_sub(LONGEST_LOG);
        String::from_utf8_lossy(&bytes[start..]).into_owned()
    }

    /// The line of the configuration that Apache names last in its error log: warnings come before.
    fn refused_line(&self) -> Option<String> {
        let log = self.error_log();
        let (number, rest) = log.rsplit_once(" on line ")?.1.split_once(" of ")?;
        let text = fs::read(rest.lines().next()?.trim_end_matches(':')).ok()?;
        let mut lines = text.split(|byte| *byte == b'\n');
        let line = lines.nth(number.parse::<usize>().ok()?.checked_sub(1)?)?;
        Some(String::from_utf8_lossy(line).into_owned())
    }

    fn wait_until_ready(&mut self) -> io::Result<()> {
        let begin = Instant::now();
        while begin.elapsed() < START_PATIENCE {
            if self.process.try_wait()?.is_some() {
                let (said, line) = (self.error_log(), self.refused_line().unwrap_or_default());
                return Err(io::Error::other(format!(
                    "apache did not start: {said}{line}"
                )));
            }
            if TcpStream::connect(self.address).is_ok() {
                return Ok(());
            }
            sleep(Duration::from_millis(5));
        }
        Err(io::Error::other("apache did not answer in time"))
    }
}

impl Drop for Apache {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What Apache made of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// `Location`, if any.
    pub location: Option<Vec<u8>>,
    /// `Set-Cookie` values, in order.
    pub cookies: Vec<Vec<u8>>,
    /// Names in `Vary`, in order.
    pub vary: Vec<Vec<u8>>,
    /// Every header, in order.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// Where the request ended; `None` where Apache sends no headers of ours (304, a request it
    /// could not read).
    pub end: Option<End>,
    /// True when nothing stood between the request and its file. A missing file is not served.
    pub served: bool,
    /// The missing file that the request came to, before any error document for it. Always `None`
    /// with [`Serving::Files`].
    pub missing: Option<End>,
    /// Something went wrong on the way to another server.
    pub logged: bool,
    /// The URL that another server was asked for.
    pub proxied: Option<Vec<u8>>,
    /// The body.
    pub body: Vec<u8>,
}

/// Where a request ended inside the server, after internal redirects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// The decoded path (`r->uri`).
    pub uri: Vec<u8>,
    /// The query string; empty also when there is none (`r->args`).
    pub query: Vec<u8>,
    /// The file name (`r->filename`).
    pub filename: Vec<u8>,
    /// What follows the file name (`r->path_info`).
    pub path_info: Vec<u8>,
    /// The request's document root, where nothing but that led to the file (`ap_document_root`).
    pub document_root: Option<Vec<u8>>,
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        let field = |prefix: &str, name| response.first(&format!("{prefix}{name}")).map(unescape);
        let end = |prefix| {
            Some(End {
                uri: field(prefix, "Uri")?,
                query: field(prefix, "Query")?,
                filename: field(prefix, "Filename")?,
                path_info: field(prefix, "Path-Info")?,
                document_root: field(prefix, "Document-Root").filter(|root| !root.is_empty()),
            })
        };
        let proxied = response.first(upstream::PROXIED).map(upstream::decode);
        let vary = response
            .all("Vary")
            .flat_map(|value| value.split(|byte| *byte == b','));
        Self {
            status: response.status,
            location: response.first("Location").map(<[u8]>::to_vec),
            cookies: response.all("Set-Cookie").map(<[u8]>::to_vec).collect(),
            vary: vary.map(|name| name.trim_ascii().to_vec()).collect(),
            headers: response.headers.clone(),
            end: end("X-Edgewright-"),
            served: is_served(&response),
            missing: end("X-Edgewright-Missing-"),
            logged: response
                .first("X-Edgewright-Logged")
                .is_some_and(|id| !id.is_empty()),
            proxied,
            body: response.body,
        }
    }
}

/// By the probe, or as a file: an answer that a rule made has no date of a file.
fn is_served(response: &Response) -> bool {
    let is_file = response.status == 200 && response.first("Last-Modified").is_some();
    is_file || response.first("X-Edgewright-Served").is_some()
}

/// Undoes `%{escape:…}`, which escapes every byte a header could not carry.
pub fn unescape(text: &[u8]) -> Vec<u8> {
    let digit = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let pair = digit(at + 1)
            .zip(digit(at + 2))
            .filter(|_| text[at] == b'%');
        let value = pair.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        bytes.push(value.unwrap_or(text[at]));
        at += if value.is_some() { 3 } else { 1 };
    }
    bytes
}

/// Answers whatever would be served: `mod_lua` names its handler only where, after all rewriting,
/// no other module has named one. A directory without index is refused or listed, as `mod_autoindex`
/// would, with the status that is there by then.
/// A missing file is a 404, as ever, with its name in headers that error documents do not change.
const PROBE_SCRIPT: &str = concat!(
    "require \"apache2\"\n",
    include_str!("../../../src/verify/listing.lua"),
    r#"function escape(text)
  return (string.gsub(text or "", ".", function(c) return string.format("%%%02x", string.byte(c)) end))
end
function handle(r)
  if r.handler ~= "lua-map-handler" then return apache2.DECLINED end
  local file = r:stat(r.filename)
  -- To the server it is what it was when its type was looked for; a rule may have changed the type since.
  local is_directory = r.content_type == "httpd/unix-directory"
  is_directory = is_directory or (file and file.filetype == 2 and r.content_type)
  local other = listing(r, is_directory)
  if other then return other end
  if not file and string.find(" GET HEAD POST ", " " .. r.method .. " ", 1, true) then
    local seen = { Uri = r.uri, Query = r.args, Filename = r.filename, ["Path-Info"] = r.path_info,
      ["Document-Root"] = r.context_prefix == "" and r.document_root or "" }
    -- The document for an error may be missing too: the first file is the one.
    local is_first = not r.err_headers_out["X-Edgewright-Missing-Uri"]
    for _, name in ipairs(is_first and { "Uri", "Query", "Filename", "Path-Info", "Document-Root" } or {}) do
      r.err_headers_out["X-Edgewright-Missing-" .. name] = escape(seen[name])
    end
    return 404
  end
  r.err_headers_out["X-Edgewright-Served"] = "yes"
  r.content_type = "text/plain"
  r:puts("served\n")
  return apache2.OK
end
"#
);

fn prelude(modules: &Path, root: &Path, serving: Serving) -> io::Result<String> {
    let upstream = upstream::address()?;
    let mut text = String::new();
    for module in MODULES {
        let file = modules.join(format!("mod_{module}.so"));
        let _ = writeln!(text, "LoadModule {module}_module \"{}\"", file.display());
    }
    // Started by root, Apache insists on another user for the requests.
    let _ = writeln!(
        text,
        "<IfFile /etc/debian_version>\nUser www-data\nGroup www-data\n</IfFile>"
    );
    let run = root.join("edgewright");
    let run = run.display();
    let _ = write!(
        text,
        "ServerName main.test:80\n\
         DefaultRuntimeDir \"{run}\"\nPidFile \"{run}/pid\"\nErrorLog \"{run}/error.log\"\n\
         LogLevel crit proxy:warn\nTypesConfig /dev/null\nMaxRequestWorkers 1\n\
         ProxyRemote * http://{upstream}\n\
         ServerLimit 1\nStartServers 1\nAcceptFilter http none\nKeepAlive Off\n\
         Header always set X-Edgewright-Uri \"expr=%{{escape:%{{REQUEST_URI}}}}\"\n\
         Header always set X-Edgewright-Query \"expr=%{{escape:%{{QUERY_STRING}}}}\"\n\
         Header always set X-Edgewright-Filename \"expr=%{{escape:%{{REQUEST_FILENAME}}}}\"\n\
         Header always set X-Edgewright-Document-Root \"expr=%{{escape:%{{DOCUMENT_ROOT}}}}\" \"expr=%{{CONTEXT_PREFIX}} == ''\"\n\
         Header always set X-Edgewright-Logged \"expr=%{{REQUEST_LOG_ID}}\"\n\
         Header always set X-Edgewright-Path-Info \"expr=%{{escape:%{{PATH_INFO}}}}\"\n"
    );
    if serving == Serving::Everything {
        let _ = writeln!(
            text,
            "LuaScope thread\nLuaMapHandler ^ \"{run}/probe.lua\" handle"
        );
    }
    Ok(text)
}

fn program() -> io::Result<PathBuf> {
    let named = std::env::var_os("EDGEWRIGHT_APACHE").map(PathBuf::from);
    let known = ["/usr/sbin/apache2", "/usr/sbin/httpd"].map(PathBuf::from);
    let missing =
        "no apache2: install Debian's package apache2-bin, or name one in EDGEWRIGHT_APACHE";
    let mut candidates = named.into_iter().chain(known);
    candidates
        .find(|path| path.exists())
        .ok_or_else(|| io::Error::other(missing))
}

fn modules_folder() -> io::Result<PathBuf> {
    let named = std::env::var_os("EDGEWRIGHT_APACHE_MODULES").map(PathBuf::from);
    let known = ["/usr/lib/apache2/modules", "/usr/lib64/httpd/modules"].map(PathBuf::from);
    let missing = "no folder of Apache modules: name it in EDGEWRIGHT_APACHE_MODULES";
    let mut candidates = named.into_iter().chain(known);
    candidates
        .find(|path| path.is_dir())
        .ok_or_else(|| io::Error::other(missing))
}

/// The `number`th loopback address for a virtual host of its own: 127.1.0.1 and so on.
pub fn loopback(number: usize) -> Ipv4Addr {
    let [.., high, low] = (number + 1).to_be_bytes();
    Ipv4Addr::new(127, 1, high, low)
}
