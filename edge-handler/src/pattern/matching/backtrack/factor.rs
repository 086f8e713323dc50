//! Branches that begin alike share their beginning.
//!
//! In: a tree. Out: a tree with the same matches in the same order, in which a long list of words (robots,
//! spam) is a search tree. Absent: everything else.
//!
//! Of branches beside one another that begin with bytes, those with the same first byte come together. That
//! changes no order that counts: of two branches that begin with different bytes only one can match.

use crate::pattern::set::Set;
use crate::pattern::syntax::Node;

/// The tree with its branches joined.
pub(super) fn factored(node: Node) -> Node {
    match node {
        Node::Alternation(branches) => {
            let branches = branches.into_iter().map(factored).collect();
            choice(branches)
        }
        Node::Concat(parts) => Node::Concat(parts.into_iter().map(factored).collect()),
        Node::Group {
            number,
            name,
            inner,
        } => Node::Group {
            number,
            name,
            inner: boxed(*inner),
        },
        Node::Atomic(inner) => Node::Atomic(boxed(*inner)),
        Node::Repeat {
            inner,
            least,
            most,
            greed,
        } => Node::Repeat {
            inner: boxed(*inner),
            least,
            most,
            greed,
        },
        // The branches of a look behind have lengths of their own.
        node @ (Node::Look { .. }
        | Node::Empty
        | Node::Literal(_)
        | Node::Set(_)
        | Node::Place(_)
        | Node::Reference { .. }
        | Node::Keep
        | Node::Opaque(_)) => node,
    }
}

fn boxed(node: Node) -> Box<Node> {
    Box::new(factored(node))
}

/// A first byte, or the two cases of a first letter.
fn head(branch: &Node) -> Option<Set> {
    match branch {
        Node::Literal(literal) => literal.set(0),
        Node::Set(set) => set.is_one_letter().then_some(*set),
        Node::Concat(parts) => head(parts.first()?),
        _ => None,
    }
}

/// Joins the branches of each stretch that begin with bytes.
fn choice(branches: Vec<Node>) -> Node {
    let mut out: Vec<Node> = Vec::new();
    let mut groups: Vec<(Set, Node, Vec<Node>)> = Vec::new();
    for branch in branches {
        let Some(first) = head(&branch) else {
            flush(&mut groups, &mut out);
            out.push(branch);
            continue;
        };
        let (head, rest) = split(branch);
        if let Some((_, _, rests)) = groups.iter_mut().find(|(known, ..)| *known == first) {
            rests.push(rest);
            continue;
        }
        if groups.iter().any(|(known, ..)| !known.is_disjoint(&first)) {
            flush(&mut groups, &mut out);
        }
        groups.push((first, head, vec![rest]));
    }
    flush(&mut groups, &mut out);
    Node::alternation(out)
}

fn flush(groups: &mut Vec<(Set, Node, Vec<Node>)>, out: &mut Vec<Node>) {
    out.extend(groups.drain(..).map(|(_, head, mut rests)| {
        let rest = match rests.len() {
            1 => rests.remove(0),
            _ => choice(rests),
        };
        Node::concat(vec![head, rest])
    }));
}

/// The first part of a branch, of a literal its first byte, and the rest.
fn split(branch: Node) -> (Node, Node) {
    match branch {
        Node::Concat(mut parts) if !parts.is_empty() => {
            let (head, inner) = split(parts.remove(0));
            parts.insert(0, inner);
            (head, Node::concat(parts))
        }
        Node::Literal(mut literal) => {
            let rest = literal.bytes.split_off(1);
            let case = literal.case;
            (
                Node::literal(literal.bytes, case),
                Node::literal(rest, case),
            )
        }
        node => (node, Node::Empty),
    }
}
