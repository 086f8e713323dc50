//! The query string as a policy selects of it.
//!
//! In: the query and selections. Out: what stands in the key or goes on. Absent: decoding: `%20` and `+` are other
//! bytes, so other keys.

use super::policy::Selection;
use super::switches::ParameterOrder;

/// What `selections` take of `query`: `None` where they take nothing, or where there is no `?`.
///
/// `QueryStringParameters`: `&` is the only separator, order and case matter.
pub(super) fn selected(
    query: Option<&str>,
    selections: &[&Selection],
    order: ParameterOrder,
) -> Option<String> {
    let query = query?;
    if selections.iter().any(|one| **one == Selection::All) {
        return Some(query.to_owned());
    }
    let name = |parameter: &str| parameter.split('=').next().unwrap_or_default().to_owned();
    let mut parameters: Vec<&str> = query.split('&').filter(|one| !one.is_empty()).collect();
    parameters.retain(|one| {
        selections
            .iter()
            .any(|selection| selection.takes(&name(one)))
    });
    if order == ParameterOrder::OfPolicy {
        parameters.sort_by_key(|one| place(&name(one), selections));
    }
    (!parameters.is_empty()).then(|| parameters.join("&"))
}

/// Where `name` stands in the lists of the policies.
fn place(name: &str, selections: &[&Selection]) -> usize {
    let names = selections.iter().flat_map(|selection| match selection {
        Selection::Only(names) => names.as_slice(),
        Selection::None | Selection::All | Selection::AllExcept(_) => &[],
    });
    let mut names = names.enumerate();
    names
        .find(|(_, known)| *known == name)
        .map_or(usize::MAX, |(at, _)| at)
}
