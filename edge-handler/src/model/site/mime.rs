//! What files are by their extensions, and how one of several is chosen (`mod_mime`, `mod_negotiation`).
//!
//! In: nothing. Out: [`Mime`], [`Negotiation`], [`Types`], [`TypeMap`]. Absent: choosing; see `evaluate::negotiation`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What an extension means (`extension_info`). Everything but the handler is in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Extension {
    /// `AddType`; empty for `RemoveType`, which hides what [`Types`] say too.
    pub media_type: Option<Vec<u8>>,
    /// `AddEncoding`.
    pub encoding: Option<Vec<u8>>,
    /// `AddLanguage`.
    pub language: Option<Vec<u8>>,
    /// `AddCharset`.
    pub charset: Option<Vec<u8>>,
    /// `AddHandler`.
    pub handler: Option<Vec<u8>>,
}

/// What of an extension a line sets or takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Attribute {
    /// The type.
    Type,
    /// The encoding.
    Encoding,
    /// The language.
    Language,
    /// The character set.
    Charset,
    /// Who answers.
    Handler,
}

impl Extension {
    fn get_mut(&mut self, attribute: Attribute) -> &mut Option<Vec<u8>> {
        match attribute {
            Attribute::Type => &mut self.media_type,
            Attribute::Encoding => &mut self.encoding,
            Attribute::Language => &mut self.language,
            Attribute::Charset => &mut self.charset,
            Attribute::Handler => &mut self.handler,
        }
    }

    /// This on top of another (`overlay_extension_mappings`).
    fn over(&self, base: &Self) -> Self {
        let either = |own: &Option<Vec<u8>>, base: &Option<Vec<u8>>| own.clone().or(base.clone());
        Self {
            media_type: either(&self.media_type, &base.media_type),
            encoding: either(&self.encoding, &base.encoding),
            language: either(&self.language, &base.language),
            charset: either(&self.charset, &base.charset),
            handler: either(&self.handler, &base.handler),
        }
    }
}

bitflags::bitflags! {
    /// `MultiviewsMatch`: which extensions without a meaning do not keep a file from being chosen.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
    pub struct MultiviewsMatch: u8 {
        /// All extensions.
        const ANY = 1;
        /// No extension: what Apache does by itself.
        const NEGOTIATED_ONLY = 1 << 1;
        /// Extensions with a handler.
        const HANDLERS = 1 << 2;
        /// Extensions with a filter.
        const FILTERS = 1 << 3;
    }

    /// `ForceLanguagePriority`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    pub struct ForcePriority: u8 {
        /// `LanguagePriority` decides nothing.
        const NONE = 1;
        /// It decides between languages that are as good as one another.
        const PREFER = 1 << 1;
        /// It decides where the client takes none.
        const FALLBACK = 1 << 2;
    }
}

/// What a section says of `mod_mime`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Mime {
    /// Extensions in lower case.
    pub extensions: BTreeMap<Vec<u8>, Extension>,
    /// `RemoveHandler` and its kind: what is taken away from what sections around this one say.
    pub removed: Vec<(Vec<u8>, Attribute)>,
    /// `DefaultLanguage`.
    pub default_language: Option<Vec<u8>>,
    /// `MultiviewsMatch`; empty when nothing is said.
    pub multiviews_match: MultiviewsMatch,
    /// `ModMimeUsePathInfo`.
    pub use_path_info: Option<bool>,
}

impl Mime {
    /// One more meaning of an extension (`add_extension_info`).
    pub fn add(&mut self, attribute: Attribute, value: &[u8], extension: &[u8]) {
        let extension = extension.strip_prefix(b".").unwrap_or(extension);
        let known = self.extensions.entry(extension.to_ascii_lowercase());
        *known.or_default().get_mut(attribute) = Some(value.to_ascii_lowercase());
    }

    /// Takes a meaning of an extension away (`remove_extension_info`).
    pub fn remove(&mut self, attribute: Attribute, extension: &[u8]) {
        let extension = extension.strip_prefix(b".").unwrap_or(extension);
        self.removed
            .push((extension.to_ascii_lowercase(), attribute));
    }

    /// The handler of a file's name: that of the last of its extensions that has one (`find_ct`).
    pub fn handler_of(&self, name: &[u8]) -> Option<&[u8]> {
        // Dots at the beginning belong to the name, and so does what stands before the first dot.
        let dots = name.iter().take_while(|byte| **byte == b'.').count();
        let extensions = name.get(dots..)?.split(|byte| *byte == b'.').skip(1);
        let found = extensions.filter_map(|extension| {
            let known = self.extensions.get(&extension.to_ascii_lowercase())?;
            known.handler.as_deref().filter(|_| !extension.is_empty())
        });
        found.last()
    }

    /// This section on top of others (`merge_mime_dir_configs`). What it takes away, it takes away once.
    #[must_use]
    pub fn over(&self, mut base: Self) -> Self {
        for (name, own) in &self.extensions {
            let known = base.extensions.entry(name.clone()).or_default();
            *known = own.over(known);
        }
        for (name, attribute) in &self.removed {
            if let Some(known) = base.extensions.get_mut(name) {
                *known.get_mut(*attribute) = None;
            }
        }
        let match_ = self.multiviews_match;
        Self {
            extensions: base.extensions,
            removed: Vec::new(),
            default_language: self.default_language.clone().or(base.default_language),
            multiviews_match: if match_.is_empty() {
                base.multiviews_match
            } else {
                match_
            },
            use_path_info: self.use_path_info.or(base.use_path_info),
        }
    }
}

/// What a section says of the choice between files, and of their type whatever they are called.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Negotiation {
    /// `LanguagePriority`.
    pub language_priority: Option<Vec<Vec<u8>>>,
    /// `ForceLanguagePriority`.
    pub force_priority: Option<ForcePriority>,
    /// `ForceType`; `none` too.
    pub force_type: Option<Vec<u8>>,
    /// `SetHandler`; `none` too.
    pub handler: Option<Vec<u8>>,
}

impl Negotiation {
    /// This section on top of others (`merge_neg_dir_configs`).
    #[must_use]
    pub fn over(&self, base: Self) -> Self {
        Self {
            language_priority: self.language_priority.clone().or(base.language_priority),
            force_priority: self.force_priority.or(base.force_priority),
            force_type: self.force_type.clone().or(base.force_type),
            handler: self.handler.clone().or(base.handler),
        }
    }
}

/// `TypesConfig`, as far as files of the site have these extensions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Types {
    /// The file was read: an extension that is not here has no type by it.
    pub known: bool,
    /// Types by extension, in lower case.
    pub by_extension: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Types {
    /// The type of an extension in lower case. Where nobody has read the file, the usual one.
    pub fn of(&self, extension: &[u8]) -> Option<&[u8]> {
        let mut usual = self.usual().iter().copied();
        let listed = self.by_extension.get(extension).map(Vec::as_slice);
        listed.or_else(|| usual.find_map(|(name, usual)| (name == extension).then_some(usual)))
    }

    /// Every extension that has a type, and the type.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let listed = self.by_extension.iter();
        let listed = listed.map(|(name, listed)| (name.as_slice(), listed.as_slice()));
        let usual = self.usual().iter().copied();
        listed.chain(usual.filter(|(name, _)| !self.by_extension.contains_key(*name)))
    }

    /// What counts beside the file: nothing, once it was read.
    fn usual(&self) -> &'static [(&'static [u8], &'static [u8])] {
        if self.known { &[] } else { USUAL }
    }
}

/// Types that these extensions have everywhere, where nobody knows what `TypesConfig` says.
const USUAL: &[(&[u8], &[u8])] = &[
    (b"css", b"text/css"),
    (b"gif", b"image/gif"),
    (b"htm", b"text/html"),
    (b"html", b"text/html"),
    (b"jpeg", b"image/jpeg"),
    (b"jpg", b"image/jpeg"),
    (b"json", b"application/json"),
    (b"pdf", b"application/pdf"),
    (b"png", b"image/png"),
    (b"svg", b"image/svg+xml"),
    (b"txt", b"text/plain"),
    (b"xml", b"application/xml"),
    (b"zip", b"application/zip"),
];

/// A file that `AddHandler type-map` is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TypeMap {
    /// What it lists.
    Read(Vec<MapVariant>),
    /// Apache answers 500 because of a line.
    Broken,
    /// Nobody has read it, or has understood it.
    Unread,
}

/// One file that a type map lists.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MapVariant {
    /// `URI`.
    pub uri: Vec<u8>,
    /// `Content-Type`, with its parameters.
    pub media_type: Option<Vec<u8>>,
    /// `Content-Language`, in lower case.
    pub languages: Vec<Vec<u8>>,
    /// `Content-Encoding`.
    pub encoding: Option<Vec<u8>>,
    /// `Content-Length`.
    pub length: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::{Attribute, Mime};

    fn check(name: &str, expected: Option<&str>) {
        let mut mime = Mime::default();
        mime.add(Attribute::Handler, b"send-as-is", b".asis");
        mime.add(Attribute::Handler, b"x", b"CGI");
        let found = mime.handler_of(name.as_bytes());
        assert_eq!(found, expected.map(str::as_bytes), "{name}");
    }

    #[test]
    fn the_last_extension_with_a_handler_counts() {
        check("a.asis", Some("send-as-is"));
        check("a.ASIS.txt", Some("send-as-is"));
        check("a.asis.cgi", Some("x"));
        check("a.cgi..asis", Some("send-as-is"));
        check("asis", None);
        check(".asis", None);
        check("..x.asis", Some("send-as-is"));
        check("a.", None);
    }
}
