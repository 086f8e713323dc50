//! Rules and redirects that answer by themselves.
//!
//! In: a rule or a redirect that matches a plain request and is stopped by nothing, and before which
//! nothing had a say. Out: the answer of an evaluation, without one. Absent: whatever needs more than the
//! request and the host: maps, cookies, variables that rules set. `None` says so.
//!
//! What makes a `Location` is done by the functions that the evaluator does it with.

use crate::artefact::rule::RuleView;
use crate::budget::{Allowance, Budget, DECISION_STEPS};
use crate::model::expression::Expression;
use crate::model::outcome::{Answer, ContentType, Outcome};
use crate::model::request::Scheme;
use crate::model::rules::RuleFlags;
use crate::model::site::{CanonicalName, ErrorDocument, Host, SectionId, Settings, Site};

use super::partial::{Known, Partial, Unclear};
use super::section;
use crate::evaluate::alias::append_args;
use crate::evaluate::headers::{
    Applying, Before, Finished, HeaderContext, Lines, Made, NameAndValue, Sending,
};
use crate::evaluate::knowledge::{QuestionMark, expand};
use crate::evaluate::list::Action;
use crate::evaluate::merge::Merged;
use crate::evaluate::record::is_redirect;
use crate::evaluate::send::{check_headers, sendable};
use crate::evaluate::server::location;
use crate::evaluate::url::{port_of, scheme_of, splitout_queryargs, url_on};
use crate::text::escape::is_absolute_uri;
use crate::text::uri::is_url;

/// Longer results are left to the evaluator, which knows the limits.
const LONGEST: usize = 4_096;

/// Flags of a rule that need no more than is at hand here.
const EASY: RuleFlags = RuleFlags::FORCE_REDIRECT
    .union(RuleFlags::LAST)
    .union(RuleFlags::END)
    .union(RuleFlags::NO_SUBREQUEST)
    .union(RuleFlags::NEGATED)
    .union(RuleFlags::NO_ESCAPE)
    .union(RuleFlags::QUERY_APPEND)
    .union(RuleFlags::QUERY_DISCARD)
    .union(RuleFlags::QUERY_NONE)
    .union(RuleFlags::QUERY_LAST)
    .union(RuleFlags::DISCARD_PATH_INFO)
    .union(RuleFlags::UNSAFE_PREFIX_STAT)
    .union(RuleFlags::UNC);

/// What of a host goes into a `Location`.
#[derive(Debug)]
pub(super) struct DirectRedirect {
    scheme: Scheme,
    port: u16,
    /// `RedirectRelative`.
    relative: bool,
    /// The same for every redirect.
    headers: Finished,
}

impl DirectRedirect {
    /// `None` where a redirect may become something else on its way out, or a host is not called what
    /// the client calls it.
    pub fn of(site: &Site, host: &Host, before: &Merged<'_>) -> Option<Self> {
        let says_nothing = |id: &SectionId| {
            section(site, *id).is_some_and(|section| leaves_redirects_alone(&section.settings))
        };
        let mut documents = host.settings.error_documents.iter();
        let own_documents = documents
            .any(|(status, document)| is_redirect(*status) && *document != ErrorDocument::Default);
        let plain = before.canonical_name() == CanonicalName::Asked && !own_documents;
        (plain && host.locations.iter().all(says_nothing)).then_some(())?;
        Some(Self {
            scheme: scheme_of(host),
            port: port_of(host),
            relative: before.redirect_relative(),
            headers: same_headers(host)?,
        })
    }

    /// The answer of a rule in server context that has nothing that few have, conditions aside.
    pub fn rule<'k>(&self, rule: &RuleView<'k>, partial: &mut Partial<'k, '_>) -> Option<Answer> {
        let ends = rule.flags.intersects(RuleFlags::LAST | RuleFlags::END);
        let easy = ends
            && rule.flags.contains(RuleFlags::FORCE_REDIRECT)
            && EASY.contains(rule.flags)
            && is_redirect(rule.status);
        if !easy {
            return None;
        }
        let mut url = substitution(rule, partial)?;
        let known = partial.known();
        let original = known.plain.query;
        let mut args = original.map(<[u8]>::to_vec);
        splitout_queryargs(&mut url, &mut args, rule.flags);
        if is_absolute_uri(&url).is_none() {
            if !url.starts_with(b"/") {
                url.insert(0, b'/');
            }
            url = self.url(&url, known);
        }
        let action = if rule.flags.contains(RuleFlags::NO_ESCAPE) {
            Action::NoEscape
        } else {
            Action::Normal
        };
        // Unescaped, a blank is refused.
        let is_sent = action == Action::Normal || !args.iter().flatten().any(|byte| *byte <= b' ');
        let location = location(url, args.as_deref(), original, action);
        is_sent.then(|| self.answer(rule.status, location))?
    }

    /// The answer of a redirect in server context that leads to `target` (`answer_redirect`).
    pub fn redirect(&self, status: u16, mut target: Vec<u8>, known: &Known<'_>) -> Option<Answer> {
        if !is_redirect(status) {
            return None;
        }
        let is_path = target.starts_with(b"/");
        if is_path && !self.relative {
            target = self.url(&target, known);
        }
        if !is_path && !is_url(&target) {
            return None;
        }
        append_args(&mut target, known.plain.query);
        self.answer(status, target)
    }

    /// A redirect, if nothing in it keeps it from being sent.
    fn answer(&self, status: u16, location: Vec<u8>) -> Option<Answer> {
        // 304 has no page, and so other headers than the others.
        if location.is_empty() || location.len() > LONGEST || status == 304 {
            return None;
        }
        let location = sendable(location)?;
        Some(Answer {
            headers: self.headers.headers.clone(),
            vary: self.headers.vary.clone(),
            cookies: self.headers.cookies.clone(),
            ..Answer::of(Outcome::Redirect { status, location })
        })
    }

    /// A URL on this host (`ap_construct_url`).
    fn url(&self, path: &[u8], known: &Known<'_>) -> Vec<u8> {
        url_on(self.scheme, known.plain.hostname, self.port, path)
    }
}

/// Does a section of locations leave redirects of the server as they are? A new setting does not compile until it is
/// listed.
fn leaves_redirects_alone(settings: &Settings) -> bool {
    let Settings {
        canonical_name,
        redirect_relative,
        error_documents,
        default_charset,
        headers,
        expires,
        // Asked after a URL is mapped to a file, which a redirect of the server is not.
        rewrite: _,
        directory_index: _,
        directory_slash: _,
        index_redirect: _,
        fallback: _,
        allow: _,
        accept_path_info: _,
        requirement: _,
        host_access: _,
        methods: _,
        requires_tls: _,
        spelling: _,
        mime: _,
        negotiation: _,
        set_env: _,
        unset_env: _,
        files: _,
        // The paths of a location with one of these are busy, or its list is asked.
        redirects: _,
        alias: _,
        alias_preserves_path: _,
        proxy: _,
        set_env_if: _,
        ifs: _,
        // Of a `.htaccess` file, which no location is.
        broken: _,
    } = settings;
    canonical_name.is_none()
        && redirect_relative.is_none()
        && error_documents.is_empty()
        && default_charset.is_none()
        && headers.is_empty()
        && expires.is_none()
}

/// The headers of every redirect of a server that no section is about; `None` where they depend on the request.
fn same_headers(host: &Host) -> Option<Finished> {
    let applying = Applying::of(std::iter::once(&host.settings));
    let mut asking = HostOnly {
        host,
        // What takes longer than a decision may is left to one.
        budget: Budget::new(Allowance::steps(DECISION_STEPS)),
    };
    let (early, own) = applying.early(Lines::default(), &mut asking).ok()?;
    // All redirects have the same: what depends on the status or the place has to be asked.
    let made = Made {
        status: 301,
        location: None,
    };
    let before = Before {
        early,
        made: own,
        vary: Vec::new(),
    };
    let mut finished = applying.answer(made, before, &mut asking).ok()?;
    let texts = finished.vary.iter_mut().chain(&mut finished.cookies);
    check_headers(&mut finished.headers, texts)?;
    Some(finished)
}

/// What `Header` lines ask, where only the host is known.
struct HostOnly<'h> {
    host: &'h Host,
    budget: Budget,
}

impl HeaderContext for HostOnly<'_> {
    type Stop = Unclear;

    fn environment(&mut self, name: &[u8]) -> Result<Option<Vec<u8>>, Unclear> {
        let changes = self.host.environment.iter().flat_map(|rule| &rule.changes);
        let is_set = |own: &[u8]| own.eq_ignore_ascii_case(name);
        let is_own = name.starts_with(b"SCRIPT_UR") || name.starts_with(b"REDIRECT_");
        if is_own || changes.map(|change| change.name.as_slice()).any(is_set) {
            return Err(Unclear);
        }
        Ok(None)
    }

    /// No redirect of a server is about a file.
    fn file_type(&mut self) -> Result<ContentType, Unclear> {
        Ok(ContentType::None)
    }

    fn tls(&mut self, _name: &[u8]) -> Result<Option<Vec<u8>>, Unclear> {
        if self.host.tls {
            Err(Unclear)
        } else {
            Ok(None)
        }
    }

    fn holds(&mut self, _expression: &Expression, _sending: &mut Sending) -> Result<bool, Unclear> {
        Err(Unclear)
    }

    fn text(
        &mut self,
        _expression: &Expression,
        _sending: &mut Sending,
    ) -> Result<Vec<u8>, Unclear> {
        Err(Unclear)
    }

    fn request_headers(&mut self) -> Result<Vec<NameAndValue>, Unclear> {
        Err(Unclear)
    }

    fn spend(&mut self, steps: usize) -> Result<(), Unclear> {
        let spent = self.budget.spend(steps as u64);
        spent.map_err(|_| Unclear)
    }

    fn budget(&self) -> &Budget {
        &self.budget
    }
}

/// The substitution with its groups and variables. `None` where something in it is unclear, where the `?` of its query
/// string comes out of an expansion, which is not to be trusted, or where it is too long.
fn substitution<'k>(rule: &RuleView<'k>, partial: &mut Partial<'k, '_>) -> Option<Vec<u8>> {
    let path = partial.known().plain.path;
    let mut out = Vec::with_capacity(rule.substitution().len() + path.len() + 16);
    let mut mark = QuestionMark::for_rule(rule.flags);
    expand(rule.substitution(), partial, &mut mark, &mut out).ok()?;
    (!mark.is_unsafe() && out.len() <= LONGEST).then_some(out)
}
