//! Examples that were computed by hand.

#![expect(clippy::unwrap_used, reason = "a failed test should say so")]

use super::super::options::FunctionOptions;
use super::super::stack::Dependence;
use super::*;

fn way(trigger: Trigger, entries: Entries, regions: &[&str], has_viewer_function: bool) -> Way {
    Way {
        trigger,
        entries,
        regions: regions.iter().copied().map(str::to_owned).collect(),
        has_viewer_function,
    }
}

/// Of `millions` of requests, `answered` of them by the cache: requests, calls, time, function in front, reads, all in cents
/// of a cent.
#[track_caller]
fn check(way: &Way, (millions, answered): (f64, f64), expected: [f64; 5]) {
    let month = Month {
        requests: millions * 1e6,
        answered,
    };
    let prices = Prices::current().unwrap();
    let costs = way.costs(month, None, &Assumptions::default(), &prices);
    let parts = [
        costs.requests,
        costs.calls,
        costs.duration,
        costs.viewer_function,
        costs.reads,
    ];
    for (part, expected) in parts.iter().zip(expected) {
        assert!((part - expected).abs() < 1e-4, "{parts:?}, not {expected}");
    }
    // 100 million answers of 10,000 bytes are 931 of 1,024 GB that are free.
    assert!(millions > 100.0 || costs.transfer == 0.0);
    let sum: f64 = parts.iter().sum();
    assert!((costs.total() - costs.transfer - sum).abs() < 1e-9);
}

#[test]
fn at_viewer_request_each_request_is_a_call() {
    let packed = way(
        Trigger::ViewerRequest,
        Entries::Package,
        &["us-east-1"],
        false,
    );
    // 1 ms of 128 MB: 0.000125 GB-s a call.
    check(&packed, (10.0, 0.9), [0.0, 6.0, 0.0625, 0.0, 0.0]);
    check(&packed, (100.0, 0.0), [90.0, 60.0, 0.6251, 0.0, 0.0]);
    let table = way(
        Trigger::ViewerRequest,
        Entries::Table,
        &["us-east-1"],
        false,
    );
    // 10 ms of 128 MB; half a read unit of $0.125 a million.
    check(&table, (100.0, 0.5), [90.0, 60.0, 6.2513, 0.0, 6.25]);
}

#[test]
fn at_origin_request_only_misses_are_calls() {
    let packed = way(
        Trigger::OriginRequest,
        Entries::Package,
        &["us-east-1"],
        false,
    );
    // 1 ms of 512 MB: 0.0005 GB-s a call.
    check(&packed, (100.0, 0.0), [90.0, 60.0, 2.5005, 0.0, 0.0]);
    check(&packed, (100.0, 0.9), [90.0, 6.0, 0.2501, 0.0, 0.0]);
    check(&packed, (100.0, 1.0), [90.0, 0.0, 0.0, 0.0, 0.0]);
    // Two million calls of a CloudFront Function are free; it is called for every request.
    let first = way(
        Trigger::OriginRequest,
        Entries::Package,
        &["us-east-1"],
        true,
    );
    check(&first, (10.0, 0.5), [0.0, 3.0, 0.125, 0.8, 0.0]);
    check(&first, (1.0, 0.5), [0.0, 0.3, 0.0125, 0.0, 0.0]);
    // 5 ms of 512 MB: 0.0025 GB-s a call.
    let table = way(
        Trigger::OriginRequest,
        Entries::Table,
        &["us-east-1"],
        false,
    );
    check(&table, (100.0, 0.8), [90.0, 12.0, 2.5005, 0.0, 1.25]);
    // Half of the reads at $0.1415.
    let two = way(
        Trigger::OriginRequest,
        Entries::Table,
        &["us-east-1", "eu-west-1"],
        false,
    );
    check(&two, (100.0, 0.0), [90.0, 60.0, 12.5025, 0.0, 6.6625]);
}

#[test]
fn where_viewers_are_and_how_much_they_get_counts() {
    let packed = way(
        Trigger::OriginRequest,
        Entries::Package,
        &["us-east-1"],
        false,
    );
    let prices = Prices::current().unwrap();
    for (place, kilobytes, requests, transfer) in [
        ("North America", 10.0, 90.0, 0.0),
        ("South America", 10.0, 198.0, 0.0),
        // 100 million of 200 kB are 18,626.45 GB: 10,240 at $0.085 and 7,362.45 at $0.080.
        ("North America", 200.0, 90.0, 1459.3961),
        ("Japan", 200.0, 108.0, 1822.6181),
        ("nowhere", 10.0, 0.0, 0.0),
    ] {
        let assumed = Assumptions {
            viewers: place.to_owned(),
            answer_bytes: kilobytes * 1e3,
            invalidated_paths: 1_200.0,
            ..Assumptions::default()
        };
        let month = Month {
            requests: 1e8,
            answered: 0.0,
        };
        let costs = packed.costs(month, None, &assumed, &prices);
        assert!(
            (costs.requests - requests).abs() < 1e-6,
            "{place} {costs:?}"
        );
        assert!(
            (costs.transfer - transfer).abs() < 1e-3,
            "{place} {costs:?}"
        );
        let paths = if place == "nowhere" { 0.0 } else { 1.0 };
        assert!(
            (costs.invalidations - paths).abs() < 1e-9,
            "{place} {costs:?}"
        );
    }
}

#[test]
fn a_table_is_paid_in_every_region() {
    // Units: write 2 + 1, read 1 + 1.
    let weight = Weight::of([1500, 500]);
    let expected = Weight {
        items: 2,
        bytes: 2000,
        write_units: 3,
        read_units: 2,
    };
    assert_eq!(weight, expected);
    let prices = Prices::current().unwrap();
    let deployed = weight.deployed(&["us-east-1", "eu-west-1", "nowhere-1"], &prices);
    let units = 3e-6 * (0.625 + 0.705 + 0.625) + 4e-6 * (0.125 + 0.1415 + 0.125);
    let transfer = 2.0 * 2000.0 / GIGABYTE * 0.02;
    assert!((deployed.transfer - transfer).abs() < 1e-15);
    assert!((deployed.dollars - units - transfer).abs() < 1e-12);
    assert_eq!(deployed.unlisted, ["nowhere-1"]);
}

#[test]
fn storage_above_the_free_gigabytes_and_all_backups_are_paid() {
    // A million items of 10,637.4 bytes and 100 more each are 10 GB.
    let weight = Weight {
        items: 0,
        bytes: 10 * 1_073_741_824,
        ..Weight::default()
    };
    let prices = Prices::current().unwrap();
    for (generations, regions, expected) in [
        (1.0, &["us-east-1"][..], 10.0 * 0.20),
        (3.0, &["us-east-1"], 5.0 * 0.25 + 30.0 * 0.20),
        (3.0, &["us-east-1", "eu-west-1"], 5.0 * 0.533 + 30.0 * 0.42),
    ] {
        let stored = weight.stored(generations, regions, &prices);
        assert!((stored - expected).abs() < 1e-9, "{stored}, not {expected}");
    }
    let small = Weight {
        items: 10_737_418,
        bytes: 24,
        ..Weight::default()
    };
    assert!((small.stored(1.0, &["us-east-1"], &prices) - 0.20).abs() < 1e-6);
}

fn stack(options: FunctionOptions) -> Stack {
    Stack::new(options, Dependence::default()).unwrap()
}

#[test]
fn prices_that_nobody_checked_are_named() {
    let prices = Prices::current().unwrap();
    for (table, regions, expected) in [
        (false, &["sa-east-1"][..], &[][..]),
        (true, &["us-east-1"], &[]),
        (true, &["eu-west-1"], &["transfer between Regions"]),
        (
            true,
            &["us-east-1", "sa-east-1", "eu-west-2"],
            &[
                "DynamoDB in sa-east-1, eu-west-2",
                "transfer between Regions",
            ],
        ),
    ] {
        let options = FunctionOptions {
            table: table.then(|| "t".to_owned()),
            regions: regions.iter().copied().map(str::to_owned).collect(),
            ..FunctionOptions::default()
        };
        let entries = Entries::of(&options);
        let way = Way::of(&stack(options), entries).unwrap();
        assert_eq!(way.unchecked(&prices), expected, "{regions:?}");
    }
}

#[test]
fn the_block_compares_ways_and_is_short() {
    let own = crate::hits::Hits {
        requests: 1000,
        hits: 468,
        keys: 2,
        paths: 1,
    };
    let text = of_a_made_up_month(&stack(FunctionOptions::default()), Some(own), None).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!((8..=12).contains(&lines.len()), "{text}");
    for line in [
        "              0 %             50 %             90 %         46.8 % *",
        "       6.25 / 153       3.13 / 121     0.63 / 96.25       3.33 / 123  as packed: origin-request, entries in the package",
        "       6.06 / 151  whatever it answers                                --trigger viewer-request: viewer-request, entries in the package",
    ] {
        assert!(lines.contains(&line), "{line}\nis not in\n{text}");
    }
    assert!(text.contains("prices of 2026-"), "{text}");
}

#[test]
fn a_log_goes_on_for_a_month() {
    let hits = Some(crate::hits::Hits {
        requests: 100_000,
        hits: 50_000,
        keys: 2,
        paths: 1,
    });
    for (seconds, expected) in [
        (
            Some(86_400),
            "3,043,750 requests (the log has 100,000 in 1.0 days), 50.0 %",
        ),
        (
            Some(59),
            "100,000 requests (the log's 100,000, taken for a month's)",
        ),
        (
            None,
            "100,000 requests (the log's 100,000, taken for a month's)",
        ),
    ] {
        let logged = LoggedMonth {
            requests: 100_000,
            hits,
            seconds,
        };
        let costs = of_a_log(&stack(FunctionOptions::default()), &logged, None).unwrap();
        assert!(costs.lines[0].contains(expected), "{costs:?}");
        assert_eq!(costs.ways.len(), 4);
    }
}
