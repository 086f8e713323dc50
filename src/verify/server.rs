//! A real Apache with a copy of a configuration, in a cage, on free loopback ports.
//!
//! In: a reading and what it was read from. Out: [`Server`], which answers requests. Absent:
//! deciding which.
//!
//! The server runs as one process (`-X`), so ending it ends everything it started. Everything it
//! writes is in a folder of its own, which goes with it.

use std::io;

use anyhow::{Context, Result, bail};
use edgewright_compiler::{Reading, Transcript};
use edgewright_engine::model::request::Scheme;

use super::cleanup::Cleanup;
use super::install::Installation;
use super::layout::Layout;
use super::normalized_response::{Naming, Observed};
use super::ports::HeldPort;
use super::sandbox::LeftOut;
use super::wire::{self, Listener};
use crate::contract::OwnedRequest;
use crate::opened::Opened;

/// A running server; dropping it ends it.
#[derive(Debug)]
pub struct Server {
    /// Where plain HTTP comes in, on 127.0.0.1.
    pub http: Listener,
    /// Where `https` URLs come in; nowhere if that is over TLS and there is none here.
    pub https: Option<Listener>,
    /// Its name and version.
    pub version: String,
    /// Modules and directives that are not in the copy of the configuration.
    pub left_out: LeftOut,
    /// What holds the server in on this system.
    pub held: Vec<String>,
    naming: Naming,
    _cleanup: Cleanup,
    _held_ports: Vec<HeldPort>,
}

impl Server {
    /// Starts the Apache of this machine with the configuration of `reading`.
    ///
    /// # Errors
    /// There is no Apache, or it refuses the configuration: in its own words.
    pub fn start(read: (&Reading, &Transcript), opened: &Opened) -> Result<Self> {
        let installation = Installation::find()?;
        let mut layout = Layout::new(read, opened, &installation)?;
        layout
            .write()
            .context("cannot write a copy of the configuration")?;
        if let Err(words) = layout.start() {
            let version = &installation.version;
            bail!("{version} does not start with this configuration:\n{words}");
        }
        let (left_out, held) = (layout.left_out(), layout.held());
        let naming = layout.naming();
        Ok(Self {
            http: layout.http,
            https: layout.https,
            version: installation.version.clone(),
            left_out,
            held,
            naming,
            _cleanup: layout.cleanup,
            _held_ports: layout.held_ports,
        })
    }

    /// Where requests of `scheme` come in.
    pub fn listener(&self, scheme: Scheme) -> Option<&Listener> {
        match scheme {
            Scheme::Http => Some(&self.http),
            Scheme::Https => self.https.as_ref(),
        }
    }

    /// What it answers when only files that are there are served: the others are a 404, which an
    /// `ErrorDocument` may turn into something else.
    ///
    /// # Errors
    /// The server went away.
    pub fn answer_from_files(&self, request: &OwnedRequest) -> io::Result<Observed> {
        let mut request = request.clone();
        let header = (b"X-Edgewright-Files".to_vec(), b"yes".to_vec());
        request.headers.push(header);
        self.answer(&request)
    }

    /// What it answers; a request that goes on to the files is served even where none is.
    ///
    /// # Errors
    /// It went away, or nothing listens for the request's scheme.
    pub fn answer(&self, request: &OwnedRequest) -> io::Result<Observed> {
        let nowhere = || io::Error::other("there is no TLS here");
        let listener = self.listener(request.scheme).ok_or_else(nowhere)?;
        let response = wire::exchange(listener, request)?;
        Ok(Observed::of(&response, &self.naming))
    }
}
