//! Which functions a count went to.
//!
//! In: one of callgrind's files. Out: functions with their own instructions, the heaviest first.
//! Absent: who called whom. (`callgrind_annotate` takes files that begin inside a function for
//! nothing but `main`.)

use std::collections::{BTreeMap, HashMap};

/// Functions with their instructions, without those of the functions they call. One that was
/// inlined is counted with its caller.
pub fn heaviest(text: &str) -> Vec<(u64, String)> {
    let mut names = HashMap::new();
    let mut costs: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut function, mut is_call) = ("", false);
    for line in text.lines() {
        if let Some(reference) = line.strip_prefix("fn=") {
            function = named(reference, &mut names);
        } else if let Some(reference) = line.strip_prefix("cfn=") {
            named(reference, &mut names);
        } else if line.starts_with("calls=") {
            // The next line has what the called function took.
            is_call = true;
        } else if let Some(cost) = cost(line) {
            if !is_call {
                *costs.entry(function).or_default() += cost;
            }
            is_call = false;
        }
    }
    let name = |id: &str| names.get(id).copied().unwrap_or(id).to_owned();
    let mut all: Vec<_> = costs.iter().map(|(id, cost)| (*cost, name(id))).collect();
    all.sort_unstable_by(|one, other| other.cmp(one));
    all
}

/// The id of `(7) name`, which is how a function is first mentioned, or of `(7)`.
fn named<'a>(reference: &'a str, names: &mut HashMap<&'a str, &'a str>) -> &'a str {
    match reference.split_once(' ') {
        Some((id, name)) => {
            names.insert(id, name);
            id
        }
        None => reference,
    }
}

/// The cost of a line `position cost`; a position is a number, or relative to the one before.
fn cost(line: &str) -> Option<u64> {
    let (position, cost) = line.split_once(' ')?;
    let is_position = position.starts_with(|first| "+-*0123456789".contains(first));
    is_position.then(|| cost.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_not_counted_with_the_caller() {
        let text = "events: Ir\nsummary: 60\n\nfn=(1) a::main\n0 10\n+4 5\ncfn=(2) b::work\ncalls=3 0\n+1 45\nfn=(2)\n* 45\nfn=(1)\n-2 1\n";
        let expected = [(45, "b::work".to_owned()), (16, "a::main".to_owned())];
        assert_eq!(heaviest(text), expected);
    }
}
