//! Rewriting in per-directory context (`hook_fixup`).
//!
//! In: a record whose file name is known. Out: a [`Verdict`]; a local result is marked for an
//! internal redirect. Absent: rewriting in server context; see `server`.

use crate::model::outcome::{Event, Refusal};
use crate::model::site::RewriteOptions;
use crate::source::Source;

use super::list::{Action, PASS_THROUGH, Rules};
use super::merge::Rewriting;
use super::record::{Handler, Record, Verdict};
use super::rule::PROXY;
use super::server::{go_ahead_with_proxy, redirect, refuses_query, requested_status};
use super::{Halt, Run};
use crate::text::escape::is_absolute_uri;

/// Marks a name that is the URL of an internal redirect.
pub(super) const REDIRECT: &[u8] = b"redirect:";

impl<'a, S: Source> Run<'a, S> {
    pub(super) fn hook_fixup(&mut self, record: &mut Record<'a>) -> Result<Verdict, Halt> {
        let Some(settings) = record.settings.rewriting() else {
            return Ok(Verdict::Decline);
        };
        let Some(directory) = settings.directory else {
            return Ok(Verdict::Decline);
        };
        if !settings.enabled() || is_without_slash(record, &settings, directory) || record.ended {
            return Ok(Verdict::Decline);
        }
        if !record.settings.symlinks() {
            self.note_refusal(record, 403, Refusal::WithoutLinks);
            return Ok(Verdict::Status(403));
        }
        let original_name = record.filename.clone();
        let original_args = record.args.clone();
        let rules = Rules::new(&settings.rules);
        let result = self.apply_rewrite_list(record, rules, Some(directory))?;
        if result.action == Action::Unchanged {
            record.filename = original_name;
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
            replace_prefix_in_url(record, &settings, directory);
            return Ok(redirect(record, result.action, original_args.as_deref()));
        }
        Ok(self.start_internal_redirect(record, &settings, directory, original_name.as_deref()))
    }

    /// A local result becomes the URL of an internal redirect, unless nothing changed.
    fn start_internal_redirect(
        &mut self,
        record: &mut Record<'a>,
        settings: &Rewriting<'a>,
        directory: &[u8],
        original: Option<&[u8]>,
    ) -> Verdict {
        if let Some(name) = record.filename().strip_prefix(PASS_THROUGH) {
            record.filename = Some(name.to_vec());
        }
        if !record.filename().starts_with(b"/") {
            self.note_refusal(record, 400, Refusal::NoPath);
            return Verdict::Status(400);
        }
        if record.filename.as_deref() == original {
            return Verdict::Accept;
        }
        let url = self.local_url(record, settings, directory);
        record.filename = Some([REDIRECT, &url].concat());
        record.handler = Handler::Redirect;
        Verdict::Accept
    }

    /// The URL-path of a file name: `RewriteBase` for the directory, or without the document
    /// root, or an alias put back. What fits none of them is a URL-path already.
    fn local_url(
        &self,
        record: &Record<'_>,
        settings: &Rewriting<'_>,
        directory: &[u8],
    ) -> Vec<u8> {
        let name = record.filename();
        let root = self.document_root(record);
        let based = match settings.base {
            Some(base) => subst_prefix_path(name, directory, base),
            None => name
                .strip_prefix(root.strip_suffix(b"/").unwrap_or(root))
                .filter(|rest| rest.starts_with(b"/"))
                .map(<[u8]>::to_vec),
        };
        if let Some(url) = based {
            return url;
        }
        if settings
            .options()
            .contains(RewriteOptions::IGNORE_CONTEXT_INFO)
        {
            return name.to_vec();
        }
        let unaliased = match &record.context {
            Some(context) => subst_prefix_path(name, &context.document_root, &context.prefix),
            None => subst_prefix_path(name, root, b""),
        };
        unaliased.unwrap_or_else(|| name.to_vec())
    }

    /// Notes in the trace that the server starts over.
    pub(super) fn trace_internal(&mut self, url: &[u8]) {
        if let Some(place) = self.last_place() {
            self.trace(place, || Event::Internal(url.to_vec()));
        }
    }
}

/// A directory asked for without its slash is left to `mod_dir`.
fn is_without_slash(record: &Record<'_>, settings: &Rewriting<'_>, directory: &[u8]) -> bool {
    !record.is_proxied()
        && !settings.options().contains(RewriteOptions::ALLOW_NO_SLASH)
        && directory.strip_suffix(b"/") == Some(record.filename())
}

/// In an absolute URL, the directory is replaced by `RewriteBase`.
fn replace_prefix_in_url(record: &mut Record<'_>, settings: &Rewriting<'_>, directory: &[u8]) {
    let url = record.filename();
    let (Some(base), Some(scheme)) = (settings.base, is_absolute_uri(url)) else {
        return;
    };
    let Some(slash) = url[scheme.scheme_len..]
        .iter()
        .position(|byte| *byte == b'/')
    else {
        return;
    };
    let (host, path) = url.split_at(scheme.scheme_len + slash + 1);
    let directory = directory.strip_prefix(b"/").unwrap_or(directory);
    let base = base.get(1..).unwrap_or_default();
    if let Some(path) = subst_prefix_path(path, directory, base) {
        record.filename = Some([host, &path].concat());
    }
}

/// Replaces a leading directory by another (`subst_prefix_path`); `None` when it does not lead.
fn subst_prefix_path(input: &[u8], prefix: &[u8], replacement: &[u8]) -> Option<Vec<u8>> {
    let prefix = prefix.strip_suffix(b"/").unwrap_or(prefix);
    let rest = input.strip_prefix(prefix)?.strip_prefix(b"/")?;
    let slash: &[u8] = match replacement.last() {
        None | Some(b'/') => b"",
        Some(_) => b"/",
    };
    Some([replacement, slash, rest].concat())
}
