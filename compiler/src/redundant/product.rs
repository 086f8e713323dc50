//! What a rule can turn the path into.
//!
//! In: a rule of a server-level set. Out: its [`Product`]s. Absent: rules in directories, whose
//! results are put together with names that are known per request only.
//!
//! Products are compared without leading slashes and with letters lowered, so that they speak of too
//! many texts rather than too few.

use edgewright_engine::model::rules::{Rule, RuleFlags, Template};

/// Texts a rule may leave behind for the rules after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Product {
    /// One text only.
    Text(Vec<u8>),
    /// Those that begin with this.
    Beginning(Vec<u8>),
    /// Any.
    Anything,
}

/// `text` in the form products are compared in.
pub(super) fn comparable(text: &[u8]) -> Vec<u8> {
    let start = text.iter().position(|byte| *byte != b'/');
    let text = start.and_then(|start| text.get(start..));
    text.unwrap_or_default().to_ascii_lowercase()
}

/// Everything `rule` may leave behind when it substitutes.
pub(super) fn of(rule: &Rule) -> Vec<Product> {
    let head = Head::of(&rule.substitution);
    if head.text.is_empty() {
        return vec![Product::Anything];
    }
    if rule.flags.contains(RuleFlags::FORCE_REDIRECT) {
        // Completed to an absolute URL unless it is one already (`fully_qualify_uri`).
        let qualified = Product::Beginning(b"http".to_vec());
        return vec![qualified, Product::Beginning(comparable(&head.text))];
    }
    vec![local(&head)]
}

/// Without `R`. An absolute URL of our own host loses its beginning (`reduce_uri`).
fn local(head: &Head) -> Product {
    let from_root = head.text.starts_with(b"/");
    let may_be_absolute = !from_root && (head.text.contains(&b':') || !head.whole);
    if may_be_absolute {
        return Product::Anything;
    }
    let text = comparable(&head.text);
    if head.whole {
        Product::Text(text)
    } else {
        Product::Beginning(text)
    }
}

/// The beginning of a substitution that is the same for every request.
struct Head {
    text: Vec<u8>,
    /// Nothing follows.
    whole: bool,
}

impl Head {
    /// Stops at the first reference, and at a `?`, after which the query string begins.
    fn of(template: &Template) -> Self {
        let (text, whole) = (template.fixed_head(), template.is_literal());
        Self { text, whole }.without_query()
    }

    fn without_query(mut self) -> Self {
        if let Some(question) = self.text.iter().position(|byte| *byte == b'?') {
            self.text.truncate(question);
            self.whole = false;
        }
        self
    }
}
