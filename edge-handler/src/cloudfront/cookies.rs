//! The `Cookie` header as CloudFront sends it on and keys it.
//!
//! In: the viewer's lines and a selection. Out: one line, sorted. Absent: `Set-Cookie`; see `response`.

use super::header_list::HeaderList;
use super::policy::Selection;
use super::switches::SameCookies;

/// The cookies that any of `selections` takes, as one line; `None` where there is none.
///
/// `Cookies`: CloudFront sorts cookies by name, drops those whose name begins with `$`, and sends the header on only if
/// it has the form `name=value; name=value`.
pub(super) fn selected(
    headers: &HeaderList,
    selections: &[&Selection],
    order: SameCookies,
) -> Option<String> {
    // HTTP/2 may send each cookie in a line of its own; together they are one header (RFC 9113).
    let lines: Vec<&str> = headers.values("cookie").collect();
    let line = lines.join("; ");
    let mut pairs = Vec::new();
    for pair in line.split(';').map(str::trim) {
        pairs.push(pair.split_once('=')?);
    }
    if order == SameCookies::LastFirst {
        pairs.reverse();
    }
    pairs
        .retain(|(name, _)| !name.starts_with('$') && selections.iter().any(|one| one.takes(name)));
    pairs.sort_by_key(|(name, _)| *name);
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    (!pairs.is_empty()).then(|| pairs.join("; "))
}
