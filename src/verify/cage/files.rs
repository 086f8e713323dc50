//! Which files a server may read, write and start, and which ports it may open: Landlock.
//!
//! In: what the cage is for. Out: what holds. Absent: everything but files and ports.
//!
//! Landlock says nothing of a file's existence: questions like `-f` are answered as they are outside.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, NetPort, RestrictionStatus, Ruleset, RulesetAttr as _,
    RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope, path_beneath_rules,
};

use super::run_folder;
use crate::args::Cage;

/// What any program reads: libraries, names of users and hosts, time zones, chance.
const SYSTEM: &[&str] = &[
    "/bin",
    "/etc",
    "/lib",
    "/lib64",
    "/opt",
    "/sbin",
    "/usr",
    "/dev/null",
    "/dev/random",
    "/dev/urandom",
    "/dev/zero",
    "/proc/cpuinfo",
    "/proc/self",
    "/proc/stat",
    "/proc/sys",
    "/sys/devices/system/cpu",
];

/// What starts a program that is linked to libraries.
const LOADERS: &[&str] = &[
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/ld-linux-aarch64.so.1",
    "/lib/ld-musl-x86_64.so.1",
    "/lib/ld-musl-aarch64.so.1",
];

/// The last version of Landlock that is known here; what the system has of it is used.
const VERSION: ABI = ABI::V9;

/// Applies it to this process.
pub fn apply(cage: &Cage) -> Option<String> {
    match restrict(cage).map(|status| status.ruleset) {
        Ok(RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced) => {
            Some("Landlock".to_owned())
        }
        Ok(RulesetStatus::NotEnforced) | Err(_) => None,
    }
}

fn restrict(cage: &Cage) -> Result<RestrictionStatus, RulesetError> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let system = SYSTEM.iter().map(PathBuf::from);
    let readable = system
        .chain(cage.readable.iter().cloned())
        .chain([cage.folder.clone()]);
    let started = LOADERS
        .iter()
        .map(PathBuf::from)
        .chain([cage.program.clone()]);
    let created = Ruleset::default()
        .handle_access(AccessFs::from_all(VERSION))?
        .handle_access(AccessNet::from_all(VERSION))?
        .scope(Scope::from_all(VERSION))?
        .create()?
        .add_rules(path_beneath_rules(readable, read))?
        .add_rules(path_beneath_rules(started, read | AccessFs::Execute))?
        .add_rules(path_beneath_rules(
            [Path::new("/dev/null")],
            read | AccessFs::WriteFile,
        ))?
        .add_rules(path_beneath_rules(
            [run_folder(&cage.folder)],
            AccessFs::from_all(ABI::V3) & !AccessFs::Execute & !AccessFs::MakeSock,
        ))?;
    let ports = cage
        .ports
        .iter()
        .map(|port| Ok(NetPort::new(*port, AccessNet::BindTcp)));
    created
        .add_rules(ports.collect::<Vec<Result<_, RulesetError>>>())?
        .restrict_self()
}
