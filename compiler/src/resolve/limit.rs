//! `<Limit>` and `<LimitExcept>`: the methods that directives are for.
//!
//! In: the methods that a section names, and those of the section around it. Out: [`Methods`]. Absent: what
//! directives do with them; see [`super::access`].

use edgewright_engine::model::site::access::{METHODS, Methods};

use super::context::Context;
use super::values;

/// Does Apache know this method?
pub(crate) fn is_method(method: &[u8]) -> bool {
    METHODS.contains(&method)
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
    let all = || {
        let named = named.iter().map(Vec::as_slice);
        METHODS.into_iter().chain(named).chain([&b""[..]])
    };
    if !all().any(|method| methods.contain(method)) {
        return Err("no method is left".to_owned());
    }
    if all().all(|method| methods.contain(method) == outer.contain(method)) {
        return Err("the methods are excluded already".to_owned());
    }
    Ok(methods)
}
