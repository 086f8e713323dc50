//! What a behaviour lets through: into the key of the cache, and besides to a function at origin-request.
//!
//! In: policies, or the older settings of a behaviour, as AWS's JSON has them. Out: [`Passes`]. Absent: what is needed.

use serde_json::Value;

/// What passes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passes {
    headers: Headers,
    cookies: bool,
    query: bool,
}

/// Headers that pass; names in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Headers {
    /// Those with one of these names.
    Only(Vec<String>),
    /// What the viewer sent, and these of CloudFront's own.
    AllViewerAnd(Vec<String>),
    /// What the viewer sent, but these.
    AllExcept(Vec<String>),
}

impl Default for Headers {
    fn default() -> Self {
        Self::Only(Vec::new())
    }
}

impl Passes {
    /// By a cache policy (`get-cache-policy`): what the key holds.
    pub fn of_cache_policy(answer: &Value) -> Self {
        let config = &answer["CachePolicy"]["CachePolicyConfig"];
        Self::of_parts(&config["ParametersInCacheKeyAndForwardedToOrigin"])
    }

    /// By an origin request policy (`get-origin-request-policy`).
    pub fn of_origin_request_policy(answer: &Value) -> Self {
        Self::of_parts(&answer["OriginRequestPolicy"]["OriginRequestPolicyConfig"])
    }

    fn of_parts(parts: &Value) -> Self {
        let headers = &parts["HeadersConfig"];
        let named = names(&headers["Headers"]);
        let all = |part: &str, behaviour: &str| parts[part][behaviour] == "all";
        Self {
            headers: match headers["HeaderBehavior"].as_str() {
                Some("whitelist") => Headers::Only(named),
                Some("allViewer" | "allViewerAndWhitelistCloudFront") => {
                    Headers::AllViewerAnd(named)
                }
                Some("allExcept") => Headers::AllExcept(named),
                _ => Headers::default(),
            },
            cookies: all("CookiesConfig", "CookieBehavior"),
            query: all("QueryStringsConfig", "QueryStringBehavior"),
        }
    }

    /// By the older settings of a behaviour without policies (`ForwardedValues`).
    pub fn of_forwarded_values(values: &Value) -> Self {
        let headers = names(&values["Headers"]);
        let all = headers.iter().any(|name| name == "*");
        Self {
            headers: if all {
                Headers::AllViewerAnd(headers)
            } else {
                Headers::Only(headers)
            },
            cookies: values["Cookies"]["Forward"] == "all",
            query: values["QueryString"] == true && values["QueryStringCacheKeys"]["Quantity"] != 1,
        }
    }

    /// Does a header pass? `name` is in lower case.
    pub fn has_header(&self, name: &str) -> bool {
        let own = name.starts_with("cloudfront-");
        match &self.headers {
            Headers::Only(names) => names.iter().any(|known| known == name),
            Headers::AllViewerAnd(names) => !own || names.iter().any(|known| known == name),
            Headers::AllExcept(names) => !own && !names.iter().any(|known| known == name),
        }
    }

    /// Do all cookies pass?
    pub fn has_cookies(&self) -> bool {
        self.cookies
    }

    /// Does the whole query pass?
    pub fn has_query(&self) -> bool {
        self.query
    }
}

/// The items of a list (`{"Quantity": …, "Items": […]}`), in lower case.
fn names(list: &Value) -> Vec<String> {
    let items = list["Items"].as_array().into_iter().flatten();
    let names = items.filter_map(Value::as_str);
    names.map(str::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(passes: &Passes, header: &str, expected: [bool; 3]) {
        let found = [
            passes.has_header(header),
            passes.has_cookies(),
            passes.has_query(),
        ];
        assert_eq!(found, expected, "{header}: {passes:?}");
    }

    #[test]
    fn a_cache_policy_names_what_the_key_holds() {
        let of = |headers: Value, all: &str| {
            Passes::of_cache_policy(&json!({ "CachePolicy": { "CachePolicyConfig": {
                "ParametersInCacheKeyAndForwardedToOrigin": {
                    "HeadersConfig": headers,
                    "CookiesConfig": { "CookieBehavior": all },
                    "QueryStringsConfig": { "QueryStringBehavior": all },
                },
            } } }))
        };
        let listed = json!({ "HeaderBehavior": "whitelist", "Headers": { "Quantity": 1, "Items": ["X-A"] } });
        check(&of(listed.clone(), "all"), "x-a", [true, true, true]);
        check(&of(listed, "whitelist"), "x-b", [false, false, false]);
        let none = json!({ "HeaderBehavior": "none" });
        check(&of(none, "none"), "host", [false, false, false]);
    }

    #[test]
    fn an_origin_request_policy_may_pass_all() {
        let of = |behaviour: &str, names: &[&str]| {
            Passes::of_origin_request_policy(
                &json!({ "OriginRequestPolicy": { "OriginRequestPolicyConfig": {
                "HeadersConfig": { "HeaderBehavior": behaviour, "Headers": { "Items": names } },
                "CookiesConfig": { "CookieBehavior": "all" },
                "QueryStringsConfig": { "QueryStringBehavior": "none" },
            } } }),
            )
        };
        let all = [true, true, false];
        let none = [false, true, false];
        check(&of("allViewer", &[]), "user-agent", all);
        check(&of("allViewer", &[]), "cloudfront-forwarded-proto", none);
        let own = ["CloudFront-Forwarded-Proto"];
        let with_own = of("allViewerAndWhitelistCloudFront", &own);
        check(&with_own, "cloudfront-forwarded-proto", all);
        check(&of("allExcept", &["Host"]), "host", none);
        check(&of("allExcept", &["Host"]), "user-agent", all);
    }

    #[test]
    fn older_settings_are_read_too() {
        let of = |headers: &[&str], query: bool, cookies: &str| {
            Passes::of_forwarded_values(&json!({
                "QueryString": query, "Cookies": { "Forward": cookies }, "Headers": { "Items": headers },
            }))
        };
        check(&of(&["Host"], true, "all"), "host", [true, true, true]);
        check(&of(&["*"], false, "none"), "host", [true, false, false]);
    }
}
