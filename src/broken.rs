//! Sites that Apache answers with 500 throughout.
//!
//! In: a site. Out: which of its hosts never answer anything else, in words. Absent: what is wrong in their `.htaccess`
//! files; `edgewright check` says that.

use anyhow::{Result, bail};
use edgewright_engine::model::rules::Place;
use edgewright_engine::model::site::{Host, Site};

use crate::args::Force;

/// Refuses a site with a host that answers 500 throughout, unless it is forced; then the sentence that says so.
///
/// # Errors
/// There is such a host, and it is not wanted.
pub fn refuse(site: &Site, force: Force) -> Result<Option<String>> {
    let hosts = site.hosts.iter();
    let broken = hosts.filter_map(|host| Some((host, broken_file(site, host)?)));
    let mut broken: Vec<(&Host, Place)> = broken.collect();
    // Hosts that share a document root share its file.
    broken.sort_by_key(|(_, place)| (place.file, place.line));
    broken.dedup_by_key(|(_, place)| *place);
    let Some((host, place)) = broken.first() else {
        return Ok(None);
    };
    let name = String::from_utf8_lossy(&host.name);
    let file = usize::try_from(place.file).unwrap_or(usize::MAX);
    let file = site.files.get(file).map_or("its .htaccess", String::as_str);
    let others = match broken.len() - 1 {
        0 => String::new(),
        others => format!(", and {others} more like it"),
    };
    let said = format!("{name} answers every request with 500: Apache cannot read {file}{others}");
    match force {
        Force::Yes => Ok(Some(format!("{said}\n"))),
        Force::No => bail!(
            "{said}\n  `edgewright check` shows the line; mend it, or give --force to build the site as it is"
        ),
    }
}

/// The `.htaccess` file of the document root, where it is one that Apache cannot read.
fn broken_file(site: &Site, host: &Host) -> Option<Place> {
    let root = host.document_root.as_slice();
    let root = root.strip_suffix(b"/").unwrap_or(root);
    let own = host.overrides.get(root).copied();
    let id = own.unwrap_or_else(|| site.tree.overrides.get(root).copied())?;
    let section = site.sections.get(usize::try_from(id.0).ok()?)?;
    section.settings.broken.then_some(section.place)
}
