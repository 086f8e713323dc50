//! Requests of one class get one answer.
//!
//! `EDGEWRIGHT_CASES` says how many requests are compared.

use std::collections::HashMap;

use edgewright_compiler::class::ViewerClass;
use edgewright_engine::model::forwarded_for::ForwardedFor;
use edgewright_engine::model::outcome::{Answer, Outcome};
use edgewright_test_support::random::Random;

use super::{random, reading};

/// Requests for each configuration.
const VIEWERS: usize = 400;

/// What is done to a class before it is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    AsItIs,
    /// One digit is lost, as by a fault in the compiler.
    WithoutADigit,
}

/// How many requests were compared, how many configurations have a class, in how many a class has two answers.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    requests: usize,
    classes: usize,
    configurations: usize,
    unsound: Vec<String>,
}

/// What of an answer a viewer gets: a request that goes on has no headers yet.
fn delivered(answer: Answer) -> Answer {
    match answer.outcome {
        Outcome::Redirect { .. } | Outcome::Status { .. } => answer,
        Outcome::Serve { .. }
        | Outcome::Proxy { .. }
        | Outcome::OverBudget
        | Outcome::Unsupported { .. } => Answer {
            vary: Vec::new(),
            ..answer
        },
    }
}

fn compare(cases: usize, how: Class) -> Count {
    let mut random = Random::new(28);
    let mut count = Count::default();
    while count.requests < cases {
        let text = random::configuration(&mut random);
        let reading = reading(&text);
        assert!(reading.first_error().is_none(), "{text}");
        count.configurations += 1;
        let Some(mut class) = ViewerClass::of(&reading.site) else {
            continue;
        };
        class.forwarded_for = random.pick(&ForwardedFor::ALL);
        if how == Class::WithoutADigit && class.guards.is_empty() {
            continue;
        }
        if how == Class::WithoutADigit {
            class.guards.remove(random.below(class.guards.len()));
        }
        count.classes += 1;
        let mut answers: HashMap<Vec<Vec<u8>>, Answer> = HashMap::new();
        let mut unsound = None;
        for _ in 0..VIEWERS {
            let viewer = random::viewer(&mut random);
            let key = viewer.key(&class);
            let answer = delivered(viewer.answer(&reading.site, class.forwarded_for));
            count.requests += 1;
            let first = answers.entry(key.clone()).or_insert_with(|| answer.clone());
            if *first != answer {
                unsound = Some(format!(
                    "{text}\n{key:?}\n{viewer:?}\n{first:?}\n{answer:?}"
                ));
            }
        }
        count.unsound.extend(unsound);
    }
    count
}

#[test]
fn one_class_has_one_answer() {
    let cases = std::env::var("EDGEWRIGHT_CASES").ok();
    let cases = cases.map_or(40_000, |text| text.parse().unwrap());
    let count = compare(cases, Class::AsItIs);
    println!(
        "{} requests, {} of {} configurations with a class, {} with two answers in one",
        count.requests,
        count.classes,
        count.configurations,
        count.unsound.len()
    );
    assert!(count.unsound.is_empty(), "{}", count.unsound[0]);
    assert!(count.classes * 2 > count.configurations);
}

#[test]
fn a_lost_digit_is_noticed() {
    let count = compare(20_000, Class::WithoutADigit);
    assert!(
        count.unsound.len() * 4 > count.classes,
        "{} of {}",
        count.unsound.len(),
        count.classes
    );
}
