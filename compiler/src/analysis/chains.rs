//! Redirects that lead to another redirect, or back, and what happens to a redirect below it.
//!
//! In: a [`Site`] and its compiled form. Out: findings, each with the request that shows it. Absent:
//! redirects to other sites; nobody knows what they answer.
//!
//! Every redirect is asked for once, with a request made from its pattern and conditions, and what it
//! answers is asked for again, as a browser would. Only where that is another redirect is it followed
//! with a trace. Errs towards silence: a request that does not reach its line says nothing, nor does one
//! whose answer rests on files nobody told of, on cookies that are set on the way, or on chance.

use std::collections::{HashMap, HashSet};

use edgewright_engine::model::outcome::{Answer, Event, Outcome, Step};
use edgewright_engine::model::rules::{Place, RedirectMatcher, Rule, RuleFlags, Test};
use edgewright_engine::model::site::Site;
use edgewright_engine::pattern::Pattern;

use super::{ENDING, Finding, Looked, Most, NO_REDIRECT, redirects, rules};
use crate::compiled_site::CompiledSite;
use crate::host_names::{HostNames, target_is_here};
use crate::parallel::{FEWEST, in_stretches_of};
use crate::reading::Position;
use crate::redundant::{Gist, Redundant};
use crate::replay::{Browser, GAVE_UP, MOST_HOPS, MOST_INTERNAL, Shows, Tries, answering_line};
use crate::witness::{Aiming, Groups, Request, sample};

/// So many lines are looked at before what was decoded for them is forgotten.
const MOST_AT_ONCE: usize = 65_536;

pub(super) fn find(
    site: &Site,
    redundant: &Redundant,
    answering: &mut CompiledSite<'_>,
    aiming: &Aiming<'_>,
    most: Most,
) -> Looked {
    let asking_for_files = asking_for_files(site);
    let browser = Browser::of(site);
    let mut leads = leading(site, redundant, browser.names()).peekable();
    let mut found = Vec::new();
    let mut pace = Pace::default();
    loop {
        let begun = answering.steps();
        let next = leads.peek().map(|lead| lead.place);
        if let Some(next) = next.filter(|_| begun >= most.0) {
            let left_out = Some((leads.count(), next));
            let found = once_each(found);
            return Looked { found, left_out };
        }
        let count = pace.next(most.0 - begun.min(most.0));
        let some: Vec<Lead> = leads.by_ref().take(count).collect();
        if some.is_empty() {
            let left_out = None;
            let found = once_each(found);
            return Looked { found, left_out };
        }
        let follower = Follower {
            redundant,
            answering,
            aiming,
            asking_for_files: &asking_for_files,
            browser: &browser,
        };
        let numbered: Vec<(usize, Lead)> = some.into_iter().enumerate().collect();
        let judged = in_stretches_of(pace.worth_a_thread(), &numbered, |leads| {
            follower.judge_all(leads)
        });
        found.extend(judged.into_iter().flatten());
        pace.learn(numbered.len(), answering.steps() - begun);
        if pace.total - pace.forgotten_at >= MOST_AT_ONCE {
            pace.forgotten_at = pace.total;
            answering.forget();
        }
    }
}

/// Each chain from where it begins, and each circle once: the lines further on are told with it.
fn once_each(found: Vec<Finding>) -> Vec<Finding> {
    // Lines that a chain has, with how many it has; the longest counts.
    let mut inside: HashMap<(&str, Place), (usize, Place)> = HashMap::new();
    for finding in &found {
        for (place, _) in &finding.others {
            let longer = (finding.others.len(), finding.at);
            let known = inside.entry((finding.code, *place)).or_insert(longer);
            if longer.0 > known.0 || longer.0 == known.0 && longer.1 < known.1 {
                *known = longer;
            }
        }
    }
    let is_first = |finding: &Finding| {
        let around = inside.get(&(finding.code, finding.at));
        around.is_none_or(|(count, first)| match finding.code {
            "redirect-chain" => *count <= finding.others.len(),
            "redirect-loop" => *count < finding.others.len() || *first > finding.at,
            _ => true,
        })
    };
    let firsts: Vec<bool> = found.iter().map(is_first).collect();
    let kept = found
        .into_iter()
        .zip(firsts)
        .filter(|(_, is_first)| *is_first);
    kept.map(|(finding, _)| finding).collect()
}

/// How many lines are looked at before it is asked how many steps they took.
#[derive(Default)]
struct Pace {
    /// Lines so far.
    total: usize,
    /// Steps that each of the last ones took.
    each: u64,
    /// How many lines there were when what was decoded was last forgotten.
    forgotten_at: usize,
}

impl Pace {
    /// About as many as may still be looked at, going by the last ones, but at most a quarter of as many as there
    /// were: a later line may take more steps than an earlier one, as many more as there are lines before it.
    fn next(&self, left: u64) -> usize {
        let count = usize::try_from(left / self.each.max(1)).unwrap_or(usize::MAX);
        count.clamp(FIRST, (self.total / 4).clamp(FIRST, MOST_AT_ONCE))
    }

    fn learn(&mut self, lines: usize, steps: u64) {
        self.total += lines;
        self.each = steps / u64::try_from(lines.max(1)).unwrap_or(u64::MAX);
    }

    /// How many of them are worth a thread: few when each takes many steps.
    fn worth_a_thread(&self) -> usize {
        if self.each > DEAR { 1 } else { FEWEST }
    }
}

/// So many lines are looked at first.
const FIRST: usize = 64;

/// More steps than this for each line are worth a thread.
const DEAR: u64 = 1_000;

/// One in so many lines that need no trace is asked once more, to know what they cost.
const SAMPLED: usize = 16;

/// A line that may lead back to this site.
struct Lead<'s> {
    position: Position,
    place: Place,
    line: Line<'s>,
    /// No line below it has a say once it redirected.
    ends: bool,
}

/// What a line matches.
enum Line<'s> {
    /// What the pattern of a rule does, or what it does not.
    Rule(&'s Rule),
    /// A path, and everything below it.
    Path(&'s [u8]),
    /// What an expression does.
    Expression(&'s Pattern),
}

impl Line<'_> {
    /// A text it matches; `gist` is that of its pattern, if it is known.
    fn example(&self, gist: Option<&Gist>) -> Vec<u8> {
        match (self, gist) {
            (_, Some(gist)) => gist.example.to_vec(),
            (Self::Rule(rule), None) if rule.flags.contains(RuleFlags::NEGATED) => {
                b"/edgewright".to_vec()
            }
            (Self::Rule(rule), None) => sample(&rule.pattern, 0, &Groups::new()),
            (Self::Path(path), None) => path.to_vec(),
            (Self::Expression(pattern), None) => sample(pattern, 0, &Groups::new()),
        }
    }
}

/// Everything that may lead back to this site.
fn leading<'s>(
    site: &'s Site,
    redundant: &Redundant,
    names: &HostNames<'s>,
) -> impl Iterator<Item = Lead<'s>> {
    let rules = rules(site).filter_map(|(position, rule)| {
        let leads = !redundant.contains(position) && rule_leads_here(names, rule);
        leads.then(|| Lead {
            position,
            place: rule.place,
            line: Line::Rule(rule),
            ends: rule.flags.intersects(ENDING),
        })
    });
    let redirects = redirects(site).filter_map(|(position, redirect)| {
        if redundant.contains(position) || !target_is_here(names, &redirect.target) {
            return None;
        }
        let line = match &redirect.matcher {
            RedirectMatcher::Prefix(path) => Line::Path(path),
            RedirectMatcher::Regex(pattern) => Line::Expression(pattern),
            RedirectMatcher::Section => return None,
        };
        Some(Lead {
            position,
            place: redirect.place,
            line,
            ends: true,
        })
    });
    rules.chain(redirects)
}

fn rule_leads_here(names: &HostNames<'_>, rule: &Rule) -> bool {
    !rule.flags.intersects(NO_REDIRECT) && target_is_here(names, &rule.substitution.fixed_head())
}

/// The compiled site, asked as clients would.
struct Follower<'s> {
    redundant: &'s Redundant,
    answering: &'s CompiledSite<'s>,
    aiming: &'s Aiming<'s>,
    /// Conditions whose answer depends on files.
    asking_for_files: &'s HashSet<Place>,
    browser: &'s Browser<'s>,
}

/// A request, and the lines that answered it.
struct Hop {
    request: Request,
    url: String,
    by: Option<Place>,
}

impl Follower<'_> {
    /// What there is to say about some lines.
    fn judge_all(&self, leads: &[(usize, Lead<'_>)]) -> Vec<Finding> {
        let judged = leads.iter().filter_map(|(at, lead)| self.judge(*at, lead));
        judged.collect()
    }

    /// What there is to say about a line.
    fn judge(&self, at: usize, lead: &Lead<'_>) -> Option<Finding> {
        let example = lead.line.example(self.redundant.gist(lead.position));
        let request = self.aiming.request(lead.position, &example)?;
        if lead.ends && self.is_one_hop(&request) {
            if at.is_multiple_of(SAMPLED) {
                self.sample(&request);
            }
            return None;
        }
        let place = lead.place;
        let answer = self.answering.ask(&request);
        if !answer
            .trace
            .iter()
            .any(|step| step.is_at(place) && step.event.is_effect())
            || !self.is_sure(&answer)
        {
            return None;
        }
        if let Some(finding) = runs_in_circles(place, &request, &answer)
            .or_else(|| rewritten_below(place, &request, &answer))
        {
            return Some(finding);
        }
        self.follow(place, request, answer)
    }

    /// It is redirected once at most, and Apache does not give up: most redirects are like that, and
    /// there is nothing to say about them.
    fn is_one_hop(&self, request: &Request) -> bool {
        let outcome = self.answering.outcome(request);
        match self.browser.next(request, &outcome) {
            Some(next) => !matches!(self.answering.outcome(&next), Outcome::Redirect { .. }),
            None => outcome != GAVE_UP,
        }
    }

    /// Counts the steps of what [`Self::is_one_hop`] asks, for all lines of which this is one.
    fn sample(&self, request: &Request) {
        let times = SAMPLED as u64;
        self.answering.sample(request, times);
        let outcome = self.answering.outcome(request);
        if let Some(next) = self.browser.next(request, &outcome) {
            self.answering.sample(&next, times);
        }
    }

    /// It rests on nothing that may be otherwise.
    fn is_sure(&self, answer: &Answer) -> bool {
        let asks_for_files = |place| self.asking_for_files.contains(&place);
        let on_files = |step: &Step| step.place.is_some_and(asks_for_files);
        answer.cookies.is_empty()
            && !matches!(answer.outcome, Outcome::Unsupported { .. })
            && (answer.assumed_absent.is_empty() || !answer.trace.iter().any(on_files))
    }

    fn follow(&self, place: Place, first: Request, answer: Answer) -> Option<Finding> {
        let mut hops = vec![Hop {
            request: first.clone(),
            url: first.shown(),
            by: Some(place),
        }];
        let (mut request, mut answer) = (first, answer);
        let mut next = self.browser.next(&request, &answer.outcome)?;
        if !self.answering.is_steady(&request, &answer.outcome) {
            return None;
        }
        loop {
            let url = next.shown();
            let back = hops.iter().position(|hop| hop.url == url);
            if back.is_some() || hops.len() == MOST_HOPS {
                return Some(loops(place, &hops, &url, back));
            }
            request = next;
            answer = self.answering.ask(&request);
            if !self.is_sure(&answer) || !self.answering.is_steady(&request, &answer.outcome) {
                return None;
            }
            let Some(after) = self.browser.next(&request, &answer.outcome) else {
                return ends(place, &hops, &request, &answer);
            };
            hops.push(Hop {
                request: request.clone(),
                url,
                by: answering_line(&answer),
            });
            next = after;
        }
    }
}

/// A chain that ends: worth a word when it has more than one redirect.
fn ends(place: Place, hops: &[Hop], last: &Request, answer: &Answer) -> Option<Finding> {
    let by = answering_line(answer);
    let (count, by, target) = match &answer.outcome {
        Outcome::Redirect { location, .. } => {
            let target = String::from_utf8_lossy(location).into_owned();
            (hops.len() + 1, by, target)
        }
        _ => (hops.len(), None, last.shown()),
    };
    if count < 2 {
        return None;
    }
    let headline = format!("{count} redirects one after another");
    let first = hops.first()?.request.clone();
    let mut finding = Finding::note("redirect-chain", place, headline)
        .label("leads to another redirect")
        .help(format!("redirect at once to where they end: {target}"))
        .shows(Shows::Redirects(count), Tries::only(first));
    let rest = hops.iter().skip(1).filter_map(|hop| hop.by).chain(by);
    let others = rest.filter(|other| *other != place);
    finding.others = others.map(|other| (other, "then this")).collect();
    Some(finding)
}

fn loops(place: Place, hops: &[Hop], url: &str, back: Option<usize>) -> Finding {
    let headline = match back {
        Some(0) if hops.len() == 1 => "this redirect leads to itself".to_owned(),
        Some(0) => format!("{} redirects lead in a circle", hops.len()),
        Some(_) => "this redirect leads into a circle of redirects".to_owned(),
        None => format!("more than {MOST_HOPS} redirects one after another"),
    };
    let mut finding = Finding::warning("redirect-loop", place, headline)
        .label("never ends")
        .help(format!("it comes to {url} again and again: leave that path out with a RewriteCond, or change the target"));
    if let Some(first) = hops.first() {
        finding = finding.shows(Shows::Circles, Tries::only(first.request.clone()));
    }
    let others = hops.iter().skip(1).filter_map(|hop| hop.by);
    finding.others = others
        .filter(|other| *other != place)
        .map(|other| (other, "then this"))
        .collect();
    finding
}

/// A `.htaccess` rule that feeds itself: Apache gives up with a 500.
fn runs_in_circles(place: Place, request: &Request, answer: &Answer) -> Option<Finding> {
    let restarts = answer
        .trace
        .iter()
        .filter(|step| matches!(step.event, Event::Internal(_)));
    (answer.outcome == GAVE_UP && restarts.count() >= MOST_INTERNAL).then(|| {
        Finding::warning(
            "rewrite-loop",
            place,
            "the result is rewritten again until Apache gives up with a 500",
        )
        .label("matches what it makes")
        .help(
            "write END instead of L, or leave its result out: RewriteCond %{REQUEST_URI} !^/result",
        )
        .habit()
        .shows(Shows::GivesUp, Tries::only(request.clone()))
    })
}

/// `R` without `L`: a rule below changes the redirect.
fn rewritten_below(place: Place, request: &Request, answer: &Answer) -> Option<Finding> {
    let mut steps = answer
        .trace
        .iter()
        .skip_while(|step| !(step.is_at(place) && matches!(step.event, Event::Redirected(_))));
    steps.next()?;
    let changing = |event: &Event| {
        matches!(
            event,
            Event::Redirected(_) | Event::Rewrote(_) | Event::Proxied(_) | Event::Answered(_)
        )
    };
    let mut same_pass = steps.take_while(|step| !matches!(step.event, Event::Internal(_)));
    let by = same_pass.find(|step| changing(&step.event))?.place?;
    let mut finding = Finding::warning(
        "redirect-goes-on",
        place,
        "a redirect without L: a later rule changes what it made",
    )
    .label("the rules below go on with the URL")
    .help("add L to its flags")
    .shows(Shows::Both(by), Tries::only(request.clone()));
    finding.others = vec![(by, "this rule changes it")];
    Some(finding)
}

/// Conditions whose answer depends on files.
fn asking_for_files(site: &Site) -> HashSet<Place> {
    let conditions = rules(site).flat_map(|(_, rule)| &rule.conditions);
    let asking = conditions.filter(|condition| match &condition.test {
        Test::File(_) | Test::SubrequestUri | Test::SubrequestFile | Test::Expression(_) => true,
        Test::Regex(_) | Test::Equal(_) | Test::Compare(..) | Test::Integer(..) => false,
    });
    asking.map(|condition| condition.place).collect()
}
