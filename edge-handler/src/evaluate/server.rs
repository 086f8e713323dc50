//! Rewriting in server context (`hook_uri2file`).
//!
//! In: a record before its URL-path is mapped to a file. Out: a [`Verdict`], the record changed.
//! Absent: rewriting in a directory; see `directory`.

use crate::artefact::rule::RuleView;
use crate::model::outcome::Refusal;
use crate::model::rules::RuleFlags;
use crate::model::site::RewriteOptions;
use crate::source::Source;

use super::files::join_below;
use super::list::{Action, PASS_THROUGH, Rules};
use super::record::{Handler, OK, Record, UrlForm, Verdict, is_redirect};
use super::rule::PROXY;
use super::{Halt, Run};
use crate::text::escape::{escape_absolute_uri, escape_uri, is_absolute_uri, is_clean};

impl<'a, S: Source> Run<'a, S> {
    pub(super) fn hook_uri2file(&mut self, record: &mut Record<'a>) -> Result<Verdict, Halt> {
        let Some(directory) = record.settings.rewriting() else {
            return Ok(Verdict::Decline);
        };
        let Some(server) = self.host.rewrite.as_ref() else {
            return Ok(Verdict::Decline);
        };
        if !directory.enabled() || record.ended {
            return Ok(Verdict::Decline);
        }
        let any_uri = directory.options().contains(RewriteOptions::ALLOW_ANY_URI);
        if !any_uri && !record.uri.starts_with(b"/") {
            return Ok(Verdict::Decline);
        }
        record.has_script_url |= record.main.is_none();
        let original = record.args.clone();
        if record.filename.is_none() {
            record.filename = Some(record.uri.clone());
        }
        let sets = [server.rules];
        let result = self.apply_rewrite_list(record, Rules::new(&sets), None)?;
        if result.action == Action::Unchanged {
            return Ok(Verdict::Decline);
        }
        if refuses_query(record, result.action) {
            self.note_refusal(record, 403, Refusal::EncodedQuestionMark);
            return Ok(Verdict::Status(403));
        }
        if let Some(verdict) = requested_status(record, result.action) {
            return Ok(verdict);
        }
        if record.filename().starts_with(PROXY) {
            go_ahead_with_proxy(record, result.action);
            return Ok(Verdict::Accept);
        }
        if is_absolute_uri(record.filename()).is_some() {
            return Ok(redirect(record, result.action, original.as_deref()));
        }
        if let Some(uri) = record.filename().strip_prefix(PASS_THROUGH) {
            record.uri = uri.to_vec();
            return Ok(Verdict::Decline);
        }
        Ok(self.go_ahead_locally(record, server.options, result.last))
    }

    /// The end of `hook_uri2file`: the result is a file, or a URL-path below the document root.
    fn go_ahead_locally(
        &mut self,
        record: &mut Record<'a>,
        options: RewriteOptions,
        last: Option<RuleView<'_>>,
    ) -> Verdict {
        expand_tildepaths(record);
        if !record.filename().starts_with(b"/") {
            return Verdict::Status(400);
        }
        let last = last.filter(|_| !options.contains(RewriteOptions::UNSAFE_PREFIX_STAT));
        let is_file = self.prefix_stat(record, last);
        let legacy = options.contains(RewriteOptions::LEGACY_PREFIX_DOC_ROOT);
        if is_file && (legacy || !record.reduced) {
            return Verdict::Accept;
        }
        let path = record.filename().to_vec();
        self.core_translate(record, &path)
    }

    /// Does the path name a file rather than a URL-path (`prefix_stat`)? Its first part must
    /// exist, and the rule must have meant it: by its own text, a flag, or the document root.
    fn prefix_stat(&mut self, record: &Record<'_>, last: Option<RuleView<'_>>) -> bool {
        let path = record.filename();
        let slashes = path.iter().take_while(|byte| **byte == b'/').count();
        let first = path[slashes..].split(|byte| *byte == b'/').next();
        let first = first.unwrap_or_default();
        if first.len() > 255 {
            return false;
        }
        // Above the root is the root (`apr_filepath_merge`).
        let prefix = if matches!(first, b"." | b"..") {
            b"/".to_vec()
        } else {
            [b"/", first].concat()
        };
        if self.top_level(&prefix).is_none() {
            return false;
        }
        let Some(rule) = last else {
            return true;
        };
        let context = record
            .context
            .as_ref()
            .map(|context| &context.document_root);
        rule.flags.contains(RuleFlags::UNSAFE_PREFIX_STAT)
            || rule.substitution().source().starts_with(&prefix)
            || path.starts_with(self.document_root(record))
            || context.is_some_and(|root| path.starts_with(root))
    }

    /// Maps a URL-path below the document root (`ap_core_translate`).
    pub(super) fn core_translate(&self, record: &mut Record<'a>, uri: &[u8]) -> Verdict {
        if record.handler == Handler::Proxy {
            return Verdict::Status(403);
        }
        if !uri.starts_with(b"/") && uri != b"*" {
            return Verdict::Status(400);
        }
        match join_below(self.document_root(record), uri) {
            Some(filename) => {
                record.filename = Some(filename);
                Verdict::Accept
            }
            None => Verdict::Status(403),
        }
    }
}

/// `/~user` at the beginning becomes a home directory (`expand_tildepaths`). Of the user database
/// only the one user that every system has is known here.
fn expand_tildepaths(record: &mut Record<'_>) {
    let rest = record.filename().strip_prefix(b"/~root");
    if let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with(b"/")) {
        record.filename = Some([b"/root", rest].concat());
    }
}

/// Is the query string refused? A status that the rules came to stays with the record then.
pub(super) fn refuses_query(record: &mut Record<'_>, action: Action) -> bool {
    let is_refused = has_unsafe_query(record, action);
    if is_refused && let Action::Status(status) | Action::Refused(status) = action {
        record.status = status;
    }
    is_refused
}

/// A query string with spaces or control characters that nothing will escape (AH10410).
fn has_unsafe_query(record: &Record<'_>, action: Action) -> bool {
    let will_escape = is_absolute_uri(record.filename()).is_some() && action != Action::NoEscape;
    let is_bad = |byte: &u8| *byte <= b' ' || *byte == 0x7f;
    !will_escape
        && record
            .args
            .as_deref()
            .unwrap_or_default()
            .iter()
            .any(is_bad)
}

/// The status a rule asked for, or has brought about; only the latter stays with the record. Status
/// 0, of `R=word`, is the number of "all done".
pub(super) fn requested_status(record: &mut Record<'_>, action: Action) -> Option<Verdict> {
    let (status, left) = match action {
        Action::Status(status) => (status, OK),
        Action::Refused(status) => (status, status),
        Action::Unchanged | Action::Normal | Action::NoEscape => return None,
    };
    record.status = left;
    Some(if status == 0 {
        Verdict::Accept
    } else {
        Verdict::Status(status)
    })
}

/// Hands the request to the proxy: path info and, when it is not to be escaped, the query string
/// become part of the URL.
pub(super) fn go_ahead_with_proxy(record: &mut Record<'_>, action: Action) {
    record.form = if action == Action::NoEscape {
        UrlForm::Unescaped
    } else {
        UrlForm::Escaped
    };
    record.handler = Handler::Proxy;
}

/// An external redirect to the absolute URL that rewriting arrived at.
pub(super) fn redirect(
    record: &mut Record<'_>,
    action: Action,
    original: Option<&[u8]>,
) -> Verdict {
    let args = record.args.as_deref();
    let url = location(record.filename().to_vec(), args, original, action);
    let status = if is_redirect(record.status) {
        record.status
    } else {
        302
    };
    if is_redirect(record.status) {
        record.status = OK;
    }
    record.location = Some(url.clone());
    record.filename = Some(url);
    Verdict::Status(status)
}

/// The `Location` for the absolute URL that rewriting arrived at. `args` is the query string,
/// `original` the one that the client sent.
pub(crate) fn location(
    url: Vec<u8>,
    args: Option<&[u8]>,
    original: Option<&[u8]>,
    action: Action,
) -> Vec<u8> {
    let no_escape = action == Action::NoEscape;
    let mut location = match is_absolute_uri(&url) {
        Some(scheme) if !no_escape && !is_clean(&url) => {
            escape_absolute_uri(&url, scheme.scheme_len)
        }
        _ => url,
    };
    if let Some(args) = args {
        location.push(b'?');
        if no_escape || original == Some(args) {
            location.extend_from_slice(args);
        } else {
            location.extend(escape_uri(args));
        }
    }
    location
}
