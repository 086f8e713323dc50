//! `mod_dir`: the slash after a directory, its index, the fallback (`dir_fixups`).
//!
//! In: a record whose file name is known. Out: a [`Verdict`]; an index takes the record's place.
//! Absent: listing a directory.

use crate::model::outcome::ServerEvent;
use crate::model::site::FileKind;
use crate::source::Source;

use super::record::{Handler, OK, Record, Verdict, is_redirect};
use super::url::append_query;
use super::{Halt, Run};
use crate::text::escape::escape_uri;

/// `DirectoryIndex` when there is no directive (`AP_DEFAULT_INDEX`).
const DEFAULT_INDEX: &[u8] = b"index.html";

impl<'a, S: Source> Run<'a, S> {
    pub(super) fn dir_fixups(&mut self, record: &mut Record<'a>) -> Result<Verdict, Halt> {
        match record.kind {
            Some(FileKind::Directory) => self.fixup_dir(record),
            None if record.handler == Handler::Default => self.fixup_dflt(record),
            _ => Ok(Verdict::Decline),
        }
    }

    /// A directory: add the slash, or find its index (`fixup_dir`).
    fn fixup_dir(&mut self, record: &mut Record<'a>) -> Result<Verdict, Halt> {
        if !record.path_info.is_empty() {
            return Ok(Verdict::Decline);
        }
        if !record.uri.ends_with(b"/") {
            return Ok(self.add_slash(record));
        }
        if record.handler == Handler::Redirect {
            return Ok(Verdict::Decline);
        }
        let default = [DEFAULT_INDEX.to_vec()];
        let names = record.settings.directory_index().unwrap_or(&default);
        let mut status = None;
        for name in names {
            match self.try_index(name, record)? {
                Verdict::Status(404 | OK) | Verdict::Decline => {}
                Verdict::Status(other) if is_redirect(other) => return Ok(Verdict::Status(other)),
                // The only candidate decides at once; of several, the last error stays.
                Verdict::Status(other) => status = Some(other),
                Verdict::Accept => return Ok(Verdict::Accept),
            }
        }
        Ok(status.map_or(Verdict::Decline, Verdict::Status))
    }

    fn add_slash(&mut self, record: &mut Record<'a>) -> Verdict {
        if !record.settings.directory_slash() {
            return Verdict::Decline;
        }
        let mut path = escape_uri(&record.uri);
        path.push(b'/');
        append_query(&mut path, record.args.as_deref());
        record.location = Some(self.construct_url(&path, record));
        self.note(record, || ServerEvent::AddedSlash);
        Verdict::Status(301)
    }

    /// Looks one index up. A file takes the place of the directory, a redirect is passed on.
    fn try_index(&mut self, name: &[u8], record: &mut Record<'a>) -> Result<Verdict, Halt> {
        let found = self.look_up(name, record)?;
        if !is_servable(&found) {
            return Ok(pass_on_status(found, record));
        }
        let status = record.settings.index_redirect();
        if is_redirect(status) {
            record.location = Some(self.construct_url(&found.uri, record));
            return Ok(Verdict::Status(status));
        }
        self.note(record, || ServerEvent::TookIndex(found.uri.clone()));
        fast_redirect(found, record);
        Ok(Verdict::Accept)
    }

    /// Nothing on disk: the fallback, if it exists (`fixup_dflt`).
    fn fixup_dflt(&mut self, record: &mut Record<'a>) -> Result<Verdict, Halt> {
        let Some(fallback) = record.settings.fallback() else {
            return Ok(Verdict::Decline);
        };
        let found = self.look_up(fallback, record)?;
        if is_servable(&found) {
            self.note(record, || ServerEvent::TookFallback(found.uri.clone()));
            fast_redirect(found, record);
            return Ok(Verdict::Accept);
        }
        Ok(match pass_on_status(found, record) {
            Verdict::Status(404 | OK) => Verdict::Decline,
            verdict => verdict,
        })
    }

    fn look_up(&mut self, name: &[u8], record: &Record<'a>) -> Result<Record<'a>, Halt> {
        match &record.args {
            Some(args) => self.subrequest_uri(record, &[name, b"?", args].concat()),
            None => self.subrequest_uri(record, name),
        }
    }
}

/// May a looked-up record answer?
fn is_servable(found: &Record<'_>) -> bool {
    let is_file = matches!(found.kind, Some(FileKind::File | FileKind::Empty));
    found.status == OK && (is_file || found.handler == Handler::Proxy)
}

/// The status of a lookup that failed; the `Location` of a redirect comes with it.
fn pass_on_status(found: Record<'_>, record: &mut Record<'_>) -> Verdict {
    if is_redirect(found.status) {
        record.location = found.location;
    }
    Verdict::Status(found.status)
}

/// The subrequest takes the request's place (`ap_internal_fast_redirect`).
pub(super) fn fast_redirect<'a>(found: Record<'a>, record: &mut Record<'a>) {
    record.uri = found.uri;
    record.filename = found.filename;
    record.path_info = found.path_info;
    record.args = found.args;
    record.kind = found.kind;
    record.file_type.take_place(found.file_type);
    record.handler = found.handler;
    record.form = found.form;
    record.settings = found.settings;
    record.environment = found.environment;
    record.add_vary(found.vary);
}
