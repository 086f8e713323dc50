//! `SetEnvIf` and kin: environment variables set from what a request is like.
//!
//! In: rules and an [`EnvironmentContext`]. Out: changes to the environment, through the context.
//! Absent: when they run (before anything else for the server's, after the sections are known for
//! a directory's) and `SetEnv`, which sets without asking.

use super::expression::{self, ExpressionContext, Groups};
use super::symbolic::HIDDEN;
use crate::budget::Budget;
use crate::model::site::{EnvAttribute, EnvChange, EnvRule};
use crate::pattern::Pattern;
use crate::pattern::matching::Captures;

/// What `SetEnvIf` needs of a request beyond what expressions do.
pub trait EnvironmentContext: ExpressionContext {
    /// Every request header, `Host` included, in order, repeated ones joined.
    fn headers(&self) -> Vec<(Vec<u8>, Vec<u8>)>;

    /// The address the connection came in by.
    ///
    /// # Errors
    /// See [`ExpressionContext::Stop`].
    fn server_address(&self) -> Result<Vec<u8>, Self::Stop>;

    /// True while there is no request yet, only its path: what headers and addresses hold is hidden.
    fn is_symbolic(&self) -> bool {
        false
    }

    /// Sets or removes a variable of the request's environment.
    fn set_environment(&mut self, name: &[u8], value: Option<Vec<u8>>);
}

/// Applies rules in order (`match_headers` of `mod_setenvif.c`).
///
/// # Errors
/// See [`ExpressionContext::Stop`].
pub fn apply<C: EnvironmentContext>(rules: &[EnvRule], context: &mut C) -> Result<(), C::Stop> {
    // Rules in a row that look at the same thing see its value as the first of them found it, even
    // if they change it; an expression leaves what its last regular expression was matched with.
    let mut groups = Groups::default();
    let mut last: Option<&EnvAttribute> = None;
    let mut hidden = false;
    for rule in rules {
        // Expressions may have to do with the groups of what was hidden before.
        hidden |= context.is_symbolic() && is_hidden(&rule.attribute);
        let is_expression = matches!(rule.attribute, EnvAttribute::Expression(_));
        if hidden && (is_expression || is_hidden(&rule.attribute)) {
            for change in &rule.changes {
                context.set_environment(&change.name, Some(HIDDEN.to_vec()));
            }
            last = None;
            continue;
        }
        let holds = if let EnvAttribute::Expression(expression) = &rule.attribute {
            expression::holds(expression, context, &mut groups)?
        } else {
            if !last.is_some_and(|last| is_same(last, &rule.attribute)) {
                groups.subject = Some(look_up(&rule.attribute, context)?.unwrap_or_default());
                last = Some(&rule.attribute);
            }
            let subject = groups.subject.take().unwrap_or_default();
            let holds = matches(
                &rule.pattern,
                &subject,
                &mut groups.captures,
                context.budget(),
            );
            groups.subject = Some(subject);
            holds
        };
        if holds {
            let literal = is_literal(rule) || groups.subject.is_none();
            for change in &rule.changes {
                make(change, context, (!literal).then_some(&groups));
            }
        }
        groups.subject.get_or_insert_default();
    }
    Ok(())
}

/// Is this something that differs between requests for one path?
fn is_hidden(attribute: &EnvAttribute) -> bool {
    match attribute {
        EnvAttribute::Header(_)
        | EnvAttribute::HeaderPattern(_)
        | EnvAttribute::Variable(_)
        | EnvAttribute::ClientAddress => true,
        EnvAttribute::Uri
        | EnvAttribute::Method
        | EnvAttribute::Protocol
        | EnvAttribute::ClientHost
        | EnvAttribute::ServerAddress
        | EnvAttribute::Expression(_) => false,
    }
}

fn is_same(left: &EnvAttribute, right: &EnvAttribute) -> bool {
    use EnvAttribute::{Header, HeaderPattern, Variable};
    match (left, right) {
        (Header(left) | Variable(left), Header(right) | Variable(right)) => {
            left.eq_ignore_ascii_case(right)
        }
        (HeaderPattern(left), HeaderPattern(right)) => left.text.eq_ignore_ascii_case(&right.text),
        _ => left == right,
    }
}

fn look_up<C: EnvironmentContext>(
    attribute: &EnvAttribute,
    context: &mut C,
) -> Result<Option<Vec<u8>>, C::Stop> {
    Ok(match attribute {
        EnvAttribute::Header(name) | EnvAttribute::Variable(name) => context
            .request_header(name)
            .or_else(|| context.environment(name)),
        EnvAttribute::HeaderPattern(pattern) => {
            let headers = context.headers().into_iter().rev();
            let mut values = headers
                .filter(|(name, _)| pattern.find(name, &mut Captures::new(), context.budget()));
            values.next().map(|(_, value)| value)
        }
        EnvAttribute::Uri => Some(context.variable(b"REQUEST_URI")?),
        EnvAttribute::Method => Some(context.variable(b"REQUEST_METHOD")?),
        EnvAttribute::Protocol => Some(context.variable(b"SERVER_PROTOCOL")?),
        EnvAttribute::ClientAddress => Some(context.client_address().to_vec()),
        EnvAttribute::ClientHost => Some(context.variable(b"REMOTE_HOST")?),
        EnvAttribute::ServerAddress => Some(context.server_address()?),
        EnvAttribute::Expression(_) => None,
    })
}

/// A plain pattern is looked for as text, which leaves the groups of an earlier match.
fn matches(pattern: &Pattern, subject: &[u8], captures: &mut Captures, budget: &Budget) -> bool {
    if is_plain(&pattern.text) {
        pattern.find(subject, &mut Captures::new(), budget)
    } else {
        pattern.find(subject, captures, budget)
    }
}

fn is_literal(rule: &EnvRule) -> bool {
    !matches!(rule.attribute, EnvAttribute::Expression(_)) && is_plain(&rule.pattern.text)
}

/// Is the pattern searched for as text (`non_regex_pattern`)? Then `$1` in a value means itself.
fn is_plain(pattern: &[u8]) -> bool {
    let mut escaped = false;
    for byte in pattern {
        let special = b"^.$|()[]*+?{}".contains(byte);
        match byte {
            b'\\' => escaped = !escaped,
            _ if special == escaped => escaped = false,
            _ => return false,
        }
    }
    true
}

fn make<C: EnvironmentContext>(change: &EnvChange, context: &mut C, groups: Option<&Groups>) {
    let value = match (&change.value, groups) {
        (Some(value), _) if value.starts_with(b"!") => None,
        (Some(value), Some(groups)) => Some(groups.substitute(value)),
        (value, _) => value.clone(),
    };
    context.set_environment(&change.name, value);
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;
    use crate::evaluate::expression::tests::Fixed;
    use crate::model::expression::Expression;
    use crate::model::rules::Place;
    use crate::pattern::PatternOptions;

    fn rule(attribute: EnvAttribute, pattern: &str, name: &str, value: Option<&str>) -> EnvRule {
        EnvRule {
            place: Place { file: 0, line: 1 },
            attribute,
            pattern: Pattern::new(pattern, PatternOptions::default()),
            changes: vec![EnvChange {
                name: name.into(),
                value: value.map(Into::into),
            }],
        }
    }

    fn header(name: &str) -> EnvAttribute {
        EnvAttribute::Header(name.into())
    }

    fn expression(text: &str) -> EnvAttribute {
        EnvAttribute::Expression(Expression::parse(text.as_bytes()).unwrap())
    }

    /// `expected` is every variable in the end, as `name=value`.
    fn check(name: &str, rules: &[EnvRule], expected: &[&str]) {
        let mut context = Fixed::default();
        apply(rules, &mut context).unwrap();
        let shown = |(name, value): &(Vec<u8>, Vec<u8>)| {
            format!(
                "{}={}",
                String::from_utf8_lossy(name),
                String::from_utf8_lossy(value)
            )
        };
        let found: Vec<_> = context.environment.iter().map(shown).collect();
        assert_eq!(found, expected, "{name}");
    }

    #[test]
    fn rules_set_variables() {
        check(
            "header",
            &[rule(header("h"), "^Hel", "A", Some("1"))],
            &["A=1"],
        );
        check("no match", &[rule(header("h"), "^x", "A", Some("1"))], &[]);
        check(
            "absent header",
            &[rule(header("no"), "^$", "A", Some("1"))],
            &["A=1"],
        );
        check(
            "groups",
            &[rule(header("h"), "(l+)(.)", "A", Some("$2-$1-$3"))],
            &["A=o-ll-"],
        );
        check(
            "no groups in plain text",
            &[rule(header("h"), "ell", "A", Some("$0"))],
            &["A=$0"],
        );
        check(
            "escaped plain text",
            &[rule(header("host"), r"d\.t", "A", Some("$0"))],
            &["A=$0"],
        );
        let uri = rule(EnvAttribute::Uri, "^/a/(.*)", "A", Some("$1"));
        check("path", &[uri], &["A=b"]);
        let names = EnvAttribute::HeaderPattern(Pattern::new("^H", PatternOptions::default()));
        check(
            "the last header that fits",
            &[rule(names, "(.*)", "A", Some("$1"))],
            &["A=Hi"],
        );
    }

    #[test]
    fn rules_remove_variables() {
        let set = rule(header("h"), ".", "A", Some("1"));
        check(
            "removed",
            &[set.clone(), rule(header("h"), ".", "A", None)],
            &[],
        );
        check(
            "removed by value",
            &[set, rule(header("h"), ".", "A", Some("!x"))],
            &[],
        );
    }

    #[test]
    fn variables_can_be_asked_for() {
        let set = rule(header("h"), ".", "A", Some("1"));
        let ask = rule(header("A"), "^1$", "B", Some("2"));
        check("set before", &[set, ask.clone()], &["A=1", "B=2"]);
        let change = rule(header("A"), "^$", "A", Some("1"));
        check("looked up once in a row", &[change, ask], &["A=1"]);
    }

    #[test]
    fn expressions_have_groups_too() {
        let with = rule(expression("%{req:H} =~ /(l+)/"), "", "A", Some("$1"));
        check("groups", &[with], &["A=ll"]);
        let without = rule(expression("%{req:H} !~ /(x)/"), "", "A", Some("$1"));
        check("a pattern that must not match", &[without], &["A=$1"]);
    }
}
