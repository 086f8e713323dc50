//! Another user, limits, and an end with the process that asked for it.
//!
//! In: what the cage is for. Out: what holds. Absent: files and system calls.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use anyhow::{Context as _, Result, bail};
use nix::sys::prctl::{set_no_new_privs, set_pdeathsig};
use nix::sys::resource::{Resource, rlim_t, setrlimit};
use nix::sys::signal::Signal;
use nix::unistd::{Gid, Uid, geteuid, getppid, setgid, setgroups, setuid};

use crate::args::Cage;

/// Open files: one for each request under way, and some.
const FILES: rlim_t = 1024;

/// How large a file may become: nothing but the log of errors is written.
const FILE_SIZE: rlim_t = 1024 * 1024 * 1024;

/// Memory: a configuration of 60,000 rules needs less than a tenth.
const MEMORY: rlim_t = 4 * 1024 * 1024 * 1024;

/// Threads and processes beside those the user has already.
const THREADS: u64 = 256;

/// Applies all of them to this process.
pub fn apply(cage: &Cage) -> Result<Vec<String>> {
    let user = become_user(cage)?;
    let limits = [
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_NOFILE, FILES),
        (Resource::RLIMIT_FSIZE, FILE_SIZE),
        (Resource::RLIMIT_AS, MEMORY),
    ];
    let set = limits
        .into_iter()
        .all(|(what, most)| setrlimit(what, most, most).is_ok());
    // After the change of user, which takes it back.
    set_pdeathsig(Signal::SIGKILL).context("cannot end with `verify`")?;
    if getppid().as_raw() != cage.parent {
        bail!("`verify` is gone");
    }
    let mut held = Vec::new();
    held.extend(user.map(|user| format!("user {user}")));
    held.extend(
        set_no_new_privs()
            .is_ok()
            .then(|| "no new privileges".to_owned()),
    );
    held.extend(set.then(|| "limits".to_owned()));
    Ok(held)
}

/// Limits the threads and processes of this process and all others of its user, which is not needed where
/// seccomp refuses processes.
///
/// # Errors
/// The system refuses.
pub fn on_threads() -> Result<String> {
    let most = tasks_of(geteuid().as_raw()) + THREADS;
    setrlimit(Resource::RLIMIT_NPROC, most, most).context("cannot limit processes")?;
    Ok("a limit on processes".to_owned())
}

fn become_user(cage: &Cage) -> Result<Option<u32>> {
    let (Some(user), Some(group)) = (cage.user, cage.group) else {
        return Ok(None);
    };
    let refused = || format!("cannot become user {user}");
    setgroups(&[]).with_context(refused)?;
    setgid(Gid::from_raw(group)).with_context(refused)?;
    setuid(Uid::from_raw(user)).with_context(refused)?;
    Ok(Some(user))
}

/// The threads that a user has: the limit counts them all.
fn tasks_of(user: u32) -> u64 {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let own = processes.filter(|process| {
        let is_process = process
            .file_name()
            .as_encoded_bytes()
            .iter()
            .all(u8::is_ascii_digit);
        is_process && process.metadata().is_ok_and(|data| data.uid() == user)
    });
    let tasks = own.map(|process| fs::read_dir(process.path().join("task")));
    tasks
        .map(|tasks| tasks.map_or(1, |tasks| tasks.count() as u64))
        .sum()
}
