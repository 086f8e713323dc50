//! Tests of a text (`apply_rewrite_cond`): patterns, comparisons and numbers.
//!
//! In: a [`Test`] and a text. Out: whether the text passes. Absent: tests that need a request or a file; see `evaluate`.

use std::cmp::Ordering;

use super::{Order, Test};
use crate::budget::Budget;
use crate::pattern::matching::Captures;
use crate::text::number::leading_integer;

/// Does a text pass a test that is about a text? Any other test is false.
pub fn text_holds(test: &Test, no_case: bool, input: &[u8], budget: &Budget) -> bool {
    match test {
        Test::Regex(pattern) => pattern.find(input, &mut Captures::new(), budget),
        Test::Equal(operand) if no_case => input.eq_ignore_ascii_case(operand),
        Test::Equal(operand) => input == operand.as_slice(),
        Test::Compare(order, operand) if no_case => fits(*order, compare_folded(input, operand)),
        Test::Compare(order, operand) => fits(*order, compare_lexicography(input, operand)),
        Test::Integer(order, operand) => fits(*order, atoi(input).cmp(&atoi(operand))),
        Test::File(_) | Test::SubrequestUri | Test::SubrequestFile | Test::Expression(_) => false,
    }
}

fn fits(order: Order, found: Ordering) -> bool {
    match order {
        Order::Less => found.is_lt(),
        Order::LessOrEqual => found.is_le(),
        Order::Equal => found.is_eq(),
        Order::GreaterOrEqual => found.is_ge(),
        Order::Greater => found.is_gt(),
    }
}

/// Shorter is smaller; equal lengths compare byte by byte (`compare_lexicography`).
fn compare_lexicography(left: &[u8], right: &[u8]) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// `strcasecmp`.
fn compare_folded(left: &[u8], right: &[u8]) -> Ordering {
    let fold = |text: &[u8]| text.to_ascii_lowercase();
    fold(left).cmp(&fold(right))
}

/// `atoi`: `strtol` cut to an `int`.
#[expect(clippy::cast_possible_truncation, reason = "so does atoi")]
fn atoi(text: &[u8]) -> i32 {
    leading_integer(text) as i32
}
