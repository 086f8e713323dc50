//! How many requests of a made-up day the cache answers, before and after the class.
//!
//! In: public configurations, and the day of `hits::made_up`. Out: hit ratios, printed with `--nocapture`.
//! `EDGEWRIGHT_REQUESTS` says how many requests the day has.

use std::path::Path;

use edgewright_compiler::class::ViewerClass;
use edgewright_compiler::hits::made_up::Day;
use edgewright_compiler::hits::{Hits, KeyParts};
use edgewright_compiler::inputs::Inputs;
use edgewright_engine::model::site::Site;
use edgewright_test_support::corpus::corpus;

use super::corpus::read_one;

/// Percent that the class has to add to the answers of the cache.
#[derive(Clone, Copy)]
struct Gain(usize);

/// Says what becomes of the hit ratio.
fn check((name, site): (&str, &Site), day: &Day, Gain(gain): Gain) {
    let inputs = Inputs::of(site);
    let all = inputs.iter().map(|(input, _)| input.clone());
    let class = ViewerClass::of(site);
    let raw = KeyParts::new(all, None);
    let classed = match &class {
        Some(class) => KeyParts::new(class.raw.iter().cloned(), Some(class)),
        None => raw.clone(),
    };
    let [path, raw, classed] = [&KeyParts::default(), &raw, &classed].map(|key| day.hits(key));
    let [ideal, before, after] = [path, raw, classed].map(|hits| hits.share());
    let [keys_before, keys_after] = [raw, classed].map(|hits| hits.keys_a_path());
    println!(
        "{name}: trigger before {}, keys a page {keys_before} → {keys_after}, hits {before} → {after} (path alone {ideal})",
        inputs.trigger().name(),
    );
    let percent = |hits: Hits| hits.hits * 100 / hits.requests;
    assert!(percent(path) >= percent(classed), "{name}");
    assert!(percent(classed) >= percent(raw) + gain, "{name}");
}

#[test]
fn a_day_of_traffic() {
    let count = std::env::var("EDGEWRIGHT_REQUESTS").ok();
    let day = Day::new(count.map_or(100_000, |text| text.parse().unwrap()));
    let legacy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/legacy-site/httpd.conf");
    let site = read_one(&legacy, "vhost").site;
    check(("legacy-site", &site), &day, Gain(15));
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
        check((file, &site), &day, Gain(0));
    }
}
