//! What `%{NAME}` holds (`lookup_variable`).
//!
//! In: a name and a record. Out: bytes appended to a buffer, or the news that it cannot be known
//! here. Absent: which names are variables, see `model::variable`; expansion, see `expand`.

use std::borrow::Cow;

use super::symbolic::Unknown;
use crate::model::variable::{Named, TimePart, Variable};
use crate::source::Source;

use super::cookie::CivilTime;
use super::record::Record;
use super::rule::RuleContext;
use super::{Halt, NAMES_A_STEP, Run};

/// `MODULE_MAGIC_NUMBER` of the server this evaluator mirrors, 2.4.71.
const API_VERSION: &[u8] = b"20120211:142";
/// `ServerAdmin` when there is none.
const NO_ADMIN: &[u8] = b"[no address given]";

impl<'a, S: Source> Run<'a, S> {
    /// Appends the value of a variable.
    pub(super) fn lookup_variable(
        &mut self,
        name: &[u8],
        record: &Record<'a>,
        context: &mut RuleContext<'a>,
        out: &mut Vec<u8>,
    ) -> Result<(), Halt> {
        self.spend(1 + self.request.headers.len() / NAMES_A_STEP)?;
        let Some(variable) = Variable::of(name) else {
            return Ok(());
        };
        match variable {
            Variable::Header(header) => self.lookup_header(header, record, context, out),
            Variable::Environment(name) => out.extend(self.environment(name, record)),
            Variable::Tls(name) if self.host.tls => return Err(unknown(&[b"SSL:", name].concat())),
            Variable::AheadUrl(ahead) | Variable::AheadFile(ahead) if record.may_look_ahead() => {
                let found = self.look_ahead(variable, record, context)?;
                self.lookup_variable(ahead, &found, context, out)?;
            }
            Variable::Tls(_) | Variable::AheadUrl(_) | Variable::AheadFile(_) => {}
            Variable::Named(named) => out.extend(self.named_variable(named, record)?),
        }
        Ok(())
    }

    /// The subrequest of `LA-U` or `LA-F`.
    fn look_ahead(
        &mut self,
        variable: Variable<'_>,
        record: &Record<'a>,
        context: &RuleContext<'a>,
    ) -> Result<Record<'a>, Halt> {
        let is_for_file = matches!(variable, Variable::AheadFile(_));
        let path = context.uri.as_slice();
        let Some(directory) = context.directory else {
            return if is_for_file {
                self.subrequest_file(record, path)
            } else {
                self.subrequest_uri(record, path)
            };
        };
        if path.starts_with(b"/") {
            return self.subrequest_uri(record, path);
        }
        if is_for_file {
            return self.subrequest_file(record, &[directory, path].concat());
        }
        let base = record
            .settings
            .rewriting()
            .and_then(|settings| settings.base);
        self.subrequest_uri(record, &[base.unwrap_or(directory), path].concat())
    }

    /// Appends a request header and notes that the answer depends on it (`lookup_header`).
    fn lookup_header(
        &self,
        name: &[u8],
        record: &Record<'a>,
        context: &mut RuleContext<'a>,
        out: &mut Vec<u8>,
    ) {
        if let Some(value) = self.header(name, record) {
            out.extend(value);
            if !name.eq_ignore_ascii_case(b"Host") {
                context.vary_this.push(name.to_vec());
            }
        }
    }

    /// A request header; several of one name are joined, of those that lines have added the first counts.
    pub(super) fn header(&self, name: &[u8], record: &Record<'a>) -> Option<Vec<u8>> {
        match &record.incoming {
            Some(changed) => changed.get(name).map(<[u8]>::to_vec),
            None => self.client_header(name),
        }
    }

    /// A header as the client sent it; several of one name are joined.
    pub(super) fn client_header(&self, name: &[u8]) -> Option<Vec<u8>> {
        if name.eq_ignore_ascii_case(b"Host") {
            self.depends_on(Unknown::Host);
            return self.host_header.clone();
        }
        self.depends_on(Unknown::Header);
        self.request.header(name).map(Cow::into_owned)
    }

    /// An environment variable. `SCRIPT_URL` and `SCRIPT_URI`, which every request carries that the
    /// server's rules have seen, are what the client asked for.
    pub(super) fn environment(&self, name: &[u8], record: &Record<'a>) -> Vec<u8> {
        if let Some(value) = record.environment.get(name) {
            self.reads(value);
            return value.to_vec();
        }
        let (name, is_set) = match name.strip_prefix(b"REDIRECT_") {
            Some(name) => (name, record.had_script_url),
            None => (name, record.has_script_url),
        };
        match name {
            _ if !is_set => Vec::new(),
            b"SCRIPT_URL" => self.canonical.path.clone(),
            b"SCRIPT_URI" => {
                self.depends_on(Unknown::Host);
                self.construct_url(&self.canonical.path, record)
            }
            _ => Vec::new(),
        }
    }

    /// A variable without a colon that is no request header.
    pub(super) fn named_variable(
        &self,
        named: Named,
        record: &Record<'a>,
    ) -> Result<Vec<u8>, Halt> {
        let value = self.variable_value(named, record)?;
        self.reads(&value);
        Ok(value)
    }

    /// Who looks after the server (`server_admin`).
    pub(super) fn admin(&self) -> &'a [u8] {
        match self.host.admin.as_slice() {
            b"" => NO_ADMIN,
            admin => admin,
        }
    }

    fn variable_value(&self, named: Named, record: &Record<'a>) -> Result<Vec<u8>, Halt> {
        let request = self.request;
        if is_about_client(named) {
            self.depends_on(Unknown::Client);
        }
        Ok(match named {
            Named::RequestUri => record.uri.clone(),
            Named::RequestFilename => record.filename().to_vec(),
            Named::PathInfo => record.path_info.clone(),
            Named::QueryString => record.args.clone().unwrap_or_default(),
            Named::RequestMethod => record.method.to_vec(),
            Named::ServerProtocol => record.protocol.to_vec(),
            Named::RequestLine => {
                [request.method, &request.target.line(), request.protocol].join(b" ".as_slice())
            }
            Named::RequestScheme => self.scheme().name().as_bytes().to_vec(),
            Named::Https => on_off(self.host.tls),
            Named::Ipv6 => on_off(is_ipv6(request.client)),
            Named::IsSubrequest => truth(record.main.is_some()),
            Named::ServerName => self.server_name(record),
            Named::ServerPort => self.server_port(record).to_string().into_bytes(),
            Named::ServerAdmin => self.admin().to_vec(),
            Named::ApiVersion => API_VERSION.to_vec(),
            Named::DocumentRoot => self.document_root(record).to_vec(),
            Named::ContextPrefix => context_of(record, |context| &context.prefix, b""),
            Named::ContextDocumentRoot => {
                let root = self.document_root(record);
                context_of(record, |context| &context.document_root, root)
            }
            Named::RemoteAddress => request.client.to_vec(),
            Named::ConnectionAddress => self.connection.to_vec(),
            Named::ServerAddress => known(b"SERVER_ADDR", self.options.server_address.as_deref())?,
            Named::ServerSoftware => {
                known(b"SERVER_SOFTWARE", self.options.server_software.as_deref())?
            }
            Named::ScriptUser | Named::ScriptGroup if record.kind.is_none() => {
                b"<unknown>".to_vec()
            }
            Named::ScriptUser => return Err(unknown(b"SCRIPT_USER")),
            Named::ScriptGroup => return Err(unknown(b"SCRIPT_GROUP")),
            Named::RemoteHost => return Err(unknown(b"REMOTE_HOST")),
            Named::RemotePort => return Err(unknown(b"REMOTE_PORT")),
            // Nobody is known by name here.
            Named::RemoteUser | Named::RemoteIdent | Named::AuthType => Vec::new(),
            Named::Time(part) => self.time_variable(part),
        })
    }

    /// `TIME` and its parts, in the server's time zone.
    fn time_variable(&self, part: TimePart) -> Vec<u8> {
        self.depends_on(Unknown::Time);
        let now = self.options.now;
        let zone = self.site.time_zone.as_ref();
        let offset = zone.map_or(0, |zone| zone.offset_at(now));
        let time = CivilTime::from_epoch(now.saturating_add(offset));
        let (year, month, day) = (time.year, time.month, time.day);
        let (hour, minute, second) = (time.hour, time.minute, time.second);
        match part {
            TimePart::Whole => {
                format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
            }
            TimePart::Year => format!("{year:04}"),
            TimePart::Month => format!("{month:02}"),
            TimePart::Day => format!("{day:02}"),
            TimePart::Hour => format!("{hour:02}"),
            TimePart::Minute => format!("{minute:02}"),
            TimePart::Second => format!("{second:02}"),
            TimePart::Weekday => time.weekday.to_string(),
            TimePart::Nothing => String::new(),
        }
        .into_bytes()
    }
}

/// A variable that cannot be known at the edge.
pub(super) fn unknown(name: &[u8]) -> Halt {
    let name = String::from_utf8_lossy(name);
    Halt::Unsupported(format!("%{{{name}}} cannot be known at the edge"))
}

fn is_about_client(named: Named) -> bool {
    matches!(
        named,
        Named::RemoteAddress
            | Named::ConnectionAddress
            | Named::Ipv6
            | Named::ServerAddress
            | Named::ServerSoftware
    )
}

fn known(name: &[u8], value: Option<&[u8]>) -> Result<Vec<u8>, Halt> {
    value.map(<[u8]>::to_vec).ok_or_else(|| unknown(name))
}

fn context_of<'r>(
    record: &'r Record<'_>,
    part: impl Fn(&'r super::record::Context) -> &'r Vec<u8>,
    otherwise: &[u8],
) -> Vec<u8> {
    let part = record.context.as_ref().map(part);
    part.map_or(otherwise, |part| part.as_slice()).to_vec()
}

fn on_off(on: bool) -> Vec<u8> {
    if on { b"on".to_vec() } else { b"off".to_vec() }
}

fn truth(value: bool) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// An IPv6 address that is not an IPv4 one in disguise.
fn is_ipv6(address: &[u8]) -> bool {
    address.contains(&b':') && !address.to_ascii_lowercase().starts_with(b"::ffff:")
}
