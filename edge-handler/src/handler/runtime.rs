//! A program with what follows from it for each host, found out once.
//!
//! In: a [`Program`]. Out: [`Runtime`]. Absent: the table, and answering.

use crate::artefact::program::{Program, ProgramError};
use crate::evaluate::remote;
use crate::model::normalized::{NormalizedRequest, is_plain_name};
use crate::model::request::Request;
use crate::model::site::{Host, HostId, Site};
use crate::shortcut::host_index::HostIndex;
use crate::shortcut::host_summary::HostSummary;

/// A compiled configuration, ready to answer requests.
#[derive(Debug)]
pub struct Runtime {
    program: Program,
    names: HostIndex,
    /// By host.
    calm: Vec<Option<HostSummary>>,
}

impl Runtime {
    /// Finds out what follows from `program` for each of its hosts.
    pub fn of(program: Program) -> Self {
        let site = program.site();
        let hosts = site.hosts.iter();
        Self {
            names: HostIndex::of(site),
            calm: hosts.map(|host| HostSummary::of(site, host)).collect(),
            program,
        }
    }

    /// Reads a `rules.bin`, and finds out what follows from it.
    ///
    /// # Errors
    /// The bytes are not a whole `rules.bin` of this version.
    pub fn load(bytes: &[u8]) -> Result<Self, ProgramError> {
        Program::load(bytes).map(Self::of)
    }

    /// The generation of the table that the program goes with.
    pub fn generation(&self) -> u64 {
        self.program.generation()
    }

    /// The program that this was made of.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The program again.
    pub fn into_program(self) -> Program {
        self.program
    }

    /// The configuration of the program.
    pub fn site(&self) -> &Site {
        self.program.site()
    }

    /// A host, if it changes headers of requests for an origin.
    pub(super) fn changing(&self, id: HostId) -> Option<&Host> {
        let host = self.site().hosts.get(usize::try_from(id.0).ok()?)?;
        (!host.origin_headers.is_empty()).then_some(host)
    }

    /// The hosts by name.
    pub fn names(&self) -> &HostIndex {
        &self.names
    }

    /// Forgets what was made of records of the program: the compiler asks about all of them.
    pub fn forget(&mut self) {
        self.program.forget();
    }

    /// What has to be asked about a plain request for `host`, where not everything has to.
    pub fn calm(&self, host: HostId) -> Option<&HostSummary> {
        self.calm.get(usize::try_from(host.0).ok()?)?.as_ref()
    }

    /// Reads `request` as a plain one; `None` when it is none.
    pub fn plain<'r>(&self, request: &Request<'r>) -> Option<NormalizedRequest<'r>> {
        NormalizedRequest::of(request, |name| self.named(request, name))
    }

    /// The host of a plain name; `None` when it is none, or where the host does not see the request as it was sent.
    fn named(&self, request: &Request<'_>, name: &[u8]) -> Option<HostId> {
        let site = self.site();
        if let Some(known) = self.names.plain(request.scheme, name) {
            return Some(known);
        }
        let found = is_plain_name(name).then(|| self.names.host(site, request.scheme, name))??;
        let host = site.hosts.get(usize::try_from(found.0).ok()?)?;
        let mut remote = host.remote_ip.iter();
        remote
            .all(|remote| remote::seen(remote, request).is_none())
            .then_some(found)
    }
}
