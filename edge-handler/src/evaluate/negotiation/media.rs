//! What a file is by its name (`find_ct` of `mod_mime`), and by `ForceType` and `SetHandler` (`core_override_type`).
//!
//! In: a name and what applies to it. Out: [`Media`]. Absent: what is in the file.

use crate::model::site::Site;
use crate::model::site::mime::{Extension, Mime, MultiviewsMatch, Negotiation};

use super::super::Halt;
use super::accept::{self, Accepted};
use super::media_type::with_charset;

/// What a type map is called as a handler, and as a type.
const TYPE_MAP: &[u8] = b"type-map";
const TYPE_MAP_TYPE: &[u8] = b"application/x-type-map";

/// What a file with a handler and without a type is taken for (`CGI_MAGIC_TYPE`).
pub(super) const SCRIPT_TYPE: &[u8] = b"application/x-httpd-cgi";

/// Languages that are extensions of troff's manual pages too, which have a type in most lists.
const AMBIGUOUS: [&[u8]; 3] = [b"me", b"ms", b"tr"];

/// What a file is.
#[derive(Debug, Default)]
pub(in crate::evaluate) struct Media<'n> {
    pub content_type: Option<Vec<u8>>,
    pub charset: Option<Vec<u8>>,
    pub languages: Vec<Vec<u8>>,
    pub encoding: Option<Vec<u8>>,
    pub handler: Option<Vec<u8>>,
    /// The parts of the name without a meaning, the base first; none where nothing has a meaning.
    pub exceptions: Vec<&'n [u8]>,
}

impl<'n> Media<'n> {
    /// What the file `name`, without its directory, is.
    pub fn of(
        name: &'n [u8],
        site: &Site,
        mime: &Mime,
        forced: &Negotiation,
    ) -> Result<Self, Halt> {
        let mut found = Self::by_name(name, site, mime)?;
        found.override_by(forced);
        Ok(found)
    }

    /// What the extensions of `name` say of the file, whatever a section says of all files.
    pub fn by_name(name: &'n [u8], site: &Site, mime: &Mime) -> Result<Self, Halt> {
        let mut found = Self::default();
        let dots = name.iter().take_while(|byte| **byte == b'.').count();
        let after = name.get(dots..).unwrap_or_default();
        let base = after.iter().position(|byte| *byte == b'.');
        let base = base.map_or(name.len(), |at| dots + at);
        found.exceptions.push(name.get(..base).unwrap_or(name));
        let mut has_meaning = false;
        let rest = name.get(base + 1..).unwrap_or_default();
        for part in rest
            .split(|byte| *byte == b'.')
            .filter(|part| !part.is_empty())
        {
            let has = found.add(&part.to_ascii_lowercase(), site, mime)?;
            if has || mime.multiviews_match.contains(MultiviewsMatch::ANY) {
                has_meaning = true;
            } else {
                found.exceptions.push(part);
            }
        }
        if !has_meaning {
            found.exceptions.clear();
        }
        if found.languages.is_empty() {
            found.languages.extend(mime.default_language.clone());
        }
        Ok(found)
    }

    /// What one extension adds; whether it has a meaning for a choice.
    fn add(&mut self, extension: &[u8], site: &Site, mime: &Mime) -> Result<bool, Halt> {
        let nothing = Extension::default();
        let known = mime.extensions.get(extension).unwrap_or(&nothing);
        let listed = match &known.media_type {
            Some(own) => Some(own.clone()).filter(|own| !own.is_empty()),
            None => listed_type(extension, known, site)?,
        };
        let is_plain = known.charset.is_none() && known.language.is_none();
        let has = listed.is_some() || !is_plain || known.encoding.is_some();
        self.content_type = listed.or(self.content_type.take());
        self.charset = known.charset.clone().or(self.charset.take());
        self.languages.extend(known.language.clone());
        if let Some(own) = &known.encoding {
            self.encoding = Some(match self.encoding.take() {
                Some(before) => [&before, b", ".as_slice(), own].concat(),
                None => own.clone(),
            });
        }
        let Some(handler) = &known.handler else {
            return Ok(has);
        };
        self.handler = Some(handler.clone());
        Ok(has || mime.multiviews_match.contains(MultiviewsMatch::HANDLERS))
    }

    fn override_by(&mut self, forced: &Negotiation) {
        let is_one = |value: &&Vec<u8>| value.as_slice() != b"none";
        if let Some(own) = forced.force_type.as_ref().filter(is_one) {
            self.content_type = Some(own.clone());
            self.charset = None;
        }
        if let Some(own) = forced.handler.as_ref().filter(is_one) {
            self.handler = Some(own.clone());
        }
    }

    /// Is the file a list of others to who chooses among files?
    pub fn lists_others(&self) -> bool {
        self.content_type.as_deref() == Some(TYPE_MAP_TYPE)
            || self.handler.as_deref() == Some(TYPE_MAP)
    }

    /// Is the file answered by what it lists?
    pub fn is_type_map(&self) -> bool {
        match &self.handler {
            Some(handler) => handler == TYPE_MAP || handler == TYPE_MAP_TYPE,
            None => self.content_type.as_deref() == Some(TYPE_MAP_TYPE),
        }
    }

    /// The type that a file is sent with which no section gives another; `None` where it has none.
    pub fn sent_type(&self) -> Option<Vec<u8>> {
        let content_type = self.content_type.as_deref()?;
        Some(with_charset(content_type, self.charset.as_deref()))
    }

    /// The type with its parameters; `None` where it cannot be told apart what they are.
    pub(super) fn entry(&self) -> Option<Accepted> {
        let content_type = self.content_type.as_deref()?;
        let is_odd = |byte: &u8| matches!(byte, b'"' | b',' | b'(' | b'\\');
        if content_type.iter().any(is_odd) || !content_type.contains(&b'/') {
            return None;
        }
        let mut found = accept::entry(&mut &*content_type);
        if let Some(charset) = &self.charset {
            found.charset.clone_from(charset);
        }
        Some(found)
    }
}

/// The type that `TypesConfig` has for an extension.
fn listed_type(extension: &[u8], known: &Extension, site: &Site) -> Result<Option<Vec<u8>>, Halt> {
    if let Some(listed) = site.types.of(extension) {
        return Ok(Some(listed.to_vec()));
    }
    if site.types.known {
        return Ok(None);
    }
    let is_language = known.language.is_some() && !AMBIGUOUS.contains(&extension);
    if is_language || known.handler.is_some() {
        return Ok(None);
    }
    let shown = String::from_utf8_lossy(extension);
    let reason = format!("nobody knows which type TypesConfig has for .{shown}");
    Err(Halt::Unsupported(reason))
}
