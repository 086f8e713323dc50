//! What a behaviour of a distribution that is there needs, for the function to answer as it should.
//!
//! In: a [`Stack`]. Out: [`BehaviourNeeds`], which stands beside the template as `….behaviour.json`. Absent: looking at a
//! distribution; the command line does.

use std::collections::BTreeMap;

use edgewright_engine::model::trigger::Trigger;
use serde::{Deserialize, Serialize};

use super::cache_key::CacheKey;
use super::error::FunctionError;
use super::inputs::{Key, Source, read_by};
use super::stack::Stack;
use super::template::beside_key;
use crate::class::CLASS_HEADER;

/// What a behaviour needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BehaviourNeeds {
    /// Where CloudFront calls the function.
    pub trigger: Trigger,
    /// What its cache policy must hold: answers differ by it. More does no harm.
    pub cache_policy: PolicyNeeds,
    /// What must reach the function besides, by the cache policy or the origin request policy.
    pub beside_the_key: PolicyNeeds,
    /// What the CloudFront Function at viewer-request is for; `None` where there is none.
    pub viewer_function: Option<String>,
}

/// Parts of requests, each with who asks for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyNeeds {
    /// Headers by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// All cookies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cookies: Option<String>,
    /// The whole query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
}

impl BehaviourNeeds {
    /// What the function of a stack needs.
    ///
    /// # Errors
    /// More headers than CloudFront takes.
    pub fn of(stack: &Stack) -> Result<Self, FunctionError> {
        let first = stack.viewer_function();
        // Before the cache the function sees every request as it came.
        let (cache_policy, beside_the_key) = match stack.trigger() {
            Trigger::ViewerRequest => (PolicyNeeds::default(), PolicyNeeds::default()),
            Trigger::OriginRequest => (key_of(stack)?, beside(stack)),
        };
        Ok(Self {
            trigger: stack.trigger(),
            cache_policy,
            beside_the_key,
            viewer_function: first.map(|first| first.comment().to_owned()),
        })
    }
}

/// What answers depend on, with the lines that read it.
fn key_of(stack: &Stack) -> Result<PolicyNeeds, FunctionError> {
    // More headers than a policy holds are an error here, too.
    CacheKey::of(stack, stack.class())?;
    let mut needs = PolicyNeeds::default();
    for (input, readers) in &stack.dependence().inputs {
        let source = Source::of(input, (stack.trigger(), stack.class()), stack.options());
        let why = format!("{input}: {}", read_by(readers));
        match source.key {
            Key::None => {}
            Key::Header(name) => needs.add(&name, &why),
            Key::Class => needs.add(CLASS_HEADER, &why),
            Key::Cookies => needs.cookies = Some(why),
            Key::Query => needs.query = Some(why),
        }
    }
    for name in &stack.options().origin_gets {
        needs.add(name, "--origin-gets");
    }
    Ok(needs)
}

/// What the class is made of.
fn beside(stack: &Stack) -> PolicyNeeds {
    let mut needs = PolicyNeeds::default();
    let Some(key) = stack.class().and_then(beside_key) else {
        return needs;
    };
    let why = "the class of viewers is made of it";
    for name in &key.headers {
        needs.add(name, why);
    }
    needs.cookies = key.cookies.then(|| why.to_owned());
    needs
}

impl PolicyNeeds {
    fn add(&mut self, name: &str, why: &str) {
        let readers = self.headers.entry(name.to_ascii_lowercase()).or_default();
        if !readers.is_empty() {
            readers.push_str("; ");
        }
        readers.push_str(why);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use super::super::options::FunctionOptions;
    use super::super::stack::Dependence;
    use super::*;
    use crate::export::manifest::Readers;
    use crate::inputs::Input;

    fn check(inputs: &[&str], trigger: Trigger, headers: &[&str], cookies_and_query: [bool; 2]) {
        let readers = || Readers {
            count: 2,
            first: Some("a.conf:7".to_owned()),
        };
        let read = |name: &&str| (Input::try_from((*name).to_owned()).unwrap(), readers());
        let dependence = Dependence {
            inputs: inputs.iter().map(read).collect(),
            ..Dependence::default()
        };
        let options = FunctionOptions {
            trigger: Some(trigger),
            ..FunctionOptions::default()
        };
        let needs = BehaviourNeeds::of(&Stack::new(options, dependence).unwrap()).unwrap();
        let found: Vec<&String> = needs.cache_policy.headers.keys().collect();
        assert_eq!(found, headers);
        let (cookies, query) = (&needs.cache_policy.cookies, &needs.cache_policy.query);
        assert_eq!([cookies.is_some(), query.is_some()], cookies_and_query);
        let mut said = needs
            .cache_policy
            .headers
            .values()
            .chain(cookies)
            .chain(query);
        assert!(said.all(|why| why.contains("a.conf:7")), "{needs:?}");
    }

    #[test]
    fn the_cache_policy_holds_what_rules_read() {
        let inputs = [
            "host",
            "query",
            "cookies",
            "method",
            "header accept-language",
        ];
        let headers = ["accept-language", "host"];
        check(&inputs, Trigger::OriginRequest, &headers, [true, true]);
        check(
            &["scheme"],
            Trigger::OriginRequest,
            &["cloudfront-forwarded-proto"],
            [false; 2],
        );
        check(&["method"], Trigger::OriginRequest, &[], [false; 2]);
    }

    #[test]
    fn before_the_cache_nothing_is_needed() {
        check(
            &["host", "query", "cookies"],
            Trigger::ViewerRequest,
            &[],
            [false; 2],
        );
    }
}
