//! Ports on 127.0.0.1 that no other program is given while they are held.
//!
//! In: nothing. Out: [`HeldPort`]. Absent: listening, which the server does that the port is for.

use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, bind, getsockname, setsockopt, socket, sockopt,
};

/// A free port, bound but not listened to: a server that allows an address to be used again, as Apache
/// does, can listen there, and the system gives the port to nobody else. A port that was only seen to
/// be free may belong to another program when the server starts.
#[derive(Debug)]
pub struct HeldPort {
    /// Its number.
    pub number: u16,
    _socket: OwnedFd,
}

impl HeldPort {
    /// One that is free now.
    ///
    /// # Errors
    /// None is free.
    pub fn new() -> io::Result<Self> {
        let held = socket(
            AddressFamily::Inet,
            SockType::Stream,
            SockFlag::empty(),
            None,
        )?;
        fcntl(&held, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
        setsockopt(&held, sockopt::ReuseAddr, &true)?;
        bind(held.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))?;
        let address: SockaddrIn = getsockname(held.as_raw_fd())?;
        Ok(Self {
            number: address.port(),
            _socket: held,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use std::collections::BTreeSet;
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    #[test]
    fn a_held_port_is_given_to_nobody_else() {
        let held: Vec<HeldPort> = (0..200).map(|_| HeldPort::new().unwrap()).collect();
        let numbers: BTreeSet<u16> = held.iter().map(|port| port.number).collect();
        assert_eq!(numbers.len(), held.len());
        let others = (0..200).map(|_| TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap());
        let others: Vec<TcpListener> = others.collect();
        for other in &others {
            assert!(!numbers.contains(&other.local_addr().unwrap().port()));
        }
    }

    #[test]
    fn a_server_can_listen_on_a_held_port() {
        let held = HeldPort::new().unwrap();
        // The standard library allows an address to be used again, as Apache does.
        TcpListener::bind((Ipv4Addr::LOCALHOST, held.number)).unwrap();
    }
}
