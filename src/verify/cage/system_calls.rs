//! What a server may not ask the kernel for: seccomp.
//!
//! In: nothing. Out: two filters on this process. Absent: what is about names of files (`files`).
//!
//! A server with one process needs no other, listens without ever connecting, and speaks TCP only.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, Error, SeccompAction, SeccompCmpArgLen as Length, SeccompCmpOp as Is,
    SeccompCondition, SeccompFilter, SeccompRule, TargetArch, apply_filter,
};

/// What `SOCK_STREAM` and the other types are, without flags.
const SOCKET_TYPE: u64 = 0xf;

/// Applies the filters to this process.
///
/// # Errors
/// The kernel has none, or the machine is one for which no filter can be made.
pub fn apply() -> Result<(), Error> {
    filters()?
        .iter()
        .try_for_each(|filter| apply_filter(filter))
}

fn filters() -> Result<[BpfProgram; 2], Error> {
    let arch: TargetArch = std::env::consts::ARCH.try_into().map_err(Error::Backend)?;
    let refused = filter(refused().map_err(Error::Backend)?, libc::EPERM, arch)?;
    // The C library then does without: `clone` tells what it is asked for, `clone3` does not.
    let unknown = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    Ok([refused, filter(unknown, libc::ENOSYS, arch)?])
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;
type Backend = seccompiler::BackendError;

fn filter(rules: Rules, error: i32, arch: TargetArch) -> Result<BpfProgram, Error> {
    let answer = SeccompAction::Errno(error.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, answer, arch);
    let program = filter.and_then(TryInto::try_into);
    program.map_err(Error::Backend)
}

/// System calls that are refused; without a rule always, else if one rule fits.
fn refused() -> Result<Rules, Backend> {
    let number = |value: i32| u64::from(value.unsigned_abs());
    let thread = number(libc::CLONE_THREAD);
    let fast_open = number(libc::MSG_FASTOPEN);
    let socket_type = |kind| one(1, Is::MaskedEq(SOCKET_TYPE), number(kind));
    let mut rules = BTreeMap::from([
        (libc::SYS_connect, Vec::new()),
        (libc::SYS_socketpair, Vec::new()),
        (libc::SYS_io_uring_setup, Vec::new()),
        (libc::SYS_ptrace, Vec::new()),
        (libc::SYS_process_vm_writev, Vec::new()),
        (libc::SYS_clone, vec![one(0, Is::MaskedEq(thread), 0)?]),
        // Sending may connect too.
        (libc::SYS_sendto, vec![one(4, Is::Ne, 0)?]),
        (
            libc::SYS_sendmsg,
            vec![one(2, Is::MaskedEq(fast_open), fast_open)?],
        ),
        (
            libc::SYS_sendmmsg,
            vec![one(3, Is::MaskedEq(fast_open), fast_open)?],
        ),
        (
            libc::SYS_socket,
            vec![
                SeccompRule::new(vec![
                    condition(0, Is::Ne, number(libc::AF_INET))?,
                    condition(0, Is::Ne, number(libc::AF_INET6))?,
                ])?,
                socket_type(libc::SOCK_DGRAM)?,
                socket_type(libc::SOCK_RAW)?,
                socket_type(libc::SOCK_SEQPACKET)?,
            ],
        ),
    ]);
    #[cfg(target_arch = "x86_64")]
    for call in [libc::SYS_fork, libc::SYS_vfork] {
        rules.insert(call, Vec::new());
    }
    Ok(rules)
}

fn one(argument: u8, is: Is, value: u64) -> Result<SeccompRule, Backend> {
    SeccompRule::new(vec![condition(argument, is, value)?])
}

fn condition(argument: u8, is: Is, value: u64) -> Result<SeccompCondition, Backend> {
    SeccompCondition::new(argument, Length::Qword, is, value)
}
