//! Joins redirects that follow one another on one site into one.
//!
//! In: the decisions of a site. Out: the same decisions, where a redirect that leads to another one of the same
//! site leads to where that one leads. Absent: redirects that have no constant decision, which stay.
//!
//! A redirect is joined with the next only when both always answer with the same status, neither sets a
//! cookie nor depends on a header, and the next is the same for every request: so a client that follows
//! the joined redirect ends where it ended before. Requests that are not plain still take every hop.
//! Errs towards leaving hops.

use std::collections::HashMap;

use edgewright_engine::artefact::decision::{
    Builder, DecisionView, Effect, Ending, EndingBuf, Part, PathDecision, Queried, Step, Text,
    TextBuf,
};
use edgewright_engine::artefact::key::KeySpace;
use edgewright_engine::artefact::table::{Content, Entry};
use edgewright_engine::evaluate::vhost::{choose_host, goes_by};
use edgewright_engine::model::normalized::is_plain_path;
use edgewright_engine::model::request::{Request, Scheme};
use edgewright_engine::model::site::{Host, HostId, HostPattern, Site};

/// A browser follows about so many redirects; longer chains are left as they are.
const MOST_HOPS: usize = 20;

/// Joins chains among `entries`, and says how many redirects have fewer hops now.
pub(crate) fn collapse(site: &Site, entries: &mut [Entry]) -> usize {
    let chains = Chains::of(site, entries);
    let shorter: Vec<(usize, PathDecision)> = entries
        .iter()
        .enumerate()
        .filter_map(|(at, entry)| Some((at, chains.shorter(entry)?)))
        .collect();
    let count = shorter.len();
    for (at, decision) in shorter {
        if let Some(entry) = entries.get_mut(at) {
            entry.content = Content::Decision(decision);
        }
    }
    count
}

/// Where the redirects of a site lead.
struct Chains<'s> {
    site: &'s Site,
    decisions: HashMap<(HostId, &'s [u8]), DecisionView<'s>>,
    /// Hosts that are reached again, by scheme, by whatever name they were reached.
    same: HashMap<(HostId, Scheme), bool>,
}

/// A path of a host, and the name it is asked for by when that is not the name asked for before.
struct Next<'t> {
    host: HostId,
    name: Option<&'t [u8]>,
    path: &'t [u8],
}

impl<'s> Chains<'s> {
    fn of(site: &'s Site, entries: &'s [Entry]) -> Self {
        let decisions = entries.iter().filter_map(|entry| match entry.key.space() {
            KeySpace::Decisions(host) => Some(((host, entry.key.text()), entry.decision()?)),
            _ => None,
        });
        let hosts = (0..).map(HostId).zip(&site.hosts).map(|(id, _)| id);
        let both = hosts.flat_map(|id| [(id, Scheme::Http), (id, Scheme::Https)]);
        Self {
            site,
            decisions: decisions.collect(),
            same: both
                .map(|(id, scheme)| ((id, scheme), comes_back(site, id, scheme)))
                .collect(),
        }
    }

    /// The decision of an entry with its chain joined; `None` when there is nothing to join.
    fn shorter(&self, entry: &Entry) -> Option<PathDecision> {
        let KeySpace::Decisions(host) = entry.key.space() else {
            return None;
        };
        let mut seen = vec![(host, entry.key.text().to_vec())];
        let mut found: Option<PathDecision> = None;
        let mut at = host;
        loop {
            let decision = match &found {
                Some(joined) => joined.view()?,
                None => entry.decision()?,
            };
            let Some((next, joined)) = self.joined(at, &decision) else {
                return found;
            };
            if seen.contains(&next) || seen.len() == MOST_HOPS {
                // In a circle no hop is nearer to an end.
                return None;
            }
            at = next.0;
            seen.push(next);
            found = Some(joined);
        }
    }

    /// `decision` with its redirect joined with the one it leads to.
    fn joined(
        &self,
        host: HostId,
        decision: &DecisionView<'_>,
    ) -> Option<((HostId, Vec<u8>), PathDecision)> {
        let ending = constant_ending(decision)?;
        let Effect::Redirect(status, location) = ending.effect else {
            return None;
        };
        let parts: Vec<Part<'_>> = location.parts().collect();
        let next = self.next(host, &parts)?;
        let after = self.decisions.get(&(next.host, next.path))?;
        let target = redirect(&constant_ending(after)?, status)?;
        let bare = leading(&ending, status, &named(target, next.name));
        let joined = match (with_query(decision)?, with_query(after)?) {
            (WithQuery::Same, _) | (WithQuery::Appended, WithQuery::Same) => {
                decision_of(&bare, &WithQuery::Same)
            }
            (WithQuery::Appended, WithQuery::Appended) => decision_of(&bare, &WithQuery::Appended),
            (WithQuery::Appended, WithQuery::Own(own)) => {
                let target = named(redirect(&own, status)?, next.name);
                decision_of(&bare, &WithQuery::Own(leading(&ending, status, &target)))
            }
            (WithQuery::Own(_), _) => return None,
        };
        Some(((next.host, next.path.to_vec()), joined))
    }

    /// The path of this site that a `Location` names.
    fn next<'t>(&self, host: HostId, location: &[Part<'t>]) -> Option<Next<'t>> {
        match *location {
            [Part::Literal(scheme), Part::Host, Part::Literal(path)] => {
                let scheme = scheme_of(scheme).filter(|(_, rest)| rest.is_empty())?.0;
                let back = self.same.get(&(host, scheme)).copied().unwrap_or(false);
                (back && is_plain_path(path)).then_some(Next {
                    host,
                    name: None,
                    path,
                })
            }
            [Part::Literal(url)] => {
                let (scheme, rest) = scheme_of(url)?;
                let slash = rest.iter().position(|byte| *byte == b'/')?;
                let (name, path) = rest.split_at(slash);
                let host = named_host(self.site, scheme, name)?;
                is_plain_path(path).then_some(Next {
                    host,
                    name: Some(name),
                    path,
                })
            }
            _ => None,
        }
    }
}

fn scheme_of(url: &[u8]) -> Option<(Scheme, &[u8])> {
    let of = |scheme: Scheme, begin: &[u8]| Some((scheme, url.strip_prefix(begin)?));
    of(Scheme::Http, b"http://").or_else(|| of(Scheme::Https, b"https://"))
}

/// What a query string changes about a constant decision.
enum WithQuery<E> {
    /// Nothing.
    Same,
    /// It stands at the end of the `Location`.
    Appended,
    /// Everything.
    Own(E),
}

/// How a constant decision ends without a query string.
fn constant_ending<'d>(decision: &DecisionView<'d>) -> Option<Ending<'d>> {
    decision.only_ending().filter(|_| decision.is_constant())
}

fn with_query<'d>(decision: &DecisionView<'d>) -> Option<WithQuery<Ending<'d>>> {
    match decision.queried() {
        Queried::Unknown => None,
        Queried::Appended => Some(WithQuery::Appended),
        Queried::From(first) => match decision.step(first)? {
            Step::End(own) if Some(own) == decision.only_ending() => Some(WithQuery::Same),
            Step::End(own) => Some(WithQuery::Own(own)),
            Step::Ask(..) => None,
        },
    }
}

/// A decision that always ends as `bare`, but for what a query string changes.
fn decision_of(bare: &EndingBuf, with_query: &WithQuery<EndingBuf>) -> PathDecision {
    let mut builder = Builder::default();
    let own = match with_query {
        WithQuery::Own(own) => Some(builder.end(own)),
        WithQuery::Same | WithQuery::Appended => None,
    };
    let bare = builder.end(bare);
    let queried = match with_query {
        WithQuery::Appended => Queried::Appended,
        WithQuery::Same | WithQuery::Own(_) => Queried::From(own.unwrap_or(bare)),
    };
    builder.finish(Some(bare), queried)
}

/// Where it redirects to, with `status` and nothing else to it.
fn redirect<'e>(ending: &Ending<'e>, status: u16) -> Option<Text<'e>> {
    match ending.effect {
        Effect::Redirect(same, location) if same == status && ending.more.is_empty() => {
            Some(location)
        }
        _ => None,
    }
}

/// `ending`, leading to `target`.
fn leading(ending: &Ending<'_>, status: u16, target: &TextBuf) -> EndingBuf {
    EndingBuf::of(&Ending {
        effect: Effect::Redirect(status, target.text()),
        ..*ending
    })
}

/// `target` as a client sees it that asked for it by `name`.
fn named(target: Text<'_>, name: Option<&[u8]>) -> TextBuf {
    TextBuf::of(target.parts().map(|part| match (part, name) {
        (Part::Host, Some(name)) => Part::Literal(name),
        (part, _) => part,
    }))
}

/// The host that answers to `name`, if it is its own name and not merely nobody else's.
fn named_host(site: &Site, scheme: Scheme, name: &[u8]) -> Option<HostId> {
    let id = chosen(site, scheme, name)?;
    let host = site.hosts.get(usize::try_from(id.0).ok()?)?;
    goes_by(host, name).then_some(id)
}

/// Whoever reaches host `id` by some name reaches it by that name over `scheme` too.
fn comes_back(site: &Site, id: HostId, scheme: Scheme) -> bool {
    let mut names: Vec<Vec<u8>> = site.hosts.iter().flat_map(names).collect();
    names.push(b"nobody.edgewright.invalid".to_vec());
    let reached = |name: &Vec<u8>| {
        [Scheme::Http, Scheme::Https]
            .into_iter()
            .any(|scheme| chosen(site, scheme, name) == Some(id))
    };
    let mut all = names.iter().filter(|name| reached(name));
    all.all(|name| chosen(site, scheme, name) == Some(id))
}

fn names(host: &Host) -> Vec<Vec<u8>> {
    let aliases = host.aliases.iter().map(|alias| match alias {
        HostPattern::Exact(name) => name.clone(),
        HostPattern::Wildcard(name) => {
            let letter = |byte: &u8| if b"*?".contains(byte) { b'x' } else { *byte };
            name.iter().map(letter).collect()
        }
    });
    aliases
        .chain([host.name.clone()])
        .filter(|name| !name.is_empty())
        .collect()
}

fn chosen(site: &Site, scheme: Scheme, name: &[u8]) -> Option<HostId> {
    let request = Request {
        scheme,
        ..Request::get(name, b"/")
    };
    let chosen = choose_host(site, &request, None).ok()?;
    Some(HostId(u32::try_from(chosen.host_index).ok()?))
}
