//! Texts that make a pattern work hard.
//!
//! In: a pattern. Out: [`Storm`]s, texts with a part that can be made as long as one likes. Absent: finding out how
//! hard: whoever asks matches them and looks at the steps.

use crate::pattern::Pattern;
use crate::pattern::set::Set;
use crate::pattern::syntax::{Fidelity, Node};

/// Storms of one pattern, at most.
const MOST: usize = 12;

/// What a repeated part is followed by: a byte that few patterns know, or nothing.
const ENDS: [&[u8]; 2] = [b"!", b""];

/// A text of three parts, of which the middle one is repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storm {
    /// What stands before.
    pub before: Vec<u8>,
    /// What is repeated; never empty.
    pub unit: Vec<u8>,
    /// Where in the unit its number stands, from 1 on, where each is to differ from the others.
    pub number: Option<usize>,
    /// What stands after.
    pub after: Vec<u8>,
}

impl Storm {
    /// The text with `count` units.
    pub fn text(&self, count: usize) -> Vec<u8> {
        let mut text = self.before.clone();
        match self.number {
            None => text.extend(self.unit.repeat(count)),
            Some(at) => {
                let (head, tail) = self.unit.split_at(at.min(self.unit.len()));
                for number in 1..=count {
                    text.extend([head, number.to_string().as_bytes(), tail].concat());
                }
            }
        }
        text.extend_from_slice(&self.after);
        text
    }

    /// How many units make a text of about `length` bytes.
    pub fn count_for(&self, length: usize) -> usize {
        let rest = length.saturating_sub(self.before.len() + self.after.len());
        let digits = if self.number.is_some() { 4 } else { 0 };
        rest / (self.unit.len() + digits).max(1)
    }
}

impl Pattern {
    /// May a search take more than a few steps for each byte?
    pub fn may_work_hard(&self) -> bool {
        self.engines().code.is_none()
    }

    /// Texts that repeat what the pattern repeats.
    pub fn storms(&self) -> Vec<Storm> {
        let mut pumps = Vec::new();
        let syntax = self.syntax();
        let syntax = syntax.filter(|syntax| syntax.fidelity == Fidelity::Same);
        match &syntax {
            Some(syntax) => pump(&syntax.root, &[], &mut pumps),
            None => pumps.extend([(b"/".to_vec(), b"a".to_vec()), (Vec::new(), b"a".to_vec())]),
        }
        let numbered = syntax.and_then(|syntax| numbered(&syntax.root));
        let all = pumps.into_iter().flat_map(|(before, unit)| {
            ENDS.map(|after| Storm {
                before: before.clone(),
                unit: unit.clone(),
                number: None,
                after: after.to_vec(),
            })
        });
        let all = numbered.into_iter().chain(all);
        let mut storms: Vec<Storm> = Vec::new();
        for storm in all {
            if storms.len() < MOST && !storms.contains(&storm) {
                storms.push(storm);
            }
        }
        storms
    }
}

/// Adds what stands before each repetition of `node`, and what is repeated.
fn pump(node: &Node, before: &[u8], pumps: &mut Vec<(Vec<u8>, Vec<u8>)>) {
    match node {
        Node::Concat(parts) => {
            let mut before = before.to_vec();
            for part in parts {
                pump(part, &before, pumps);
                sample(part, &mut before);
            }
        }
        Node::Alternation(branches) => branches
            .iter()
            .for_each(|branch| pump(branch, before, pumps)),
        Node::Group { inner, .. } | Node::Atomic(inner) | Node::Look { inner, .. } => {
            pump(inner, before, pumps);
        }
        Node::Repeat { inner, most, .. } => {
            if *most == u32::MAX {
                pumps.extend(units(inner).into_iter().map(|unit| (before.to_vec(), unit)));
            }
            pump(inner, before, pumps);
        }
        Node::Empty
        | Node::Literal(_)
        | Node::Set(_)
        | Node::Place(_)
        | Node::Reference { .. }
        | Node::Keep
        | Node::Opaque(_) => {}
    }
}

/// Many different texts for the group that a pattern in a row refers to: what refers to it is looked for behind each.
fn numbered(tree: &Node) -> Option<Storm> {
    let Node::Concat(parts) = tree else {
        return None;
    };
    let reference = |part: &Node| match part {
        Node::Reference { group, .. } => Some(*group),
        _ => None,
    };
    let group = parts.iter().find_map(reference)?;
    let end = parts.iter().position(|part| reference(part).is_some())?;
    let is_meant = |part: &Node| matches!(part, Node::Group { number, .. } if *number == group);
    let start = parts.iter().position(is_meant)?;
    let mut unit = Vec::new();
    let mut number = 0;
    for (at, part) in parts.get(..end)?.iter().enumerate() {
        let may_be_left_out = matches!(part, Node::Repeat { least: 0, .. });
        if !may_be_left_out {
            sample(part, &mut unit);
        }
        if at == start {
            number = unit.len();
        }
    }
    Some(Storm {
        // The first unit begins as the pattern does.
        before: Vec::new(),
        unit,
        number: Some(number),
        after: b"!".to_vec(),
    })
}

/// What may be repeated: a text for each branch of a choice.
fn units(node: &Node) -> Vec<Vec<u8>> {
    let texts = match node {
        Node::Group { inner, .. } | Node::Atomic(inner) => return units(inner),
        Node::Alternation(branches) => branches.iter().map(sampled).collect(),
        Node::Set(set) if set.contains(b'/') && set.contains(b'a') => {
            vec![b"a".to_vec(), b"/a".to_vec(), b"/".to_vec()]
        }
        node => vec![sampled(node)],
    };
    texts
        .into_iter()
        .filter(|text: &Vec<u8>| !text.is_empty())
        .collect()
}

fn sampled(node: &Node) -> Vec<u8> {
    let mut text = Vec::new();
    sample(node, &mut text);
    text
}

/// Adds a short text that the part matches; one round for what may have none.
fn sample(node: &Node, text: &mut Vec<u8>) {
    match node {
        Node::Literal(literal) => text.extend_from_slice(&literal.bytes),
        Node::Set(set) => text.extend(usual(set)),
        Node::Concat(parts) => parts.iter().for_each(|part| sample(part, text)),
        Node::Alternation(branches) => {
            let texts = branches.iter().map(sampled);
            text.extend(texts.min_by_key(Vec::len).unwrap_or_default());
        }
        Node::Group { inner, .. } | Node::Atomic(inner) => sample(inner, text),
        Node::Repeat { inner, least, .. } => {
            (0..(*least).clamp(1, 8)).for_each(|_| sample(inner, text));
        }
        Node::Empty
        | Node::Place(_)
        | Node::Look { .. }
        | Node::Reference { .. }
        | Node::Keep
        | Node::Opaque(_) => {}
    }
}

/// A byte of a set, one that stands in URLs if there is one.
fn usual(set: &Set) -> Option<u8> {
    let usual = b"a1_-./%".iter().copied().chain(b'a'..=b'z');
    let any = usual.chain(b'!'..=b'~').chain(0..=u8::MAX);
    any.into_iter().find(|byte| set.contains(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::{Allowance, Budget, DECISION_STEPS};
    use crate::pattern::PatternOptions;
    use crate::pattern::matching::Captures;

    /// Does one of the storms of `length` bytes take more than a decision may?
    fn check(pattern: &str, length: usize, expected: bool) {
        let pattern = Pattern::new(pattern, PatternOptions::default());
        let is_over = pattern.storms().iter().any(|storm| {
            let budget = Budget::new(Allowance::steps(DECISION_STEPS));
            let text = storm.text(storm.count_for(length));
            pattern.find(&text, &mut Captures::new(), &budget);
            budget.is_spent()
        });
        assert_eq!(
            is_over,
            expected,
            "{}",
            String::from_utf8_lossy(&pattern.text)
        );
    }

    #[test]
    fn hard_work_is_found() {
        check("^/a$", 8_000, false);
        check("^/a/(.*)$", 8_000, false);
        check("^/([^/]+)/([^/]+)\\.html$", 8_000, false);
        check(r"(?=.*(.+)\1+x)(.*)", 8_000, true);
        check(r"^(.*)(.*)(.*)\3z$", 8_000, true);
        check("^/(.*)*x$", 8_000, true);
        check(r"/([^/]+)/(.*/)?\1(?:/|$)", 8_000, true);
        check(r"(?:^|&)([^=&]+)=[^&]*&(?:.*&)?\1=", 8_000, true);
    }
}
