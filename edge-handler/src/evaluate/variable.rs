//! What `%{NAME}` holds (`lookup_variable`).
//!
//! In: a name and a record. Out: bytes appended to a buffer, or the news that it cannot be known
//! here. Which variables those are is decided in this file only. Absent: expansion; see `expand`.

use crate::model::subject::{header_of, kind_end};
use std::borrow::Cow;

use crate::source::{Source, Unknown};

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
        if name.len() < 4 {
            return Ok(());
        }
        if let Some((kind, rest)) = split_kind(name) {
            return self.lookup_kind(&kind, rest, record, context, out);
        }
        let name = name.to_ascii_uppercase();
        if let Some(header) = header_of(&name) {
            self.lookup_header(header, context, out);
            return Ok(());
        }
        out.extend(self.plain_variable(&name, record)?);
        Ok(())
    }

    /// Variables with a colon: `ENV:`, `HTTP:`, `SSL:`, `LA-U:`, `LA-F:`.
    fn lookup_kind(
        &mut self,
        kind: &[u8],
        rest: &[u8],
        record: &Record<'a>,
        context: &mut RuleContext<'a>,
        out: &mut Vec<u8>,
    ) -> Result<(), Halt> {
        match kind {
            _ if rest.is_empty() => {}
            b"ENV" => out.extend(self.environment(rest, record)),
            b"SSL" if self.host.tls => return Err(unknown(&[b"SSL:", rest].concat())),
            b"HTTP" => self.lookup_header(rest, context, out),
            b"LA-U" | b"LA-F" if record.may_look_ahead() => {
                let ahead = self.look_ahead(kind, record, context)?;
                self.lookup_variable(rest, &ahead, context, out)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The subrequest of `LA-U` or `LA-F`.
    fn look_ahead(
        &mut self,
        kind: &[u8],
        record: &Record<'a>,
        context: &RuleContext<'a>,
    ) -> Result<Record<'a>, Halt> {
        let path = context.uri.as_slice();
        let Some(directory) = context.directory else {
            return if kind == b"LA-U" {
                self.subrequest_uri(record, path)
            } else {
                self.subrequest_file(record, path)
            };
        };
        if path.starts_with(b"/") {
            return self.subrequest_uri(record, path);
        }
        if kind == b"LA-F" {
            return self.subrequest_file(record, &[directory, path].concat());
        }
        let base = record
            .settings
            .rewriting()
            .and_then(|settings| settings.base);
        self.subrequest_uri(record, &[base.unwrap_or(directory), path].concat())
    }

    /// Appends a request header and notes that the answer depends on it (`lookup_header`).
    fn lookup_header(&self, name: &[u8], context: &mut RuleContext<'a>, out: &mut Vec<u8>) {
        if let Some(value) = self.header(name) {
            out.extend(value);
            if !name.eq_ignore_ascii_case(b"Host") {
                context.vary_this.push(name.to_vec());
            }
        }
    }

    /// A request header; several of one name are joined.
    pub(super) fn header(&self, name: &[u8]) -> Option<Vec<u8>> {
        if name.eq_ignore_ascii_case(b"Host") {
            self.source.looks_at(Unknown::Host);
            return self.host_header.clone();
        }
        self.source.looks_at(Unknown::Header);
        self.request.header(name).map(Cow::into_owned)
    }

    /// An environment variable. `SCRIPT_URL` and `SCRIPT_URI`, which every request carries that the
    /// server's rules have seen, are what the client asked for.
    pub(super) fn environment(&self, name: &[u8], record: &Record<'a>) -> Vec<u8> {
        if let Some(value) = record.environment.get(name) {
            self.source.reads(value);
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
                self.source.looks_at(Unknown::Host);
                self.construct_url(&self.canonical.path, record)
            }
            _ => Vec::new(),
        }
    }

    /// Variables without a colon, in upper case. An unknown name is empty.
    pub(super) fn plain_variable(&self, name: &[u8], record: &Record<'a>) -> Result<Vec<u8>, Halt> {
        let value = self.variable_value(name, record)?;
        self.source.reads(&value);
        Ok(value)
    }

    fn variable_value(&self, name: &[u8], record: &Record<'a>) -> Result<Vec<u8>, Halt> {
        let request = self.request;
        if is_about_client(name) {
            self.source.looks_at(Unknown::Client);
        }
        Ok(match name {
            b"REQUEST_URI" => record.uri.clone(),
            b"REQUEST_FILENAME" | b"SCRIPT_FILENAME" => record.filename().to_vec(),
            b"PATH_INFO" => record.path_info.clone(),
            b"QUERY_STRING" => record.args.clone().unwrap_or_default(),
            b"REQUEST_METHOD" => record.method.to_vec(),
            b"SERVER_PROTOCOL" => record.protocol.to_vec(),
            b"THE_REQUEST" => {
                [request.method, request.target, request.protocol].join(b" ".as_slice())
            }
            b"REQUEST_SCHEME" => self.scheme().name().as_bytes().to_vec(),
            b"HTTPS" => on_off(self.host.tls),
            b"IPV6" => on_off(is_ipv6(request.client)),
            b"IS_SUBREQ" => truth(record.main.is_some()),
            b"SERVER_NAME" => self.server_name(record),
            b"SERVER_PORT" => self.server_port(record).to_string().into_bytes(),
            b"SERVER_ADMIN" if self.host.admin.is_empty() => NO_ADMIN.to_vec(),
            b"SERVER_ADMIN" => self.host.admin.clone(),
            b"API_VERSION" => API_VERSION.to_vec(),
            b"DOCUMENT_ROOT" => self.document_root(record).to_vec(),
            b"CONTEXT_PREFIX" => context_of(record, |context| &context.prefix, b""),
            b"CONTEXT_DOCUMENT_ROOT" => {
                let root = self.document_root(record);
                context_of(record, |context| &context.document_root, root)
            }
            b"REMOTE_ADDR" => request.client.to_vec(),
            b"CONN_REMOTE_ADDR" => self.connection.to_vec(),
            b"SERVER_ADDR" => known(name, self.options.server_address.as_deref())?,
            b"SERVER_SOFTWARE" => known(name, self.options.server_software.as_deref())?,
            b"SCRIPT_USER" | b"SCRIPT_GROUP" if record.kind.is_none() => b"<unknown>".to_vec(),
            b"REMOTE_HOST" | b"REMOTE_PORT" | b"SCRIPT_USER" | b"SCRIPT_GROUP" => {
                return Err(unknown(name));
            }
            _ => self.time_variable(name),
        })
    }

    /// `TIME` and its parts, in the server's time zone.
    fn time_variable(&self, name: &[u8]) -> Vec<u8> {
        if name.starts_with(b"TIME") {
            self.source.looks_at(Unknown::Time);
        }
        let now = self.options.now;
        let zone = self.site.time_zone.as_ref();
        let offset = zone.map_or(0, |zone| zone.offset_at(now));
        let time = CivilTime::from_epoch(now.saturating_add(offset));
        let (year, month, day) = (time.year, time.month, time.day);
        let (hour, minute, second) = (time.hour, time.minute, time.second);
        match name {
            b"TIME" => format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}"),
            b"TIME_YEAR" => format!("{year:04}"),
            b"TIME_MON" => format!("{month:02}"),
            b"TIME_DAY" => format!("{day:02}"),
            b"TIME_HOUR" => format!("{hour:02}"),
            b"TIME_MIN" => format!("{minute:02}"),
            b"TIME_SEC" => format!("{second:02}"),
            b"TIME_WDAY" => time.weekday.to_string(),
            // REMOTE_USER, REMOTE_IDENT and AUTH_TYPE are empty too: nobody is known by name here.
            _ => String::new(),
        }
        .into_bytes()
    }
}

/// Variables without a colon that are neither request headers nor parts of the time.
const PLAIN: [&[u8]; 29] = [
    b"API_VERSION",
    b"AUTH_TYPE",
    b"CONN_REMOTE_ADDR",
    b"CONTEXT_DOCUMENT_ROOT",
    b"CONTEXT_PREFIX",
    b"DOCUMENT_ROOT",
    b"HTTPS",
    b"IPV6",
    b"IS_SUBREQ",
    b"PATH_INFO",
    b"QUERY_STRING",
    b"REMOTE_ADDR",
    b"REMOTE_HOST",
    b"REMOTE_IDENT",
    b"REMOTE_PORT",
    b"REMOTE_USER",
    b"REQUEST_FILENAME",
    b"REQUEST_METHOD",
    b"REQUEST_SCHEME",
    b"REQUEST_URI",
    b"SCRIPT_FILENAME",
    b"SCRIPT_GROUP",
    b"SCRIPT_USER",
    b"SERVER_ADDR",
    b"SERVER_ADMIN",
    b"SERVER_NAME",
    b"SERVER_PORT",
    b"SERVER_PROTOCOL",
    b"SERVER_SOFTWARE",
];

/// Is there a variable of that name? One that does not exist is empty, whatever the request.
pub fn is_variable(name: &[u8]) -> bool {
    if let Some((kind, rest)) = split_kind(name) {
        return matches!(kind.as_slice(), b"ENV" | b"SSL" | b"HTTP")
            || matches!(kind.as_slice(), b"LA-U" | b"LA-F") && is_variable(rest);
    }
    let name = name.to_ascii_uppercase();
    PLAIN.contains(&name.as_slice())
        || header_of(&name).is_some()
        || name == b"THE_REQUEST"
        || name == b"TIME"
        || name.starts_with(b"TIME_")
}

/// The part before the colon, in upper case, and the part after it.
fn split_kind(name: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let at = kind_end(name)?;
    Some((name[..at].to_ascii_uppercase(), &name[at + 1..]))
}

/// A variable that cannot be known at the edge.
pub(super) fn unknown(name: &[u8]) -> Halt {
    let name = String::from_utf8_lossy(name);
    Halt::Unsupported(format!("%{{{name}}} cannot be known at the edge"))
}

fn is_about_client(name: &[u8]) -> bool {
    matches!(
        name,
        b"REMOTE_ADDR" | b"CONN_REMOTE_ADDR" | b"IPV6" | b"SERVER_ADDR" | b"SERVER_SOFTWARE"
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

#[cfg(test)]
mod tests {
    use super::is_variable;

    #[test]
    fn variables_are_known_by_name() {
        let known = [
            "HTTPS",
            "https",
            "HTTP_HOST",
            "THE_REQUEST",
            "TIME",
            "TIME_X",
            "ENV:x",
        ];
        let ahead = ["LA-U:HTTPS", "la-f:ENV:x", "HTTP:X-Any", "SSL:SSL_CIPHER"];
        for name in known.into_iter().chain(ahead) {
            assert!(is_variable(name.as_bytes()), "{name}");
        }
        for name in ["HTTP_X", "TIMES", "LA-U:NONE", "ANY:x", ""] {
            assert!(!is_variable(name.as_bytes()), "{name}");
        }
    }
}
