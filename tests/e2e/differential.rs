//! Random rule sets: every engine must answer as the Apache at hand does.
//!
//! Every run has rule sets of its own, but where `CI` is set: a change is judged by what it changes. The command that
//! repeats a run is printed. `EDGEWRIGHT_SEED` says which rule sets, `EDGEWRIGHT_RANDOM_SETS` how many (400, with 50
//! requests each). Every difference is made small before it is shown, in the form of `tests/cases/*.txt`: there it
//! stays, mended.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use edgewright_test_engines::{Engine, REFERENCE, engines, is_over_budget, reading};
use edgewright_test_support::apache::{Answer, Apache, ServerRoot, Serving, loopback};
use edgewright_test_support::cases::{render, write_case};
use edgewright_test_support::contract::{Outcome, missing_outside};
use edgewright_test_support::random::Random;
use edgewright_test_support::rule_sets::{MAP, RuleSet, request};
use edgewright_test_support::sent::Sent;
use edgewright_test_support::wire::Request;

/// Rule sets when nobody says how many.
const SETS: u64 = 400;
/// Rule sets in one server.
const BATCH: usize = 100;
/// Servers at a time.
const SERVERS: usize = 2;
/// Requests for each.
const REQUESTS: usize = 50;
/// Differences after which a run ends: what comes later mostly has the same reasons.
const ENOUGH: usize = 12;
/// Requests to one rule set without an answer after which nothing more is asked of it. A rule with `N`
/// can make Apache busy for a minute, and then mostly does so for every request.
const ENOUGH_CRASHES: usize = 4;
/// Requests to one rule set that even the reference gives up on, after many seconds each, after which nothing more is asked
/// of it.
const ENOUGH_ENDLESS: usize = 2;
/// An answer that took longer is not asked for again: Apache is busy, it has not crashed.
const BUSY: Duration = Duration::from_secs(5);

/// A rule set with one request that shows a difference.
#[derive(Debug, Clone)]
struct Difference {
    set: RuleSet,
    request: Request,
    apache: Sent,
    engine: &'static str,
    ours: Sent,
}

#[test]
fn random_rule_sets_are_answered_as_apache_does() {
    let sets = number("EDGEWRIGHT_RANDOM_SETS").unwrap_or(SETS);
    let seed = number("EDGEWRIGHT_SEED").unwrap_or_else(usual_seed);
    let repeat = format!(
        "EDGEWRIGHT_SEED={seed} EDGEWRIGHT_RANDOM_SETS={sets} cargo test --features e2e --test e2e random_rule_sets"
    );
    println!("{repeat}");
    let mut random = Random::new(seed);
    let mut findings = Findings::default();
    let mut done = 0;
    while done < sets && findings.differences.len() < ENOUGH {
        let mut batches = Vec::new();
        while batches.len() < SERVERS && done < sets {
            let size = usize::try_from(sets - done).unwrap().min(BATCH);
            batches.push(batch(&mut random, size));
            done += size as u64;
        }
        findings.add(compare_at_once(&batches));
        println!("{done} of {sets} rule sets compared");
    }
    let Findings {
        differences,
        compared,
        crashed,
        over_budget,
    } = findings;
    println!(
        "{compared} requests to {done} rule sets compared, {over_budget} of them over budget; {crashed} more crashed Apache"
    );
    assert!(
        over_budget <= REQUESTS + compared / OVER_BUDGET_ONE_IN,
        "{over_budget} over budget; to repeat: {repeat}"
    );
    let shown: Vec<String> = differences
        .into_iter()
        .take(ENOUGH)
        .map(|one| show(&shrink(one)))
        .collect();
    assert!(
        shown.is_empty(),
        "{} differences; to repeat: {repeat}\n\n{}",
        shown.len(),
        shown.join("\n\n")
    );
}

/// The seed where nobody says one.
fn usual_seed() -> u64 {
    if std::env::var_os("CI").is_some() {
        233
    } else {
        fresh_seed()
    }
}

/// A seed that no run before had.
fn fresh_seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::from(since.subsec_nanos()) ^ (since.as_secs() << 30)
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable)
        .ok()
        .map(|value| value.parse().unwrap())
}

/// Rule sets for one server, with requests to each.
fn batch(random: &mut Random, size: usize) -> Vec<Asked> {
    let main = RuleSet::random_main(random);
    let case = |_| (RuleSet::random(random, &main), requests(random));
    (0..size).map(case).collect()
}

fn requests(random: &mut Random) -> Vec<Request> {
    (0..REQUESTS).map(|_| request(random)).collect()
}

/// A rule set with requests to it.
type Asked = (RuleSet, Vec<Request>);

/// What came of a comparison.
#[derive(Debug, Default)]
struct Findings {
    /// At most one for each rule set.
    differences: Vec<Difference>,
    /// Requests that Apache answered.
    compared: usize,
    /// Requests that made Apache crash: there is no answer to compare with.
    crashed: usize,
    /// Requests whose decision takes more steps than the edge may take.
    over_budget: usize,
}

/// More requests than one in so many may not be over the edge's budget, those of one rule set apart: one that loops takes
/// them all along.
const OVER_BUDGET_ONE_IN: usize = 1_000;

impl Findings {
    fn add(&mut self, other: Self) {
        self.differences.extend(other.differences);
        self.compared += other.compared;
        self.crashed += other.crashed;
        self.over_budget += other.over_budget;
    }
}

/// Compares batches side by side; what comes of them has their order.
fn compare_at_once(batches: &[Vec<Asked>]) -> Findings {
    let mut findings = Findings::default();
    thread::scope(|scope| {
        let mut running = Vec::new();
        for batch in batches {
            running.push(scope.spawn(|| compare(batch)));
        }
        for batch in running {
            findings.add(batch.join().unwrap());
        }
    });
    findings
}

/// Runs every rule set with its requests on Apache and on every engine; those with the same
/// directives before their hosts share a server.
fn compare(cases: &[Asked]) -> Findings {
    let mut by_main: BTreeMap<&[String], Vec<&Asked>> = BTreeMap::new();
    for case in cases {
        by_main.entry(&case.0.main).or_default().push(case);
    }
    let mut findings = Findings::default();
    for (main, cases) in by_main {
        let mut apache = start(main, &cases);
        for (at, (set, requests)) in cases.iter().enumerate() {
            findings.add(compare_set(&mut apache, at, set, requests));
        }
    }
    findings
}

/// One server with a virtual host for every rule set.
fn start(main: &[String], cases: &[&Asked]) -> Apache {
    let root = ServerRoot::new().unwrap();
    let base = root.path().display().to_string();
    let map_file = format!("{base}/m.txt");
    root.write("m.txt", MAP).unwrap();
    let port = ServerRoot::free_port().unwrap();
    let mut text = main.join("\n") + "\n";
    for (at, (set, _)) in cases.iter().enumerate() {
        let document_root = format!("{base}/{at}");
        for (name, content) in set.files(&document_root) {
            root.write(format!("{at}/{name}"), content).unwrap();
        }
        let address = format!("{}:{port}", loopback(at));
        text += &set.virtual_host(&address, &document_root, &map_file);
    }
    let addresses: Vec<_> = (0..cases.len()).map(loopback).collect();
    root.start(text, &addresses, port, Serving::Everything)
        .unwrap()
}

/// Compares until the first difference.
fn compare_set(apache: &mut Apache, at: usize, set: &RuleSet, requests: &[Request]) -> Findings {
    let base = apache.root().path().display().to_string();
    let document_root = format!("{base}/{at}");
    let engines = engines_for(set, &document_root, &format!("{base}/m.txt"));
    let roots = [document_root];
    let mut findings = Findings::default();
    let mut endless = 0;
    for request in requests {
        if endless == ENOUGH_ENDLESS {
            break;
        }
        let Some(answer) = ask(apache, at, request) else {
            findings.crashed += 1;
            if findings.crashed == ENOUGH_CRASHES {
                break;
            }
            continue;
        };
        let expected = Sent::from_apache(&answer, &roots);
        findings.compared += 1;
        let mut answers = engines
            .iter()
            .map(|engine| (engine.name(), engine.sent(request)));
        // What `docs/deviations.md` lists, and only that.
        let unknowable = missing_outside(&answer, &roots);
        // What runs in circles, or looks up requests within requests, is over the edge's budget. Where Apache gives up,
        // too, with a 500, nothing is lost.
        let gives_up = expected.line.outcome == Outcome::Status { status: 500 };
        let mut is_over = false;
        let differs = |(name, ours): &(&str, Sent)| {
            endless += usize::from(*name == REFERENCE && is_over_budget(&ours.line));
            is_over |= is_over_budget(&ours.line) && !gives_up;
            let known = unknowable.as_ref() == Some(&ours.line.outcome)
                || is_over_budget(&ours.line)
                || is_cookie_of_a_file(set, &expected, ours);
            *ours != expected && !known
        };
        let found = answers.find(differs);
        findings.over_budget += usize::from(is_over);
        let found = found
            .map(|(engine, ours)| (engine, expected.clone(), ours))
            .or_else(|| differing_page(&*engines[0], request, &answer, &expected));
        if let Some((engine, apache, ours)) = found {
            findings.differences.push(Difference {
                set: set.clone(),
                request: request.clone(),
                apache,
                engine,
                ours,
            });
            break;
        }
    }
    findings
}

/// Both answers with their pages, where these are known and differ. `HEAD` is answered without a page.
fn differing_page(
    engine: &dyn Engine,
    request: &Request,
    answer: &Answer,
    sent: &Sent,
) -> Option<(&'static str, Sent, Sent)> {
    let is_made = matches!(
        sent.line.outcome,
        Outcome::Redirect { .. } | Outcome::Status { .. }
    );
    if !is_made || request.method == b"HEAD" {
        return None;
    }
    let page = engine.page(request)?;
    let with = |page: &[u8]| {
        let mut sent = sent.clone();
        sent.headers
            .0
            .push(format!("page: {}", page.escape_ascii()));
        sent
    };
    (page != answer.body).then(|| (engine.name(), with(&answer.body), with(&page)))
}

/// Does Apache set a cookie on what it serves, by a line about headers? They are files' headers, which the edge does not make.
fn is_cookie_of_a_file(set: &RuleSet, expected: &Sent, ours: &Sent) -> bool {
    let is_served = matches!(
        expected.line.outcome,
        Outcome::Serve { .. } | Outcome::Proxy { .. }
    );
    is_served && set.sets_cookies_by_header() && {
        let without = |answer: &Sent| {
            let mut without = answer.clone();
            without.line.cookies.clear();
            without
        };
        without(expected) == without(ours)
    }
}

fn engines_for(set: &RuleSet, document_root: &str, map_file: &str) -> Vec<Box<dyn Engine>> {
    let own = set.files(document_root).into_iter();
    let below = own.map(|(name, content)| (format!("{document_root}/{name}"), content));
    let files = below.chain([(map_file.to_owned(), MAP.to_owned())]);
    let hosts = set.virtual_host("*:80", document_root, map_file);
    let main = set.main.join("\n");
    engines(reading(
        &format!("ServerName main.test:80\n{main}\n{hosts}"),
        files,
    ))
}

/// Apache's answer; `None` when the request crashes it every time, or keeps it busy.
fn ask(apache: &mut Apache, at: usize, request: &Request) -> Option<Answer> {
    let begin = Instant::now();
    if let Ok(answer) = apache.answer(loopback(at), request) {
        return Some(answer);
    }
    apache.revive().unwrap();
    if begin.elapsed() > BUSY {
        return None;
    }
    let again = apache.answer(loopback(at), request).ok();
    if again.is_none() {
        apache.revive().unwrap();
    }
    again
}

/// The smallest rule set that still shows a difference, found by leaving out piece after piece.
fn shrink(mut difference: Difference) -> Difference {
    loop {
        let mut requests = simpler(&difference.request);
        requests.insert(0, difference.request.clone());
        let smaller = difference
            .set
            .smaller()
            .into_iter()
            .map(|set| (set, requests[..1].to_vec()));
        let same = requests[1..]
            .iter()
            .map(|request| (difference.set.clone(), vec![request.clone()]));
        let candidates: Vec<_> = smaller.chain(same).collect();
        match compare(&candidates).differences.into_iter().next() {
            Some(smaller) => difference = smaller,
            None => return difference,
        }
    }
}

/// The request with one thing less.
fn simpler(request: &Request) -> Vec<Request> {
    let mut all = Vec::new();
    for at in 0..request.headers.len() {
        let mut less = request.clone();
        less.headers.remove(at);
        all.push(less);
    }
    if let Some(mark) = request.target.iter().position(|byte| *byte == b'?') {
        all.push(Request {
            target: request.target[..mark].to_vec(),
            ..request.clone()
        });
    }
    if request.method != b"GET" {
        all.push(Request {
            method: b"GET".to_vec(),
            ..request.clone()
        });
    }
    if request.host.as_deref() != Some(b"h.test") {
        all.push(Request {
            host: Some(b"h.test".to_vec()),
            ..request.clone()
        });
    }
    all
}

/// A difference as a case for `tests/cases`.
fn show(difference: &Difference) -> String {
    let answers = format!(
        "  apache    {}\n  {:9} {}",
        render(&difference.apache),
        difference.engine,
        render(&difference.ours)
    );
    write_case(&difference.set, &difference.request, &answers)
}
