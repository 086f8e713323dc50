//! Which files say their answer themselves: `SetHandler`, `AddHandler`, `RemoveHandler`.
//!
//! In: nothing. Out: [`Handlers`] of a section, [`AsIs`] of a file. Absent: every other handler; of them it only matters
//! that they are not `send-as-is`.

use serde::{Deserialize, Serialize};

/// What lines of one section say about handlers. Extensions are in lower case and without a dot before them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Handlers {
    /// `SetHandler`.
    pub all: Option<HandlerName>,
    /// `AddHandler`: for names with an extension. Each extension is here once.
    pub added: Vec<(Vec<u8>, HandlerName)>,
    /// `RemoveHandler`.
    pub removed: Vec<Vec<u8>>,
}

/// The name of a handler, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HandlerName {
    /// `send-as-is`.
    AsIs,
    /// Any other.
    Other,
    /// `none`, which `SetHandler` says: that of the extension stays.
    Unset,
}

/// The beginning of a file that is sent as it is, as far as it decides an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AsIs {
    /// `Status`: the status.
    pub status: Option<u16>,
    /// `Location`.
    pub location: Option<Vec<u8>>,
}

impl Handlers {
    /// True when these make any file one that is sent as it is.
    pub fn name_as_is(&self) -> bool {
        let mut added = self.added.iter().map(|(_, name)| *name);
        self.all == Some(HandlerName::AsIs) || added.any(|name| name == HandlerName::AsIs)
    }

    /// One more extension of `AddHandler`, with or without its dot.
    pub fn add(&mut self, extension: &[u8], name: HandlerName) {
        let extension = bare(extension);
        self.added.retain(|(known, _)| *known != extension);
        self.added.push((extension, name));
    }

    /// One more extension of `RemoveHandler`, with or without its dot.
    pub fn remove(&mut self, extension: &[u8]) {
        self.removed.push(bare(extension));
    }

    /// Puts what `other` adds on top (`overlay_extension_mappings`).
    pub fn lay_over(&mut self, other: &Self) {
        for (extension, name) in &other.added {
            self.add(extension, *name);
        }
    }

    /// Takes away what `other` removes (`remove_items`).
    pub fn take_away(&mut self, other: &Self) {
        let removed = &other.removed;
        self.added
            .retain(|(extension, _)| !removed.contains(extension));
    }

    /// That of a file's name: the last of its extensions that has one (`find_ct`).
    pub fn of_name(&self, name: &[u8]) -> Option<HandlerName> {
        // Dots at the beginning belong to the name, and so does what stands before the first dot.
        let dots = name.iter().take_while(|byte| **byte == b'.').count();
        let extensions = name.get(dots..)?.split(|byte| *byte == b'.').skip(1);
        let found = extensions.filter_map(|extension| {
            let extension = extension.to_ascii_lowercase();
            let mut added = self.added.iter().filter(|_| !extension.is_empty());
            added.find(|(known, _)| *known == extension)
        });
        found.last().map(|(_, name)| *name)
    }
}

fn bare(extension: &[u8]) -> Vec<u8> {
    let extension = extension.strip_prefix(b".").unwrap_or(extension);
    extension.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{HandlerName, Handlers};

    fn check(name: &str, expected: Option<HandlerName>) {
        let mut handlers = Handlers::default();
        handlers.add(b".asis", HandlerName::AsIs);
        handlers.add(b"CGI", HandlerName::Other);
        assert_eq!(handlers.of_name(name.as_bytes()), expected, "{name}");
    }

    #[test]
    fn the_last_extension_with_a_handler_counts() {
        check("a.asis", Some(HandlerName::AsIs));
        check("a.ASIS.txt", Some(HandlerName::AsIs));
        check("a.asis.cgi", Some(HandlerName::Other));
        check("a.cgi..asis", Some(HandlerName::AsIs));
        check("asis", None);
        check(".asis", None);
        check("..x.asis", Some(HandlerName::AsIs));
        check("a.", None);
    }
}
