//! How many requests CloudFront's cache would answer under the key of a stack, and under others.
//!
//! In: a [`Stack`]. Out: [`keys`]: the keys that are compared; and what a made-up day says of
//! them, for a person. Absent: the requests of a log; see `edgewright bench`.

use edgewright_engine::model::trigger::Trigger;

use super::cache_key::CacheKey;
use super::options::Ignored;
use super::stack::Stack;
use crate::class::ViewerClass;
use crate::figures::thousands;
use crate::hits::made_up::{Day, PAGES, VIEWERS};
use crate::hits::{Hits, KEPT_SECONDS, KeyParts};

/// How many requests a made-up day has: counted in a fraction of a second.
const REQUESTS: usize = 100_000;

/// What a row is about, for a person.
pub type RowName = &'static str;

/// The row of the key that the stack has.
pub const OWN: RowName = "as packed";

/// The row of a stack without the class of viewers.
pub const WITHOUT_CLASS: RowName = "without the class of viewers";

/// The row of a server whose pages do not depend on cookies.
const WITHOUT_COOKIES: RowName = "with --origin-ignores cookies";

/// The row that no key can be better than.
pub const PATH_ALONE: RowName = "if answers depended on the path alone";

/// Why the cache answers nothing at viewer-request.
pub const IN_FRONT: &str = "at viewer-request the function is called for each";

/// A key, or why nothing is kept.
#[derive(Debug, Clone)]
pub enum Kept<'c> {
    /// Answers are kept under keys of these parts.
    Under(KeyParts<'c>),
    /// No answer is kept, because the key would have to hold what none can.
    Nothing,
}

/// The keys that are worth comparing, the stack's own first; nothing where the function is in front of the cache.
pub fn keys(stack: &Stack) -> Vec<(RowName, Kept<'_>)> {
    if stack.trigger() == Trigger::ViewerRequest {
        return Vec::new();
    }
    let class = stack.class();
    let mut keys = vec![(OWN, Kept::of(stack, class))];
    if class.is_some() {
        let without = if stack.keeps_nothing_without_class() {
            Kept::Nothing
        } else {
            Kept::of(stack, None)
        };
        keys.push((WITHOUT_CLASS, without));
    }
    keys.push((PATH_ALONE, Kept::Under(KeyParts::default())));
    keys
}

impl<'c> Kept<'c> {
    fn of(stack: &Stack, class: Option<&'c ViewerClass>) -> Self {
        match CacheKey::of(stack, class) {
            Ok(key) => Self::Under(KeyParts::new(key.inputs(), class)),
            Err(_) => Self::Nothing,
        }
    }
}

/// The key of a stack whose server does not depend on cookies, where that is another.
fn without_cookies(stack: &Stack) -> Option<(RowName, Kept<'_>)> {
    let ignoring = stack.ignoring(Ignored::Cookies);
    let class = stack.class();
    let own = CacheKey::of(stack, class).ok()?;
    let other = CacheKey::of(&ignoring, class).ok()?;
    (other != own).then(|| (WITHOUT_COOKIES, Kept::of(&ignoring, class)))
}

/// What the cache answers of a made-up day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeUpDay {
    /// For each key what the cache answers, the stack's own first; without hits no answer is kept. No rows where the function
    /// is in front of the cache.
    rows: Vec<(RowName, Option<Hits>)>,
}

impl MadeUpDay {
    /// Counts, for the keys that are worth comparing.
    pub fn of(stack: &Stack) -> Self {
        let mut keys = keys(stack);
        let Some(last) = keys.len().checked_sub(1) else {
            return Self { rows: Vec::new() };
        };
        keys.splice(last..last, without_cookies(stack));
        let day = Day::new(REQUESTS);
        let rows = keys.iter().map(|(name, kept)| {
            let hits = match kept {
                Kept::Under(parts) => Some(day.hits(parts)),
                Kept::Nothing => None,
            };
            (*name, hits)
        });
        Self {
            rows: rows.collect(),
        }
    }

    /// What the cache answers under the stack's own key.
    pub fn own(&self) -> Option<Hits> {
        self.rows.first().and_then(|(_, hits)| *hits)
    }

    /// What the day says of the keys, for a person.
    pub fn text(&self) -> String {
        if self.rows.is_empty() {
            return format!("  the cache answers no request: {IN_FRONT}\n");
        }
        let rows = self.rows.iter();
        let rows: String = rows
            .map(|(name, hits)| format!("  {}\n", row(name, *hits)))
            .collect();
        let [requests, pages, viewers] = [REQUESTS, PAGES, VIEWERS].map(thousands);
        format!(
            "  the cache answers, of {requests} requests of a made-up day ({pages} pages, {viewers} viewers, no queries; \
             an answer is kept for {KEPT_SECONDS} s):\n{rows}  `edgewright bench BUILD --log FILE` counts the requests of a log\n"
        )
    }
}

/// `46.8 %  as packed: 3.6 keys a page`; nothing is kept without hits.
pub fn row(name: &str, hits: Option<Hits>) -> String {
    match hits {
        Some(hits) => {
            let (share, keys) = (hits.share(), hits.keys_a_path());
            format!("{share:>7}  {name}: {keys} keys a page")
        }
        None => format!("{:>7}  {name}: no answer is kept", "0 %"),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use super::super::options::{FunctionOptions, Origin};
    use super::super::stack::Dependence;
    use super::*;
    use crate::testing::MemoryLoader;
    use crate::{Input, ReadOptions, read};

    /// The rows that `package` prints for a site with these rules.
    #[track_caller]
    fn check(rules: &str, options: FunctionOptions, expected: &[&str]) {
        let text = format!("RewriteEngine On\n{rules}\n");
        let loader = MemoryLoader::new().with("/site.conf", text);
        let input = Input::MainConfig(vec![b"/site.conf".to_vec()]);
        let reading = read(&input, &loader, &ReadOptions::default());
        let shown = format!("{rules} {options:?}");
        let stack = Stack::new(options, Dependence::of_site(&reading.site)).unwrap();
        let said = MadeUpDay::of(&stack).text();
        let said: Vec<&str> = said.lines().skip(1).map(str::trim).collect();
        let rows = said.split_last().map_or(&said[..], |(_, rows)| rows);
        assert_eq!(rows, expected, "{shown}");
    }

    fn bucket() -> FunctionOptions {
        FunctionOptions {
            origin: Origin::Bucket,
            ..FunctionOptions::default()
        }
    }

    const PHONES: &str = "RewriteCond %{HTTP_USER_AGENT} iPhone\nRewriteRule ^/$ /m [R]";
    const CLIENTS: &str = "RewriteCond %{REMOTE_ADDR} ^10\\.\nRewriteRule ^/$ /m [R,QSD]";

    #[test]
    fn rows_say_what_the_class_and_the_options_do() {
        const ALONE: &str = "52.8 %  if answers depended on the path alone: 1.0 keys a page";
        check(
            PHONES,
            FunctionOptions::default(),
            &[
                "10.1 %  as packed: 34.9 keys a page",
                "0.3 %  without the class of viewers: 44.0 keys a page",
                "49.3 %  with --origin-ignores cookies: 1.7 keys a page",
                ALONE,
            ],
        );
        check(
            PHONES,
            FunctionOptions {
                origin_ignores: vec![Ignored::Cookies],
                ..FunctionOptions::default()
            },
            &[
                "49.3 %  as packed: 1.7 keys a page",
                "2.5 %  without the class of viewers: 28.9 keys a page",
                ALONE,
            ],
        );
        check(
            CLIENTS,
            bucket(),
            &[
                "52.8 %  as packed: 1.0 keys a page",
                "0 %  without the class of viewers: no answer is kept",
                ALONE,
            ],
        );
        let rows = ["52.8 %  as packed: 1.0 keys a page", ALONE];
        check("Redirect /old /new", bucket(), &rows);
        let in_front = FunctionOptions {
            trigger: Some(Trigger::ViewerRequest),
            ..FunctionOptions::default()
        };
        check(PHONES, in_front, &[]);
    }
}
