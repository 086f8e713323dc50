//! What holds a server in: it runs as nobody, starts nothing, connects to nothing, and reads and writes
//! what it needs.
//!
//! In: a program and what it needs. Out: the program in the place of this process, and what of the cage
//! the system has. Absent: the configuration, which is the first line (`sandbox`).
//!
//! The server is not started directly: this program starts itself again, and that process limits itself
//! before it becomes the server. So no code runs between `fork` and `exec`, which would be `unsafe`.

#[cfg(target_os = "linux")]
mod files;
#[cfg(target_os = "linux")]
mod limits;
#[cfg(target_os = "linux")]
mod system_calls;

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::args::Cage;

/// The file, below the folder that the server writes to, that tells what holds.
pub const REPORT: &str = "cage";

/// Who a server runs as when this program is started by root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    /// The number of the user.
    pub user: u32,
    /// The number of the user's group.
    pub group: u32,
}

impl User {
    /// The user that servers usually run as, if this program runs as root.
    #[cfg(target_os = "linux")]
    pub fn unprivileged() -> Option<Self> {
        if !nix::unistd::geteuid().is_root() {
            return None;
        }
        let usual = ["www-data", "apache", "_www", "daemon", "nobody"];
        let known = |name| nix::unistd::User::from_name(name).ok().flatten();
        let found = usual.into_iter().find_map(known)?;
        Some(Self {
            user: found.uid.as_raw(),
            group: found.gid.as_raw(),
        })
    }

    /// Nobody is known on other systems.
    #[cfg(not(target_os = "linux"))]
    pub fn unprivileged() -> Option<Self> {
        None
    }
}

/// The command that becomes `program` in a cage.
///
/// # Errors
/// The system does not tell where this program is.
pub fn command(cage: &Cage) -> Result<Command> {
    let own = std::env::current_exe().context("cannot find this program")?;
    let mut command = Command::new(own);
    command.arg("cage");
    let mut option = |name: &str, value: &std::ffi::OsStr| {
        command.arg(name).arg(value);
    };
    option("--folder", cage.folder.as_os_str());
    option("--parent", cage.parent.to_string().as_ref());
    for (name, number) in [("--user", cage.user), ("--group", cage.group)] {
        if let Some(number) = number {
            option(name, number.to_string().as_ref());
        }
    }
    for path in &cage.readable {
        option("--readable", path.as_os_str());
    }
    for port in &cage.ports {
        option("--port", port.to_string().as_ref());
    }
    command.arg("--").arg(&cage.program).args(&cage.arguments);
    // Variables of the environment are variables of a configuration.
    command.env_clear().current_dir(&cage.folder);
    Ok(command)
}

/// Becomes the program, in the cage. Comes back only with an error.
///
/// # Errors
/// The process that asks for it is gone, the user cannot be changed, or the program cannot be started.
pub fn enter(cage: &Cage) -> Result<()> {
    let held = close(cage)?;
    fs::write(run_folder(&cage.folder).join(REPORT), held.join("\n"))
        .context("cannot tell what holds")?;
    let error = Command::new(&cage.program).args(&cage.arguments).exec();
    Err(error).with_context(|| format!("cannot start {}", cage.program.display()))
}

/// The folder that the server may write to.
pub fn run_folder(folder: &Path) -> PathBuf {
    folder.join("run")
}

/// What holds, one thing a line, of a server that was started; nothing of one that never came so far.
pub fn held(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(run_folder(folder).join(REPORT)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

#[cfg(target_os = "linux")]
fn close(cage: &Cage) -> Result<Vec<String>> {
    let mut held = limits::apply(cage)?;
    held.extend(files::apply(cage));
    // Where no process can be started, there is no need to count them.
    held.push(match system_calls::apply() {
        Ok(()) => "seccomp".to_owned(),
        Err(_) => limits::on_threads()?,
    });
    Ok(held)
}

#[cfg(not(target_os = "linux"))]
fn close(_cage: &Cage) -> Result<Vec<String>> {
    Ok(Vec::new())
}
