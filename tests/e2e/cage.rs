//! `edgewright verify` runs nothing, opens nothing and writes nothing of a configuration.
//!
//! In: the configurations of `tests/cases/cage`, each of which would. Out: canaries that are as they were:
//! a folder that stays empty, a socket and a port that nobody connects to, a port that nobody opens.
//!
//! In a configuration `/ROOT` is a folder with programs, scripts and document roots, `/CANARY` the folder
//! that stays empty, 18998 the port that nobody connects to, 18999 the one that nobody opens. Its first line
//! says what `verify` must say that it left out, or put its own in the place of.

use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How long one configuration may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Lines that a `.htaccess` file may hold; each would run or open something.
const ACCESS_LINES: &str = "\
    RewriteEngine On\n\
    RewriteRule ^old$ /new [R]\n\
    RewriteRule ^d/(.*) unix:/ROOT/canary.sock|http://localhost/$1 [P]\n\
    RewriteRule ^t/(.*) http://127.0.0.1:18998/$1 [P]\n\
    RewriteRule ^l$ /ROOT/h.lua [H=lua-script]\n\
    SetHandler \"proxy:unix:/ROOT/canary.sock|fcgi://localhost\"\n\
    AddHandler lua-script .lua\n\
    Options +Includes +ExecCGI\n";

/// Lines that no `.htaccess` file may hold where `mod_lua` is not loaded.
const LUA_LINES: &str = "\
    LuaHookFixups /ROOT/h.lua f\n\
    \"LuaHookAccessChecker\" /ROOT/h.lua f\n\
    Lua\\\nHookTypeChecker /ROOT/h.lua f\n\
    <Files \"*\">\nLuaHookMapToStorage /ROOT/h.lua f\n</Files>\n";

/// What must stay as it is.
struct Canaries {
    place: TempDir,
    socket: UnixListener,
    port: TcpListener,
    /// A port that is free.
    closed: u16,
}

impl Canaries {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        open_to_all(place.path(), 0o755);
        for folder in ["canary", "root"] {
            fs::create_dir(place.path().join(folder)).unwrap();
        }
        open_to_all(&place.path().join("canary"), 0o777);
        let socket = UnixListener::bind(place.path().join("root/canary.sock")).unwrap();
        open_to_all(&place.path().join("root/canary.sock"), 0o777);
        socket.set_nonblocking(true).unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        port.set_nonblocking(true).unwrap();
        let closed = port_nobody_is_given();
        let canaries = Self {
            place,
            socket,
            port,
            closed,
        };
        canaries.fill_root();
        canaries
    }

    fn root(&self) -> PathBuf {
        self.place.path().join("root")
    }

    fn text(&self, text: &str) -> String {
        let root = self.root().display().to_string();
        let canary = self.place.path().join("canary").display().to_string();
        let port = self.port.local_addr().unwrap().port();
        text.replace("/ROOT", &root)
            .replace("/CANARY", &canary)
            .replace("18998", &port.to_string())
            .replace("18999", &self.closed.to_string())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, self.text(text)).unwrap();
        path
    }

    fn fill_root(&self) {
        for name in ["prg.sh", "prg2.sh", "prg3.sh", "cgi/x.sh", "dr/x.cgi"] {
            let program = format!("#!/bin/sh\ntouch /CANARY/{}\n", name.replace('/', "_"));
            open_to_all(&self.write(name, &program), 0o755);
        }
        let script = "require \"apache2\"\nos.execute(\"touch /CANARY/lua_loaded\")\n\
            io.open(\"/CANARY/lua_opened\", \"w\")\n\
            function f(r) os.execute(\"touch /CANARY/lua\") return apache2.DECLINED end\n\
            function handle(r) os.execute(\"touch /CANARY/lua\") return apache2.OK end\n";
        self.write("h.lua", script);
        self.write("evil.so", "no library: Apache would say so");
        self.write("secret", "x");
        self.write(
            "map.txt",
            "a unix:/ROOT/canary.sock|http://localhost/\nb lua-script\n",
        );
        self.write(
            "inc/evil.conf",
            "CustomLog \"|/usr/bin/touch /CANARY/include\" common\n",
        );
        self.write("dr/i.shtml", "<!--#exec cmd=\"touch /CANARY/ssi\" -->\n");
        self.write("dr/.htaccess", ACCESS_LINES);
        self.write(
            "dr/sub/i.shtml",
            "<!--#exec cmd=\"touch /CANARY/ssi\" -->\n",
        );
        self.write("dr/sub/.htaccess", LUA_LINES);
        self.write("dr/sub/config.acl", LUA_LINES);
        self.write("other/.htaccess", &format!("{ACCESS_LINES}{LUA_LINES}"));
        self.write("other/x", "");
        self.write("elsewhere/.htaccess", LUA_LINES);
        self.write("elsewhere/x", "");
        symlink(self.root().join("other"), self.root().join("dr/link")).unwrap();
    }

    /// Are all of them as they were?
    fn check(&self, name: &str) {
        let folder = fs::read_dir(self.place.path().join("canary")).unwrap();
        let made: Vec<_> = folder.map(|entry| entry.unwrap().file_name()).collect();
        assert!(made.is_empty(), "{name}: something ran or wrote {made:?}");
        let socket = self.socket.accept().unwrap_err();
        assert_eq!(
            socket.kind(),
            ErrorKind::WouldBlock,
            "{name}: the socket was opened"
        );
        let port = self.port.accept().unwrap_err();
        assert_eq!(
            port.kind(),
            ErrorKind::WouldBlock,
            "{name}: something was sent"
        );
    }

    /// Runs `verify` with `arguments`; nobody may open the port that is closed.
    fn verify(&self, name: &str, arguments: &[&Path]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_edgewright"));
        let mut running = command
            .arg("verify")
            .args(["--format", "json"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let begin = Instant::now();
        while running.try_wait().unwrap().is_none() {
            let found = TcpStream::connect((Ipv4Addr::LOCALHOST, self.closed));
            assert!(found.is_err(), "{name}: a port was opened");
            if begin.elapsed() > PATIENCE {
                running.kill().unwrap();
            }
            sleep(Duration::from_millis(2));
        }
        running.wait_with_output().unwrap()
    }
}

/// A free port below those that a system gives to whoever asks for any, and never the same one
/// again: a listener found there was asked for by number, and is no other test's.
fn port_nobody_is_given() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    let free = |port: &u16| TcpListener::bind((Ipv4Addr::UNSPECIFIED, *port)).is_ok();
    let mut ports = (0..1_000).map(|_| first + NEXT.fetch_add(1, Ordering::Relaxed));
    ports.find(free).unwrap()
}

fn open_to_all(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Everything `verify` says is not in the copy.
fn left_out(report: &Value) -> String {
    format!("{} {}", report["left_out"], report["own_instead"])
}

/// Runs `verify`: it must come to its end, leave out what `expected` names, and touch nothing.
fn check(name: &str, canaries: &Canaries, arguments: &[&Path], expected: &str) {
    let output = canaries.verify(name, arguments);
    canaries.check(name);
    let said = String::from_utf8_lossy(&output.stderr);
    let report: Option<Value> = serde_json::from_slice(&output.stdout).ok();
    assert!(report.is_some(), "{name}: {said}");
    let report = report.unwrap_or_default();
    let left_out = left_out(&report);
    println!("{name:24} compared {:>4}  {left_out}", report["compared"]);
    let named = expected == "-" || left_out.contains(expected);
    assert!(named, "{name}: {expected} is not among {left_out}");
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/cage");
    let files = fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn nothing_of_a_configuration_acts() {
    for path in cases() {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let canaries = Canaries::new();
        let text = String::from_utf8(fs::read(&path).unwrap()).unwrap();
        let first = text.lines().next().unwrap();
        let expected = first.strip_prefix("# left out: ").expect(&name);
        let file = canaries.write("site.conf", &text);
        check(&name, &canaries, &[&file], expected);
    }
}

#[test]
fn nothing_of_an_access_file_acts() {
    let kinds = ["Fixups", "AccessChecker", "TypeChecker"];
    for (name, file) in [("a document root", "dr"), ("one of others", "other")] {
        let canaries = Canaries::new();
        let root = canaries.root().join(file);
        check(name, &canaries, &[&root], "LuaHookFixups");
    }
    for kind in kinds {
        let canaries = Canaries::new();
        let text = format!("{ACCESS_LINES}\"Lua\\\nHook{kind}\" /ROOT/h.lua f\n");
        let file = canaries.write("single/.htaccess", &text);
        check(kind, &canaries, &[&file], &format!("LuaHook{kind}"));
    }
}

/// The process ids of servers that run below `place`.
fn servers_below(place: &Path) -> Vec<u32> {
    let wanted = place.display().to_string();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let runs = |id: &u32| {
        let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        line.contains(&wanted) && line.contains("-X")
    };
    ids.filter(runs).collect()
}

#[test]
fn a_server_dies_with_verify_and_the_next_run_removes_its_folder() {
    let place = tempfile::tempdir().unwrap();
    open_to_all(place.path(), 0o755);
    let verify = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_edgewright"));
        command
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["verify", "examples/legacy-site/httpd.conf"])
            .env("TMPDIR", place.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    };
    let mut running = verify().spawn().unwrap();
    wait_until(|| !servers_below(place.path()).is_empty());
    running.kill().unwrap();
    running.wait().unwrap();
    wait_until(|| servers_below(place.path()).is_empty());
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    assert!(verify().status().unwrap().success());
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

fn wait_until(mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "nothing happened");
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn names_of_folders_tell_others_nothing() {
    let place = tempfile::tempdir().unwrap();
    open_to_all(place.path(), 0o755);
    let mut running = Command::new(env!("CARGO_BIN_EXE_edgewright"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["verify", "examples/legacy-site/httpd.conf"])
        .env("TMPDIR", place.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_until(|| !servers_below(place.path()).is_empty());
    let folder = fs::read_dir(place.path()).unwrap().next().unwrap().unwrap();
    let mode = folder.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o007, 0, "others may enter: {mode:o}");
    let id = running.id().to_string();
    assert!(!folder.file_name().to_string_lossy().contains(&id));
    assert!(running.wait().unwrap().success());
}
