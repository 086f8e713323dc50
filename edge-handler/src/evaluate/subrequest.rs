//! Questions the server asks itself (`ap_sub_req_lookup_uri`, `ap_sub_req_lookup_file`).
//!
//! In: a record and a URL or file name. Out: a record of its own, with the status the lookup came
//! to. Absent: running it; a lookup ends at the fixups.

use crate::evaluate::canonical::{
    Canonical, MergeSlashes, Reading, canonical_internal, looked_up, refused,
};
use crate::source::Source;

use super::files::canonical_path;
use super::merge::Merged;
use super::process::Start;
use super::record::{Main, Record};
use super::{Halt, LOOKUP_STEPS, Run, raw_path};
use crate::text::escape::escape_uri;

/// `LimitInternalRecursion`: internal redirects in a row, and depth of subrequests.
const RECURSION_LIMIT: u32 = 10;

impl<'a, S: Source> Run<'a, S> {
    /// Looks up a URL; a relative one starts where the record's own ends.
    pub(super) fn subrequest_uri(
        &mut self,
        record: &Record<'a>,
        url: &[u8],
    ) -> Result<Record<'a>, Halt> {
        let mut new = self.make_sub_request(record);
        let whole = if url.starts_with(b"/") {
            url.to_vec()
        } else {
            full_path(&escape_uri(parent_directory(&record.uri)), url)
        };
        self.count_try(LOOKUP_STEPS, whole.len())?;
        if is_recursion_limit_exceeded(record) {
            new.uri = raw_path(&whole).to_vec();
            new.status = 500;
            return Ok(new);
        }
        match self.canonical_url(&whole) {
            Ok(Canonical { path, query, .. }) => {
                new.uri = path;
                new.args = query;
                new.unparsed = Some(whole);
                self.finish_lookup(new, Start::Url)
            }
            Err(status) => {
                // What could not be read is left as far as it was read.
                let merge = MergeSlashes::of(self.host);
                let (path, query) = refused(&whole, merge, self.host.encoded_slashes);
                new.uri = path;
                new.args = query;
                new.status = status;
                Ok(new)
            }
        }
    }

    /// Looks up a file; a relative name starts in the directory of the record's own.
    pub(super) fn subrequest_file(
        &mut self,
        record: &Record<'a>,
        file: &[u8],
    ) -> Result<Record<'a>, Halt> {
        let mut new = self.make_sub_request(record);
        let directory = parent_directory(record.filename());
        let filename = joined(directory, file);
        let sibling = filename.strip_prefix(directory);
        let sibling = sibling.filter(|name| !name.is_empty() && !name.contains(&b'/'));
        let sibling = sibling.filter(|_| !record.uri.is_empty());
        let uri = sibling.map(|name| full_path(parent_directory(&record.uri), name));
        let merge = MergeSlashes::of(self.host);
        let url = looked_up(
            uri.as_deref().unwrap_or(file),
            merge,
            self.host.encoded_slashes,
        );
        if uri.is_some() {
            new.uri = url.path;
        }
        new.args = url.query;
        new.filename = Some(filename);
        self.count_try(LOOKUP_STEPS, file.len())?;
        if is_recursion_limit_exceeded(record) {
            new.status = 500;
            return Ok(new);
        }
        match url.reading {
            Reading::Done => {}
            Reading::Noted(status) => new.status = status,
            Reading::Ended(status) => {
                new.status = status;
                return Ok(new);
            }
        }
        self.finish_lookup(new, Start::File)
    }

    /// Looks up a file beside the record's own, path info going with it
    /// (`ap_sub_req_lookup_dirent`).
    pub(super) fn subrequest_sibling(
        &mut self,
        record: &Record<'a>,
        filename: &[u8],
    ) -> Result<Record<'a>, Halt> {
        let mut new = self.make_sub_request(record);
        let uri = record.uri.strip_suffix(record.path_info.as_slice());
        let name = &filename[parent_directory(filename).len()..];
        new.uri = [parent_directory(uri.unwrap_or(&record.uri)), name].concat();
        new.uri.extend_from_slice(&record.path_info);
        new.path_info.clone_from(&record.path_info);
        new.args.clone_from(&record.args);
        new.filename = Some(filename.to_vec());
        self.count_try(LOOKUP_STEPS, filename.len())?;
        self.finish_lookup(new, Start::File)
    }

    fn finish_lookup(&mut self, mut new: Record<'a>, start: Start) -> Result<Record<'a>, Halt> {
        if let Err(status) = self.process_request(&mut new, start)? {
            new.status = status;
        }
        Ok(new)
    }

    fn make_sub_request(&self, record: &Record<'a>) -> Record<'a> {
        let mut new = Record::new(b"GET", b"INCLUDED", Merged::new(&self.host.settings));
        new.environment = record.environment.clone();
        new.incoming.clone_from(&record.incoming);
        new.has_script_url = record.has_script_url;
        new.had_script_url = record.had_script_url;
        new.main = Some(Main {
            uri: record.uri.clone(),
            settings: record.settings.clone(),
        });
        new.remembered = record.walks.clone();
        new.redirects = record.redirects;
        new.subrequests = record.subrequests + 1;
        new
    }

    /// A URL made inside the server, read as if a client had sent it.
    pub(super) fn canonical_url(&self, url: &[u8]) -> Result<Canonical, u16> {
        let merge = MergeSlashes::of(self.host);
        canonical_internal(url, merge, self.host.encoded_slashes)
    }
}

/// `ap_is_recursion_limit_exceeded`.
pub(super) fn is_recursion_limit_exceeded(record: &Record<'_>) -> bool {
    record.redirects >= RECURSION_LIMIT || record.subrequests >= RECURSION_LIMIT
}

/// The name of a file in a directory, which need not be absolute as long as nobody walks there
/// (`apr_filepath_merge`).
fn joined(directory: &[u8], file: &[u8]) -> Vec<u8> {
    if file.starts_with(b"/") {
        canonical_path(file)
    } else if directory.starts_with(b"/") {
        canonical_path(&[directory, file].concat())
    } else {
        let below = canonical_path(file);
        [directory, below.strip_prefix(b"/").unwrap_or(&below)].concat()
    }
}

/// A name in a directory, which ends with a slash or is empty: then it is the root (`ap_make_full_path`).
fn full_path(directory: &[u8], name: &[u8]) -> Vec<u8> {
    let root = if directory.is_empty() { &b"/"[..] } else { b"" };
    [root, directory, name].concat()
}

/// Everything up to and including the last slash (`ap_make_dirstr_parent`).
pub(super) fn parent_directory(path: &[u8]) -> &[u8] {
    let slash = path.iter().rposition(|byte| *byte == b'/');
    slash.map_or(b"", |slash| &path[..=slash])
}
