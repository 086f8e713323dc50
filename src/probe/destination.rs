//! Where a deployed site answers.
//!
//! In: a URL, an address in place of what DNS says. Out: [`Destination`], which answers requests. Absent: redirects followed,
//! pages: only what comes before them is read.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use edgewright_engine::model::request::Scheme;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::contract::OwnedRequest;
use crate::verify::wire::{Response, to_bytes};

/// Longest wait for a connection or an answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// CloudFront's own answers have less before their page.
const LONGEST_HEAD: usize = 128 * 1024;

/// Where a site answers.
#[derive(Debug, Clone)]
pub struct Destination {
    /// How it is asked.
    pub scheme: Scheme,
    host: String,
    /// Where that is not the scheme's own.
    port: Option<u16>,
    /// What is connected with: a name or an address, and a port.
    address: (String, u16),
    tls: Option<Arc<ClientConfig>>,
}

impl Destination {
    /// The site of `url`; `resolve` is connected with in place of its name, `HOST` or `HOST:PORT`. Over TLS the system's
    /// certificate authorities are trusted, and those of the PEM file `authorities`.
    ///
    /// # Errors
    /// The URL is more than a scheme, a host and a port; a file cannot be read.
    pub fn new(url: &str, resolve: Option<&str>, authorities: Option<&Path>) -> Result<Self> {
        let (scheme, rest) = match url.split_once("://") {
            Some(("https", rest)) => (Scheme::Https, rest),
            Some(("http", rest)) => (Scheme::Http, rest),
            _ => bail!("{url}: give https://HOST or http://HOST"),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.is_empty() || rest.contains(['/', '?', '#', '@']) {
            bail!("{url}: give https://HOST, without a path: requests are made from the rules");
        }
        let usual = match scheme {
            Scheme::Http => 80,
            Scheme::Https => 443,
        };
        let (host, port) = host_and_port(rest)?;
        let port = port.filter(|port| *port != usual);
        let own = port.unwrap_or(usual);
        let address = match resolve.map(host_and_port).transpose()? {
            Some((address, port)) => (address.to_owned(), port.unwrap_or(own)),
            None => (host.to_owned(), own),
        };
        Ok(Self {
            scheme,
            host: host.to_ascii_lowercase(),
            port,
            address,
            tls: match scheme {
                Scheme::Http => None,
                Scheme::Https => Some(Arc::new(client(authorities)?)),
            },
        })
    }

    /// The name of the site.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What goes into `Host`.
    pub fn host_header(&self) -> String {
        let port = self.port.map(|port| format!(":{port}"));
        format!("{}{}", self.host, port.unwrap_or_default())
    }

    /// For a person: `https://www.example.com at d111.cloudfront.net`.
    pub fn to_text(&self) -> String {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        let at = if self.address.0 == self.host {
            String::new()
        } else {
            format!(" at {}:{}", self.address.0, self.address.1)
        };
        format!("{scheme}://{}{at}", self.host_header())
    }

    /// Asks, and reads what comes before the page.
    ///
    /// # Errors
    /// No connection, no answer in time, or an answer that is not HTTP.
    pub fn ask(&self, request: &OwnedRequest) -> io::Result<Response> {
        let (name, port) = (self.address.0.as_str(), self.address.1);
        let mut addresses = (name, port).to_socket_addrs()?;
        let address = addresses
            .next()
            .ok_or_else(|| io::Error::other(format!("{name} has no address")))?;
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let head = match &self.tls {
            None => head(stream, request),
            Some(client) => {
                let name = ServerName::try_from(self.host.clone()).map_err(io::Error::other)?;
                let connection = ClientConnection::new(Arc::clone(client), name);
                let connection = connection.map_err(io::Error::other)?;
                head(StreamOwned::new(connection, stream), request)
            }
        }?;
        Response::parse(&head)
            .ok_or_else(|| io::Error::other(format!("not an HTTP answer: {}", head.escape_ascii())))
    }
}

/// Sends a request and reads to the end of the headers.
fn head(mut stream: impl Read + Write, request: &OwnedRequest) -> io::Result<Vec<u8>> {
    stream.write_all(&to_bytes(request))?;
    stream.flush()?;
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    while bytes.len() < LONGEST_HEAD {
        let length = stream.read(&mut piece)?;
        bytes.extend(piece.iter().take(length));
        let is_whole = bytes.windows(4).any(|window| window == b"\r\n\r\n");
        if length == 0 || is_whole {
            break;
        }
    }
    Ok(bytes)
}

/// `host:443`; an address of IPv6 is in brackets.
fn host_and_port(text: &str) -> Result<(&str, Option<u16>)> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let port = port.map(str::parse).transpose();
    let port = port.with_context(|| format!("{text}: the port is no number"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host.is_empty() {
        bail!("{text}: there is no host");
    }
    Ok((host, port))
}

/// What connects over TLS.
fn client(authorities: Option<&Path>) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(system.certs);
    if let Some(path) = authorities {
        let shown = path.display();
        let certificates = CertificateDer::pem_file_iter(path);
        let certificates = certificates.with_context(|| format!("cannot read {shown}"))?;
        for certificate in certificates {
            roots.add(certificate.with_context(|| format!("{shown}: not a certificate"))?)?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use std::net::TcpListener;
    use std::thread;

    use rcgen::CertifiedKey;
    use rustls::pki_types::PrivateKeyDer;
    use rustls::{ServerConfig, ServerConnection};

    use super::*;

    /// A server for `h.test` with a certificate of its own, which answers so many calls; its address and its certificate.
    fn over_tls(calls: usize) -> (String, String) {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["h.test".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key);
        let config = Arc::new(config.unwrap());
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            for stream in listener.incoming().take(calls).map_while(Result::ok) {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = StreamOwned::new(connection, stream);
                let mut asked = [0; 1024];
                // Whoever does not trust us has gone.
                if stream.read(&mut asked).is_ok() {
                    _ = stream.write_all(b"HTTP/1.1 301 Moved\r\nLocation: /new\r\n\r\npage");
                }
            }
        });
        (address, cert.pem())
    }

    #[test]
    fn a_certificate_has_to_be_trusted_and_of_the_site() {
        let folder = tempfile::tempdir().unwrap();
        let (address, certificate) = over_tls(3);
        let file = folder.path().join("authorities.pem");
        std::fs::write(&file, certificate).unwrap();
        let ask = |host: &str, authorities: Option<&Path>| {
            let url = format!("https://{host}");
            let destination = Destination::new(&url, Some(&address), authorities).unwrap();
            let request = OwnedRequest {
                method: b"GET".to_vec(),
                scheme: Scheme::Https,
                host: Some(host.as_bytes().to_vec()),
                target: b"/old".to_vec(),
                headers: Vec::new(),
                client: Vec::new(),
                protocol: b"HTTP/1.1".to_vec(),
            };
            destination.ask(&request)
        };
        let answer = ask("h.test", Some(&file)).unwrap();
        assert_eq!(
            (answer.status, answer.first("Location")),
            (301, Some(&b"/new"[..]))
        );
        assert!(ask("other.test", Some(&file)).is_err());
        assert!(ask("h.test", None).is_err());
    }

    #[track_caller]
    fn check(url: &str, resolve: Option<&str>, expected: Option<(&str, &str, u16)>) {
        let made = Destination::new(url, resolve, None).ok();
        let made = made.map(|made| (made.host_header(), made.address));
        let expected =
            expected.map(|(host, name, port)| (host.to_owned(), (name.to_owned(), port)));
        assert_eq!(made, expected, "{url} {resolve:?}");
    }

    #[test]
    fn a_site_is_a_scheme_and_a_host() {
        check("http://A.test", None, Some(("a.test", "A.test", 80)));
        check("http://a.test:80/", None, Some(("a.test", "a.test", 80)));
        check("http://a.test:81", None, Some(("a.test:81", "a.test", 81)));
        check("https://a.test", None, Some(("a.test", "a.test", 443)));
        check("https://a.test", Some("d1"), Some(("a.test", "d1", 443)));
        check(
            "https://a.test",
            Some("[::1]:8"),
            Some(("a.test", "::1", 8)),
        );
        check(
            "http://a.test",
            Some("127.0.0.1:9"),
            Some(("a.test", "127.0.0.1", 9)),
        );
        for wrong in [
            "a.test",
            "ftp://a",
            "http://",
            "http://a/b",
            "http://u@a",
            "http://a:b",
            "http://:80",
        ] {
            check(wrong, None, None);
        }
    }
}
