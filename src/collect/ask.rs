//! Asking a server which modules it has.
//!
//! In: the configuration it runs with. Out: a [`Server`], or why there is none. Absent: any other program than
//! the server's own.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::archive::{Linkage, Module, Server};

/// The programs that start Apache, where systems have them.
const PROGRAMS: [&str; 5] = [
    "/usr/sbin/apache2ctl",
    "/usr/sbin/apachectl",
    "/usr/sbin/httpd",
    "/usr/local/apache2/bin/apachectl",
    "/usr/local/sbin/apachectl",
];

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long its last words may take after it ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How much of its answer is read.
const LONGEST: u64 = 1 << 16;

/// What the server of this machine says, when it reads `main`.
///
/// # Errors
/// There is none, or it does not answer: why.
pub fn server(main: &Path) -> Result<Server, String> {
    let named = std::env::var_os("EDGEWRIGHT_APACHECTL").map(PathBuf::from);
    let mut all = named.into_iter().chain(PROGRAMS.iter().map(PathBuf::from));
    let program = all.find(|path| path.is_file());
    let program = program.ok_or("there is no apache2ctl or httpd on this machine")?;
    let modules = said(Command::new(&program).arg("-M").arg("-f").arg(main))
        .map_err(|why| format!("{} -M: {why}", program.display()))?;
    let modules: Vec<Module> = modules.lines().filter_map(module).collect();
    if modules.is_empty() {
        return Err(format!("{} -M lists none", program.display()));
    }
    let version = said(Command::new(&program).arg("-v")).ok();
    Ok(Server {
        program: program.display().to_string(),
        version: version.and_then(|text| version_in(&text)),
        modules,
    })
}

/// ` rewrite_module (shared)`.
fn module(line: &str) -> Option<Module> {
    let (name, linkage) = line.trim().split_once(' ')?;
    let linkage = match linkage {
        "(shared)" => Linkage::Shared,
        "(static)" => Linkage::Static,
        _ => return None,
    };
    let name = name.to_owned();
    Some(Module { name, linkage })
}

/// `2.4.62` of `Server version: Apache/2.4.62 (Debian)`.
fn version_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("Apache/")?;
    let is_part = |letter: char| letter.is_ascii_digit() || letter == '.';
    let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
    Some(rest[..end].to_owned()).filter(|version| !version.is_empty())
}

/// Runs a program, and gives what it says.
fn said(command: &mut Command) -> Result<String, String> {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.map_err(|error| error.to_string())?;
    let out = child.stdout.take();
    let (sender, answer) = mpsc::channel();
    thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(out) = out {
            // What was read before an error is the answer.
            let _ = out.take(LONGEST).read_to_end(&mut text);
        }
        // Nobody may listen any more.
        let _ = sender.send(text);
    });
    if !ends_in_time(&mut child) {
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!("no answer in {} seconds", PATIENCE.as_secs()));
    }
    if !child.wait().is_ok_and(|status| status.success()) {
        return Err("it refuses the configuration".to_owned());
    }
    // What it started itself may hold the pipe open: that is not waited for.
    let text = answer.recv_timeout(LAST_WORDS).unwrap_or_default();
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn ends_in_time(child: &mut Child) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if !matches!(child.try_wait(), Ok(None)) {
            return true;
        }
        thread::sleep(Duration::from_millis(20));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_read() {
        let check = |line: &str, expected: Option<(&str, Linkage)>| {
            let found = module(line);
            let found = found.as_ref().map(|one| (one.name.as_str(), one.linkage));
            assert_eq!(found, expected, "{line}");
        };
        check(
            " core_module (static)",
            Some(("core_module", Linkage::Static)),
        );
        check(
            " rewrite_module (shared)",
            Some(("rewrite_module", Linkage::Shared)),
        );
        check("Loaded Modules:", None);
        check("", None);
    }

    #[test]
    fn versions_are_read() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(version_in(text).as_deref(), expected, "{text}");
        };
        check("Server version: Apache/2.4.62 (Debian)\n", Some("2.4.62"));
        check("Server version: Apache/x", None);
        check("nginx/1.2", None);
    }
}
