//! `<Limit>` and `<LimitExcept>`: the methods that directives are for.
//!
//! In: the methods that a section names, and those of the section around it. Out: [`Methods`]. Absent: what
//! directives do with them; see [`super::access`].

use edgewright_edge_handler::site::access::Methods;

use super::context::Context;
use super::values;

/// Methods that Apache knows (`ap_method_registry_init`).
const METHODS: [&str; 27] = [
    "GET",
    "HEAD",
    "PUT",
    "POST",
    "DELETE",
    "CONNECT",
    "OPTIONS",
    "TRACE",
    "PATCH",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "VERSION-CONTROL",
    "CHECKOUT",
    "UNCHECKOUT",
    "CHECKIN",
    "UPDATE",
    "LABEL",
    "REPORT",
    "MKWORKSPACE",
    "MKACTIVITY",
    "BASELINE-CONTROL",
    "MERGE",
];

/// Does Apache know this method?
pub(crate) fn is_method(method: &[u8]) -> bool {
    METHODS.iter().any(|known| known.as_bytes() == method)
}

/// The methods that a `<Limit>` or `<LimitExcept>` is for, within those around it (`ap_limit_section`).
/// A `.htaccess` file cannot make new methods known.
///
/// # Errors
/// What Apache says to methods it cannot use.
pub(crate) fn limited(
    outer: &Methods,
    inner: &Methods,
    context: Context,
) -> Result<Methods, String> {
    let (Methods::Only(named) | Methods::Except(named)) = inner else {
        return Ok(outer.clone());
    };
    if matches!(inner, Methods::Only(_)) && named.iter().any(|method| method == b"TRACE") {
        return Err("TRACE cannot be limited, see `TraceEnable`".to_owned());
    }
    let unknown = named.iter().find(|method| !is_method(method));
    if let Some(unknown) = unknown.filter(|_| context.in_htaccess()) {
        let shown = values::shown(unknown);
        return Err(format!(
            "there is no method `{shown}`, and none is made known here"
        ));
    }
    let methods = outer.and(inner);
    // Of all the methods there may be one stands for the others.
    let known = METHODS.iter().map(|method| method.as_bytes());
    let all = || {
        known
            .clone()
            .chain(named.iter().map(Vec::as_slice))
            .chain([&b""[..]])
    };
    if !all().any(|method| methods.contain(method)) {
        return Err("no method is left".to_owned());
    }
    if all().all(|method| methods.contain(method) == outer.contain(method)) {
        return Err("the methods are excluded already".to_owned());
    }
    Ok(methods)
}
