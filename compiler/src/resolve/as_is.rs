//! Files that say their answer themselves (`send-as-is` of `mod_asis`): which there may be, and what they say.
//!
//! In: lines about handlers, and the files of document roots. Out: what the files say, in the site, and diagnostics where
//! that is not known. Absent: which files have the handler for a request; the evaluator finds that out.

use std::collections::BTreeSet;

use edgewright_engine::model::site::as_is::is_as_is;
use edgewright_engine::model::site::mime::Extension;
use edgewright_engine::model::site::{AsIs, FileKind, PathMatcher, SectionKind, Settings, Traits};
use edgewright_parser::source::Span;

use super::Resolver;
use super::types::{extensions_of, name_of};
use super::unfollowed::{note, warning};
use super::walk::Target;

/// The part of a file that is looked at, in bytes: the longest line that Apache reads as one (`MAX_STRING_LEN`).
const LONGEST_HEAD: usize = 8_190;
/// How many files are read.
const MOST_FILES: usize = 2_000;

/// A line that names the handler.
pub(crate) struct AsIsLine {
    span: Span,
    /// The directory that it is for; `None` where it may be any.
    directory: Option<Vec<u8>>,
}

impl Resolver<'_> {
    /// Notes a line that names the handler, or that changes which files have it.
    pub(crate) fn note_as_is(
        &mut self,
        name: &[u8],
        words: &[&[u8]],
        span: Span,
        target: &mut Target<'_>,
    ) {
        let first = words.first().copied().unwrap_or_default();
        match name {
            b"addhandler" | b"sethandler" if is_as_is(first) => {
                let directory = target.scope().directory.clone();
                self.as_is_lines.push(AsIsLine { span, directory });
            }
            b"modmimeusepathinfo" if first.eq_ignore_ascii_case(b"on") => {
                self.path_info_lines.push(span);
            }
            _ => {}
        }
    }

    /// Reads the files that may have the handler, where there are any.
    pub(crate) fn read_as_is(&mut self) {
        let lines = std::mem::take(&mut self.as_is_lines);
        if lines.is_empty() || !self.reader.modules.may_have("mod_asis") {
            return;
        }
        self.site.traits |= Traits::SENDS_AS_IS;
        let are_read = self.read_files_as_is();
        for line in lines {
            self.report_as_is(&line, are_read);
        }
        let change = "it changes which files have a handler, which is not followed";
        for span in std::mem::take(&mut self.path_info_lines) {
            self.say(warning(change, span));
        }
    }

    /// Says what is not sent of such files, or that nobody has read them.
    fn report_as_is(&mut self, line: &AsIsLine, are_read: bool) {
        let known = |directory: &[u8]| self.site.tree.is_known(directory);
        let mut hosts = self.site.hosts.iter();
        let are_known = match line.directory.as_deref() {
            Some(directory) if directory.starts_with(b"/") && known(bare(directory)) => true,
            _ => hosts.all(|host| known(bare(&host.document_root))),
        };
        self.say(if are_known && are_read {
            let change = "of a file that is sent as it is the edge sends status and `Location`, and nothing else";
            note(change, line.span)
        } else {
            let change = "Apache answers by what is in such a file, which is not read";
            warning(change, line.span).help("`--docroot` says where the files are")
        });
    }

    /// Puts what the files say into the site; false where one is not understood, or not read.
    fn read_files_as_is(&mut self) -> bool {
        let candidates = self.candidates();
        let mut all = candidates.len() <= MOST_FILES;
        for path in candidates.into_iter().take(MOST_FILES) {
            let local = self.reader.files.local(&path);
            let head = self.reader.files.loader.head(&local, LONGEST_HEAD);
            let said = head.ok().and_then(|head| said(&head));
            all &= said.is_some();
            if let Some(said) = said {
                self.site.tree.as_is.insert(path, said);
            }
        }
        all
    }

    /// The names of files for which `SetHandler` names the handler, and whether it does so for other files.
    fn named_for_all(&self) -> (BTreeSet<Vec<u8>>, bool) {
        let mut hosts = self.site.hosts.iter();
        let mut any = hosts.any(|host| names_for_all(&host.settings));
        let mut names = BTreeSet::new();
        let sections = self.site.sections.iter();
        for section in sections.filter(|section| names_for_all(&section.settings)) {
            match &section.kind {
                SectionKind::Files(PathMatcher::Plain(name)) => {
                    names.insert(name.clone());
                }
                _ => any = true,
            }
        }
        (names, any)
    }

    /// The files that may have the handler: those with an extension, or all where a section or a host names it for all.
    fn candidates(&mut self) -> Vec<Vec<u8>> {
        let mut extensions = BTreeSet::new();
        let (names, any) = self.named_for_all();
        for settings in self.all_settings() {
            let known = settings.mime.iter().flat_map(|mime| &mime.extensions);
            let sends_as_is = |own: &Extension| own.handler.as_deref().is_some_and(is_as_is);
            let sending = known.filter(|(_, own)| sends_as_is(own));
            extensions.extend(sending.map(|(extension, _)| extension.clone()));
        }
        let files = self.site.tree.entries.iter();
        let files = files.filter(|(path, kind)| {
            **kind != FileKind::Directory
                && (any
                    || names.contains(name_of(path))
                    || extensions_of(path).any(|own| extensions.contains(&own)))
        });
        files.map(|(path, _)| path.clone()).collect()
    }
}

/// Does a section, or a host, name the handler for all its files?
fn names_for_all(settings: &Settings) -> bool {
    let forced = settings.negotiation.as_deref();
    let handler = forced.and_then(|forced| forced.handler.as_deref());
    handler.is_some_and(is_as_is)
}

fn bare(directory: &[u8]) -> &[u8] {
    directory.strip_suffix(b"/").unwrap_or(directory)
}

/// What the header lines at the beginning of a file say (`ap_scan_script_header_err_core_ex`). Reading stops at an empty
/// line, at one without a colon, and at the end; what was read until then holds. `None` where it cannot be told, or would
/// be no answer.
fn said(head: &[u8]) -> Option<AsIs> {
    let mut said = AsIs::default();
    let is_cut = head.len() >= LONGEST_HEAD;
    for (at, whole) in head.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let line = line_of(whole);
        let colon = line.iter().position(|byte| *byte == b':');
        if is_cut && !whole.ends_with(b"\n") && (at > 0 || colon.is_some()) {
            // The rest of the line is not here.
            return None;
        }
        let Some(colon) = colon else {
            break;
        };
        let (name, value) = (&line[..colon], skip_space(&line[colon + 1..]));
        if name.eq_ignore_ascii_case(b"Status") {
            said.status = Some(status(value)?);
        } else if name.eq_ignore_ascii_case(b"Location") {
            said.location = Some(value.to_vec());
        }
    }
    Some(said)
}

/// The line as Apache sees it: up to a byte 0, or without its end.
fn line_of(whole: &[u8]) -> &[u8] {
    if let Some(end) = whole.iter().position(|byte| *byte == 0) {
        return whole.get(..end).unwrap_or_default();
    }
    match whole.strip_suffix(b"\n") {
        Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
        None => whole,
    }
}

/// `isspace` of the C locale.
fn skip_space(value: &[u8]) -> &[u8] {
    let space = value
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'..=b'\r'));
    value.get(space.count()..).unwrap_or_default()
}

/// `atoi`, for what ends a request.
fn status(value: &[u8]) -> Option<u16> {
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit());
    let digits = value.get(..digits.count())?;
    let status = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (200..600).contains(&status).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_HEAD, said};

    /// `301 http://x.test/`, `- -`, or `unknown`.
    fn check(head: &str, expected: &str) {
        let shown = said(head.as_bytes()).map(|said| {
            let status = said.status.map(|status| status.to_string());
            let location = said.location.as_deref().map(String::from_utf8_lossy);
            format!(
                "{} {}",
                status.as_deref().unwrap_or("-"),
                location.as_deref().unwrap_or("-")
            )
        });
        assert_eq!(shown.as_deref().unwrap_or("unknown"), expected, "{head:?}");
    }

    #[test]
    fn headers_are_read_as_apache_does() {
        check("", "- -");
        check(
            "Status: 301 Moved\r\nLocation: /a\r\n\r\nStatus: 302",
            "301 /a",
        );
        check("Status: 301\nLocation:\t /a \n", "301 /a ");
        check("STATUS:410Gone\nx\nLocation: /a\n", "410 -");
        check("Status : 301\nlocation: /a\nLocation: /b", "- /b");
        check("Location:\n\n", "- ");
        check("Location: /\r", "- /\r");
        check("Status: x\n\n", "unknown");
        check("Status: 99\n\n", "unknown");
        check("Status: 101\n\n", "unknown");
        check("Status: 600\n\n", "unknown");
        check("Status: 99999999\n\n", "unknown");
        check("Location: /\0x\r\nStatus: 410\n", "410 /");
        check("\0\nStatus: 410\n", "- -");
    }

    #[test]
    fn a_header_that_is_cut_off_is_unknown() {
        let long = "a".repeat(LONGEST_HEAD);
        check(&format!("Location: /\n\n{long}")[..LONGEST_HEAD], "- /");
        check(&format!("Location: /{long}")[..LONGEST_HEAD], "unknown");
        check(&long, "- -");
        check(&format!("Status: 410\n{long}")[..LONGEST_HEAD], "unknown");
    }
}
