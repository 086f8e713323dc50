//! `edgewright.json`: what the function is told beside its program.
//!
//! In: a [`Stack`]. Out: the file's text. Absent: what each setting does; see
//! `edgewright_engine::lambda::configuration`.

use edgewright_engine::lambda::configuration::Configuration;
use edgewright_engine::model::marks::Marks;
use edgewright_engine::model::trigger::Trigger;
use serde_json::{Map, Value, json};

use super::cache_control::Said;
use super::error::FunctionError;
use super::inputs::HOST_HEADER;
use super::options::Origin;
use super::stack::Stack;
use super::{regions, viewer_function};
use crate::class::CLASS_HEADER;

/// The file's text.
///
/// # Errors
/// A `--cache-control` is not of the form `[STATUS=]VALUE`, a Region is unknown, or the function
/// would not read the file.
pub fn text(stack: &Stack) -> Result<Vec<u8>, FunctionError> {
    let options = stack.options();
    let mut settings = json!({
        "default_scheme": options.scheme.name(),
        "forwarded_proto": options.forwarded_proto,
        "forwarded_for": options.forwarded_for,
        "proxy_hosts": options.proxy_to,
        "table": { "embedded": {} },
    });
    if stack.trigger() == Trigger::OriginRequest && options.origin == Origin::Bucket {
        settings["host_header"] = json!(HOST_HEADER);
        // A bucket's answer to a signed request may depend on the query: on who may see it, and what it is called.
        settings["unsent"]["query"] = json!(true);
    }
    if let Some(class) = stack.class() {
        if class.marks != Marks::default() {
            settings["class"] = json!({ "header": CLASS_HEADER, "marks": class.marks });
        }
        settings["carried"] = json!(viewer_function::carried(class));
        settings["unsent"]["headers"] = json!(stack.unsent());
    }
    if let Some(name) = &options.table {
        let region = regions::rule(&options.regions)?;
        let mut table = json!({ "name": name, "region": region });
        if let Some(url) = &options.endpoint_url {
            table["endpoint_url"] = json!(url);
        }
        settings["table"] = json!({ "dynamodb": table });
    }
    if let Some(value) = cache_control(&options.cache_control)? {
        settings["cache_control"] = value;
    }
    let text = format!("{settings:#}\n").into_bytes();
    Configuration::parse(&text).map_err(FunctionError::Settings)?;
    Ok(text)
}

fn cache_control(texts: &[String]) -> Result<Option<Value>, FunctionError> {
    let mut redirects = None;
    let mut statuses = Map::new();
    for text in texts {
        let Said { status, value } = Said::read(text)?;
        match status {
            None => redirects = Some(value),
            Some(status) => _ = statuses.insert(status.to_string(), json!(value)),
        }
    }
    let mut value = json!({ "statuses": statuses });
    if let Some(redirects) = redirects {
        value["redirects"] = json!(redirects);
    }
    Ok((!texts.is_empty()).then_some(value))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use super::*;

    fn check(texts: &[&str], expected: &str) {
        let texts: Vec<String> = texts.iter().copied().map(str::to_owned).collect();
        let shown = match cache_control(&texts) {
            Ok(value) => value.map_or_else(String::new, |value| value.to_string()),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn cache_control_is_for_redirects_or_for_one_status() {
        check(&[], "");
        check(
            &["s-maxage=60", "410=max-age=3600", "302="],
            r#"{"statuses":{"410":"max-age=3600","302":""},"redirects":"s-maxage=60"}"#,
        );
    }

    #[test]
    fn what_is_no_cache_control_is_refused() {
        check(&["99=x"], "--cache-control 99=x: a status is 200 to 599");
        check(&["600=x"], "--cache-control 600=x: a status is 200 to 599");
        check(
            &["301=a\nb"],
            "--cache-control 301=a\nb: a header cannot hold this",
        );
    }

    #[test]
    fn the_function_reads_what_is_written() {
        let settings = cache_control(&["404=no-store".to_owned()])
            .unwrap()
            .unwrap();
        let text = json!({ "cache_control": settings }).to_string();
        let read = Configuration::parse(text.as_bytes()).unwrap();
        assert_eq!(read.cache_control.decided(404), Some("no-store"));
        assert_eq!(read.cache_control.decided(301), None);
    }
}
