//! `mod_alias`: redirects, then aliases (`translate_alias_redir`, `fixup_redir`).
//!
//! In: a record. Out: a [`Verdict`], the `Location` or the file name set. Absent: reading the
//! directives; comparing a path with an alias (`glob::alias_matches`).

use crate::artefact::redirect::{MatcherView, RedirectView};
use crate::budget::Budget;
use crate::model::outcome::Event;
use crate::model::rules::{Place, RedirectListId};
use crate::model::site::{Alias, AliasMatcher, SectionAlias};
use crate::source::Source;

use super::files::{canonical_path, is_too_long_to_join};
use super::record::{Context, Record, Verdict, is_redirect};
use super::url::append_query;
use super::{Halt, RULE_STEPS, Run};
use crate::pattern::matching::{Captures, substitute};
use crate::text::escape::escape_uri;
use crate::text::prefix::alias_matches;
use crate::text::uri;

/// A redirect that applies.
struct Found {
    place: Place,
    status: u16,
    target: Vec<u8>,
}

impl<'a, S: Source> Run<'a, S> {
    /// Redirects and aliases of the server (`translate_alias_redir`).
    pub(crate) fn translate_alias_redir(
        &mut self,
        record: &mut Record<'a>,
    ) -> Result<Verdict, Halt> {
        if !record.uri.starts_with(b"/") && !record.uri.is_empty() {
            return Ok(Verdict::Decline);
        }
        let found = match self.try_redirect(record)? {
            None => self.try_redirect_list(self.host.redirects, record)?,
            found => found,
        };
        if let Some(found) = found {
            return Ok(self.answer_redirect(found, record));
        }
        if let Some(alias) = record.settings.alias() {
            let Some(target) = self.try_alias(alias, record)? else {
                return Ok(Verdict::Status(500));
            };
            if let Some(file) = self.server_root_relative(&target) {
                record.filename = Some(file);
                return Ok(Verdict::Accept);
            }
        }
        Ok(self.try_alias_list(record))
    }

    /// The file of a one-argument alias (`try_alias`); `None` when its expression fails.
    fn try_alias(
        &mut self,
        alias: &'a SectionAlias,
        record: &mut Record<'a>,
    ) -> Result<Option<Vec<u8>>, Halt> {
        let Some(mut found) = self.expression_text(&alias.target, record)? else {
            return Ok(None);
        };
        if record.settings.alias_preserves_path()
            && let Some(location) = &alias.location
            && let Some(length) = alias_matches(&record.uri, location)
        {
            record.context = Some(Context {
                prefix: location.clone(),
                document_root: found.clone(),
            });
            found.extend_from_slice(record.uri.get(length..).unwrap_or_default());
        }
        Ok(Some(found))
    }

    /// Redirects of sections (`fixup_redir`).
    pub(crate) fn fixup_redir(&mut self, record: &mut Record<'a>) -> Result<Verdict, Halt> {
        let mut found = self.try_redirect(record)?;
        for list in record.settings.redirects() {
            if found.is_none() {
                found = self.try_redirect_list(list, record)?;
            }
        }
        Ok(found.map_or(Verdict::Decline, |found| {
            self.answer_redirect(found, record)
        }))
    }

    /// The one-argument redirect of the innermost section that has one (`try_redirect`).
    fn try_redirect(&mut self, record: &mut Record<'a>) -> Result<Option<Found>, Halt> {
        for list in record.settings.redirects() {
            let mut at = 0;
            let mut last = None;
            while let Some((found, redirect)) = self.next_redirect(list, at, &record.uri)? {
                at = found + 1;
                if matches!(redirect.matcher, MatcherView::Section) {
                    last = Some(redirect);
                }
            }
            if let Some(redirect) = last {
                return self.section_redirect(redirect, record).map(Some);
            }
        }
        Ok(None)
    }

    fn section_redirect(
        &mut self,
        redirect: RedirectView<'a>,
        record: &mut Record<'a>,
    ) -> Result<Found, Halt> {
        let text = match redirect.expression {
            Some(expression) => self.expression_text(expression, record)?,
            None => Some(Vec::new()),
        };
        Ok(Found {
            place: redirect.place,
            status: if text.is_some() { redirect.status } else { 500 },
            target: uri::escape_parsed(&text.unwrap_or_default()),
        })
    }

    /// The first redirect of a list that applies (`try_alias_list`).
    fn try_redirect_list(
        &mut self,
        list: RedirectListId,
        record: &Record<'a>,
    ) -> Result<Option<Found>, Halt> {
        let mut captures = Captures::default();
        let mut at = 0;
        while let Some((found, redirect)) = self.next_redirect(list, at, &record.uri)? {
            at = found + 1;
            self.count_try(RULE_STEPS, record.uri.len())?;
            if let Some(target) = target_of(&redirect, &record.uri, &mut captures, self.budget) {
                return Ok(Some(Found {
                    place: redirect.place,
                    status: redirect.status,
                    target,
                }));
            }
            self.trace_unmatched(redirect.place, &record.uri);
        }
        Ok(None)
    }

    /// Completes the target and sets `Location`, for a status that has one.
    fn answer_redirect(&mut self, found: Found, record: &mut Record<'a>) -> Verdict {
        let Found {
            place,
            status,
            mut target,
        } = found;
        if !is_redirect(status) {
            self.trace(place, || Event::Answered(status));
            return Verdict::Status(status);
        }
        let is_path = target.starts_with(b"/");
        if !is_path || !record.settings.redirect_relative() {
            if is_path {
                target = self.construct_url(&target, record);
            }
            if !uri::is_url(&target) {
                self.trace(place, || Event::Answered(500));
                return Verdict::Status(500);
            }
        }
        append_args(&mut target, record.args.as_deref());
        self.trace(place, || Event::Redirected(target.clone()));
        record.location = Some(target);
        Verdict::Status(status)
    }

    /// The first alias that applies.
    fn try_alias_list(&mut self, record: &mut Record<'a>) -> Verdict {
        let aliases: &'a [Alias] = &self.host.url_aliases;
        for alias in aliases {
            if self.spend(1).is_err() {
                return Verdict::Decline;
            }
            let Some((file, context)) = aliased(alias, &record.uri, self.budget) else {
                continue;
            };
            if context.is_some() {
                record.context = context;
            }
            let Some(file) = self.server_root_relative(&file) else {
                return Verdict::Decline;
            };
            record.filename = Some(file);
            return Verdict::Accept;
        }
        Verdict::Decline
    }

    /// A file name below `ServerRoot` unless it is absolute; `None` when it is too long
    /// (`ap_server_root_relative`).
    fn server_root_relative(&self, file: &[u8]) -> Option<Vec<u8>> {
        let absolute = file.starts_with(b"/");
        let root: &[u8] = if absolute {
            b""
        } else {
            &self.site.server_root
        };
        let short_enough = !is_too_long_to_join(root, file);
        short_enough.then(|| canonical_path(&[root, b"/", file].concat()))
    }
}

/// Where a redirect of a list leads a URL-path, if it is for it.
pub(crate) fn target_of(
    redirect: &RedirectView<'_>,
    uri: &[u8],
    captures: &mut Captures,
    budget: &Budget,
) -> Option<Vec<u8>> {
    match redirect.matcher {
        MatcherView::Section => None,
        MatcherView::Prefix(path) => alias_matches(uri, path)
            .map(|length| [redirect.target, &*escape_uri(&uri[length..])].concat()),
        MatcherView::Regex(pattern) => pattern
            .find(uri, captures, budget)
            .then(|| substitute(redirect.target, uri, captures))
            .map(|target| uri::escape_parsed(&target)),
    }
}

/// The query string goes along unless the target has one.
pub(crate) fn append_args(target: &mut Vec<u8>, args: Option<&[u8]>) {
    let args = args.filter(|_| !target.contains(&b'?'));
    append_query(target, args);
}

/// The file an alias makes of a URL-path, and for a plain one what it leaves for later.
fn aliased(alias: &Alias, uri: &[u8], budget: &Budget) -> Option<(Vec<u8>, Option<Context>)> {
    match &alias.matcher {
        AliasMatcher::Prefix(path) => {
            let length = alias_matches(uri, path)?;
            let context = Context {
                prefix: path.clone(),
                document_root: alias.target.clone(),
            };
            Some(([&alias.target, &uri[length..]].concat(), Some(context)))
        }
        AliasMatcher::Regex(pattern) => {
            let mut captures = Captures::default();
            pattern
                .find(uri, &mut captures, budget)
                .then(|| (substitute(&alias.target, uri, &captures), None))
        }
    }
}
