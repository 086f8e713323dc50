//! TLS to a server on loopback that has a certificate of its own, made for this one run.
//!
//! In: a folder. Out: the certificate's files, and what a client needs to trust it and nothing
//! else. Absent: sending.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rcgen::CertifiedKey;
use rustls::pki_types::{IpAddr, Ipv4Addr, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// A certificate for 127.0.0.1, which the client trusts.
#[derive(Debug)]
pub struct Certificate {
    /// The certificate, PEM.
    pub file: PathBuf,
    /// Its private key, PEM; only its owner may read it.
    pub key_file: PathBuf,
    /// What connects to a server with it.
    pub client: Arc<ClientConfig>,
}

impl Certificate {
    /// Makes one and writes it to `folder`.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn new(folder: &Path) -> Result<Self> {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])
                .context("cannot make a certificate")?;
        let (file, key_file) = (folder.join("certificate.pem"), folder.join("key.pem"));
        fs::write(&file, cert.pem())?;
        let mut key = OpenOptions::new();
        let mut key = key
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&key_file)?;
        key.write_all(signing_key.serialize_pem().as_bytes())?;
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            file,
            key_file,
            client: Arc::new(client),
        })
    }
}

/// TLS over `stream`. An address is not sent as a server name, so the `Host` header alone chooses
/// the host, whatever it is.
///
/// # Errors
/// What the TLS library says of its own configuration.
pub fn over(
    stream: TcpStream,
    client: &Arc<ClientConfig>,
) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let loopback = ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([127, 0, 0, 1])));
    let connection =
        ClientConnection::new(Arc::clone(client), loopback).map_err(io::Error::other)?;
    Ok(StreamOwned::new(connection, stream))
}
