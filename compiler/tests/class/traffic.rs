//! How many requests of a day the cache answers, before and after the class.
//!
//! In: public configurations and a made day: 2,000 URLs, the first of which are asked for most (Zipf), 20,000 viewers with
//! browsers, apps, robots, languages, referrers and cookies in round public shares; one cache, 300 seconds. Out: hit
//! ratios, printed with `--nocapture`. `EDGEWRIGHT_REQUESTS` says how many requests the day has.

use std::collections::HashMap;
use std::path::Path;

use edgewright_compiler::class::ViewerClass;
use edgewright_compiler::inputs::{Input, Inputs};
use edgewright_engine::model::site::Site;
use edgewright_test_support::corpus::corpus;
use edgewright_test_support::random::Random;

use super::corpus::read_one;
use super::viewer::Viewer;

const DAY: usize = 86_400;
const URLS: usize = 2_000;
const VIEWERS: usize = 20_000;
/// Seconds that an answer is kept.
const KEPT: usize = 300;

fn agent(random: &mut Random) -> String {
    let number = random.below(32);
    match random.below(100) {
        0..45 => format!(
            "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36",
            random.pick(&[
                "Windows NT 10.0; Win64; x64",
                "Macintosh; Intel Mac OS X 10_15_7",
                "X11; Linux x86_64",
                "Linux; Android 10; K"
            ]),
            110 + number
        ),
        45..70 => format!(
            "Mozilla/5.0 ({}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{}.{} Safari/604.1",
            random.pick(&[
                "iPhone; CPU iPhone OS 17_5 like Mac OS X",
                "iPad; CPU OS 17_5 like Mac OS X",
                "Macintosh; Intel Mac OS X 10_15_7"
            ]),
            15 + number % 4,
            number / 4
        ),
        70..78 => format!(
            "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0",
            100 + number
        ),
        78..93 => format!(
            "Mozilla/5.0 (Linux; Android 13; SM-{}) [FBAN/FB4A;FBAV/{}.0]",
            random.below(60),
            400 + random.below(25)
        ),
        _ => random
            .pick(&[
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                "Mozilla/5.0 (compatible; bingbot/2.0)",
                "curl/8.5.0",
                "python-requests/2.31",
                "GPTBot/1.1",
            ])
            .to_owned(),
    }
}

fn day_viewer(random: &mut Random) -> Viewer {
    let mut headers = vec![("User-Agent".to_owned(), agent(random))];
    let accept = if random.percent(70) {
        random
            .pick(&[
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                "text/html",
                "*/*",
            ])
            .to_owned()
    } else {
        format!(
            "{};q=0.{}",
            random.pick(&[
                "text/turtle",
                "application/rdf+xml",
                "application/ld+json",
                "application/n-triples"
            ]),
            random.below(10)
        )
    };
    headers.push(("Accept".to_owned(), accept));
    if random.percent(97) {
        let language = random.pick(&[
            "en-US,en", "en-GB,en", "de-DE,de", "fr-FR,fr", "es-ES,es", "ja", "zh-CN,zh",
        ]);
        let q = if random.percent(60) {
            9
        } else {
            random.below(10)
        };
        headers.push(("Accept-Language".to_owned(), format!("{language};q=0.{q}")));
    }
    if random.percent(55) {
        let number = random.below(1400);
        let referrer = match number {
            0..400 => "https://www.google.com/".to_owned(),
            _ => format!("https://site{number}.example/page"),
        };
        headers.push(("Referer".to_owned(), referrer));
    }
    let mut cookies = Vec::new();
    if random.percent(70) {
        cookies.push(("_ga".to_owned(), format!("GA1.2.{}", random.bits())));
    }
    Viewer {
        method: "GET",
        target: "/".to_owned(),
        host: "h.test",
        client: format!("198.51.{}.{}", random.below(256), random.below(256)),
        headers,
        cookies,
    }
}

/// Which of a series of keys each viewer has: viewers with one number share answers.
fn numbered(keys: impl Iterator<Item = Vec<String>>) -> Vec<usize> {
    let mut known: HashMap<Vec<String>, usize> = HashMap::new();
    keys.map(|key| {
        let next = known.len();
        *known.entry(key).or_insert(next)
    })
    .collect()
}

/// Requests of a day: second, URL, viewer.
fn day(count: usize) -> Vec<(usize, usize, usize)> {
    let mut weights = Vec::with_capacity(URLS);
    let mut total = 0.0;
    for rank in 1_u32.. {
        if weights.len() == URLS {
            break;
        }
        total += 1.0 / f64::from(rank);
        weights.push(total);
    }
    let mut random = Random::new(7);
    let mut requests = Vec::with_capacity(count);
    for at in 0..count {
        let share =
            f64::from(u32::try_from(random.below(1 << 30)).unwrap()) / f64::from(1_u32 << 30);
        let url = weights.partition_point(|weight| *weight < share * total);
        requests.push((at * DAY / count, url, random.below(VIEWERS)));
    }
    requests
}

fn hits(requests: &[(usize, usize, usize)], groups: &[usize]) -> f64 {
    let mut until: HashMap<(usize, usize), usize> = HashMap::new();
    let mut hits = 0_u32;
    for (second, url, viewer) in requests {
        let end = until.entry((*url, groups[*viewer])).or_insert(0);
        if *second < *end {
            hits += 1;
        } else {
            *end = second + KEPT;
        }
    }
    f64::from(hits) / f64::from(u32::try_from(requests.len()).unwrap()) * 100.0
}

/// Says what becomes of the hit ratio, and gives the one with the class.
fn measured(
    name: &str,
    site: &Site,
    requests: &[(usize, usize, usize)],
    viewers: &[Viewer],
) -> (f64, f64) {
    let inputs = Inputs::of(site);
    let all = ViewerClass {
        guards: Vec::new(),
        raw: inputs
            .iter()
            .map(|(input, _)| input.clone())
            .filter(Input::can_be_cache_key)
            .collect(),
        cookies: edgewright_compiler::class::SetCookies::Never,
        marks: edgewright_engine::model::marks::Marks::default(),
    };
    let before = numbered(viewers.iter().map(|viewer| viewer.raw_key(&all)));
    let class = ViewerClass::of(site);
    let after = match &class {
        None => before.clone(),
        Some(class) => numbered(viewers.iter().map(|viewer| {
            let mut key = viewer.raw_key(class);
            key.push(viewer.class(class));
            key
        })),
    };
    let path = vec![0; viewers.len()];
    let keys = |groups: &[usize]| groups.iter().max().map_or(0, |most| most + 1);
    let [ideal, raw, classed] = [&path, &before, &after].map(|groups| hits(requests, groups));
    println!(
        "{name}: trigger before {}, keys for a URL {} → {}, hits {raw:.1} % → {classed:.1} % (path alone {ideal:.1} %)",
        inputs.trigger().name(),
        keys(&before),
        keys(&after)
    );
    (raw, classed)
}

#[test]
fn a_day_of_traffic() {
    let count = std::env::var("EDGEWRIGHT_REQUESTS").ok();
    let count = count.map_or(100_000, |text| text.parse().unwrap());
    let requests = day(count);
    let mut random = Random::new(8);
    let viewers: Vec<Viewer> = (0..VIEWERS).map(|_| day_viewer(&mut random)).collect();
    let legacy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/legacy-site/httpd.conf");
    let site = read_one(&legacy, "vhost").site;
    let (raw, classed) = measured("legacy-site", &site, &requests, &viewers);
    assert!(raw < 5.0 && classed > 15.0, "{raw} {classed}");
    let Some(corpus) = corpus() else { return };
    for (file, context) in [
        (
            "saivks-unc/conf.d/httpd-carolina-common.conf",
            "vhost-include",
        ),
        ("mozilla-redirects/redirects.conf", "vhost"),
        ("w3id-a/AgoraOWL/.htaccess", "htaccess"),
        ("w3id-a/AnonymizationOntology/.htaccess", "htaccess"),
        ("w3id-a/BCI-ontology/.htaccess", "htaccess"),
        ("w3id-a/BIGOWLAlgorithm/.htaccess", "htaccess"),
        ("w3id-a/BIGOWLAlgorithms/.htaccess", "htaccess"),
    ] {
        let site = read_one(&corpus.join(file), context).site;
        let (raw, classed) = measured(file, &site, &requests, &viewers);
        assert!(classed >= raw, "{file}");
    }
}
