//! The example site `examples/legacy-site`, on a real Apache.
//!
//! In: nothing. Out: its folder, its requests, a running server with it. Absent: its rules.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::apache::{Apache, ServerRoot, Serving, loopback};
use crate::contract::{Line, requests};
use crate::wire::Request;

/// The folder.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/legacy-site")
}

/// The name a request without host is for.
pub const DEFAULT_HOST: &str = "harbourbooks.example";

/// Its requests, each with the line it was written as.
///
/// # Errors
/// The file is not there, or not as the contract asks.
pub fn written_requests() -> io::Result<Vec<(String, Request)>> {
    let text = fs::read_to_string(folder().join("requests.jsonl"))?;
    let read = requests(&text, DEFAULT_HOST)?;
    Ok(text.lines().map(str::to_owned).zip(read).collect())
}

/// The site on a server of its own.
#[derive(Debug)]
pub struct LegacySite {
    apache: Apache,
    document_roots: Vec<String>,
}

impl LegacySite {
    /// Copies the site and starts a server with it.
    ///
    /// # Errors
    /// The copy fails, or Apache refuses it.
    pub fn start() -> io::Result<Self> {
        let root = ServerRoot::new()?;
        copy(&folder(), root.path())?;
        let port = ServerRoot::free_port()?;
        let config = fs::read_to_string(root.path().join("httpd.conf"))?
            .replace(
                "Define HTTP_ADDRESS *",
                &format!("Define HTTP_ADDRESS {}", loopback(0)),
            )
            .replace("Define HTTP_PORT 80", &format!("Define HTTP_PORT {port}"))
            // The server of the tests has brought a module for processes of its own.
            .replace("!mpm_event_module", "!mpm_prefork_module");
        let config = format!("Define EDGEWRIGHT_TEST\n{config}");
        let root_of = |name| root.path().join("htdocs").join(name).display().to_string();
        let document_roots = ["www", "shop"].map(root_of).to_vec();
        let apache = root.start(config, &[loopback(0)], port, Serving::Everything)?;
        Ok(Self {
            apache,
            document_roots,
        })
    }

    /// What the server answers.
    ///
    /// # Errors
    /// The server went away.
    pub fn answer(&self, request: &Request) -> io::Result<Line> {
        let answer = self.apache.answer(loopback(0), request)?;
        Ok(Line::from_apache(&answer, &self.document_roots))
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir_all(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
