//! Joins redirects that follow one another on one site into one.
//!
//! In: the fates of a site. Out: the same fates, where a redirect that leads to another one of the same
//! site leads to where that one leads. Absent: redirects that have no constant fate, which stay.
//!
//! A redirect is joined with the next only when both always answer with the same status, neither sets a
//! cookie nor depends on a header, and the next is the same for every request: so a client that follows
//! the joined redirect ends where it ended before. Requests that are not plain still take every hop.
//! Errs towards leaving hops.

use std::collections::HashMap;

use edgewright_engine::artefact::decision::{
    Effect, Ending, Part, PathDecision, Queried, Step, Text,
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
    for (at, fate) in shorter {
        if let Some(entry) = entries.get_mut(at) {
            entry.content = Content::Decision(fate);
        }
    }
    count
}

/// Where the redirects of a site lead.
struct Chains<'s> {
    site: &'s Site,
    fates: HashMap<(HostId, &'s [u8]), &'s PathDecision>,
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
        let fates = entries
            .iter()
            .filter_map(|entry| match (&entry.content, entry.key.space()) {
                (Content::Decision(fate), KeySpace::Decisions(host)) => {
                    Some(((host, entry.key.text()), fate))
                }
                _ => None,
            });
        let hosts = (0..).map(HostId).zip(&site.hosts).map(|(id, _)| id);
        let both = hosts.flat_map(|id| [(id, Scheme::Http), (id, Scheme::Https)]);
        Self {
            site,
            fates: fates.collect(),
            same: both
                .map(|(id, scheme)| ((id, scheme), comes_back(site, id, scheme)))
                .collect(),
        }
    }

    /// The fate of an entry with its chain joined; `None` when there is nothing to join.
    fn shorter(&self, entry: &Entry) -> Option<PathDecision> {
        let (Content::Decision(first), KeySpace::Decisions(host)) =
            (&entry.content, entry.key.space())
        else {
            return None;
        };
        let mut seen = vec![(host, entry.key.text().to_vec())];
        let mut fate = first.clone();
        let mut at = host;
        while let Some((next, joined)) = self.joined(at, &fate) {
            if seen.contains(&next) || seen.len() == MOST_HOPS {
                // In a circle no hop is nearer to an end.
                return None;
            }
            at = next.0;
            seen.push(next);
            fate = joined;
        }
        (seen.len() > 1).then_some(fate)
    }

    /// `fate` with its redirect joined with the one it leads to.
    fn joined(
        &self,
        host: HostId,
        fate: &PathDecision,
    ) -> Option<((HostId, Vec<u8>), PathDecision)> {
        let ending = fate.only_ending().filter(|_| fate.is_constant())?;
        let Effect::Redirect(status, location) = &ending.effect else {
            return None;
        };
        let next = self.next(host, location)?;
        let after = self.fates.get(&(next.host, next.path))?;
        let target = redirect(
            after.only_ending().filter(|_| after.is_constant())?,
            *status,
        )?;
        let bare = leading(ending, *status, named(target, next.name));
        let joined = match (with_query(fate)?, with_query(after)?) {
            (WithQuery::Same, _) | (WithQuery::Appended, WithQuery::Same) => fate_of(bare, None),
            (WithQuery::Appended, WithQuery::Appended) => PathDecision {
                queried: Queried::Appended,
                ..fate_of(bare, None)
            },
            (WithQuery::Appended, WithQuery::Own(own)) => {
                let target = named(redirect(own, *status)?, next.name);
                fate_of(bare, Some(leading(ending, *status, target)))
            }
            (WithQuery::Own(_), _) => return None,
        };
        Some(((next.host, next.path.to_vec()), joined))
    }

    /// The path of this site that a `Location` names.
    fn next<'t>(&self, host: HostId, location: &'t Text) -> Option<Next<'t>> {
        match location.0.as_slice() {
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

/// What a query string changes about a constant fate.
enum WithQuery<'f> {
    /// Nothing.
    Same,
    /// It stands at the end of the `Location`.
    Appended,
    /// Everything.
    Own(&'f Ending),
}

fn with_query(fate: &PathDecision) -> Option<WithQuery<'_>> {
    match fate.queried {
        Queried::Unknown => None,
        Queried::Appended => Some(WithQuery::Appended),
        Queried::From(first) => match fate.steps.get(usize::try_from(first).ok()?)? {
            Step::End(own) if Some(own) == fate.only_ending() => Some(WithQuery::Same),
            Step::End(own) => Some(WithQuery::Own(own)),
            Step::Ask(..) => None,
        },
    }
}

/// A fate that always ends as `bare`, with a query string as `queried` if that is something else.
fn fate_of(bare: Ending, queried: Option<Ending>) -> PathDecision {
    PathDecision {
        bare: Some(0),
        queried: Queried::From(u32::from(queried.is_some())),
        steps: std::iter::once(bare)
            .chain(queried)
            .map(Step::End)
            .collect(),
    }
}

/// Where it redirects to, with `status` and nothing else to it.
fn redirect(ending: &Ending, status: u16) -> Option<&Text> {
    let plain = ending.cookies.is_empty() && ending.vary.is_empty();
    match &ending.effect {
        Effect::Redirect(same, location) if *same == status && plain => Some(location),
        _ => None,
    }
}

/// `ending`, leading to `target`.
fn leading(ending: &Ending, status: u16, target: Text) -> Ending {
    Ending {
        effect: Effect::Redirect(status, target),
        ..ending.clone()
    }
}

/// `target` as a client sees it that asked for it by `name`.
fn named(target: &Text, name: Option<&[u8]>) -> Text {
    let Some(name) = name else {
        return target.clone();
    };
    let mut literal = Vec::new();
    let mut parts = Vec::new();
    for part in &target.0 {
        match part {
            Part::Literal(text) => literal.extend_from_slice(text),
            Part::Host => literal.extend_from_slice(name),
            Part::Query => {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
                parts.push(Part::Query);
            }
        }
    }
    if !literal.is_empty() {
        parts.push(Part::Literal(literal));
    }
    Text(parts)
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
