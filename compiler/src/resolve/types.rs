//! Types of files: what lines say of extensions, the list that `TypesConfig` names, and type maps.
//!
//! In: directives of `mod_mime` and `mod_negotiation`, and files through the loader. Out: settings, the site's types and
//! type maps. Absent: choosing a file.

use std::collections::BTreeSet;

use edgewright_engine::model::site::mime::{
    Attribute, ForcePriority, MultiviewsMatch, TypeMap, Types,
};
use edgewright_engine::model::site::{FileKind, Settings, Traits};
use edgewright_parser::source::Span;

use super::asked_types::asks_for_types;
use super::{Resolver, type_map, unfollowed, values};

/// Debian's compiled-in `AP_TYPES_CONFIG_FILE`.
const DEFAULT_TYPES: &[u8] = b"mime.types";

/// More type maps are not read.
const MOST_MAPS: usize = 1_000;

/// Handlers and types of type maps, in lower case.
const TYPE_MAP: [&[u8]; 2] = [b"type-map", b"application/x-type-map"];

/// What was read about types of files.
#[derive(Debug, Default)]
pub(crate) struct TypeLines {
    /// Where lines stand.
    pub(crate) spans: Vec<Span>,
    /// Lines that make files with an extension type maps.
    pub(crate) maps: Vec<Span>,
    /// `RequestHeader` lines that ask for the type of a file.
    pub(crate) asking: Vec<Span>,
    /// `TypesConfig` of the main server.
    pub(crate) config: Option<Vec<u8>>,
}

/// Carries out a directive that is about types; `None` when it is none of them.
pub(crate) fn directive(
    name: &[u8],
    words: &[&[u8]],
    settings: &mut Settings,
) -> Option<Result<(), String>> {
    let (first, rest) = words
        .split_first()
        .map_or((&b""[..], words), |(first, rest)| (*first, rest));
    let add = |attribute: Attribute, settings: &mut Settings| {
        let mime = settings.mime.get_or_insert_default();
        for word in rest {
            mime.add(attribute, first, word);
        }
    };
    let remove = |attribute: Attribute, settings: &mut Settings| {
        let mime = settings.mime.get_or_insert_default();
        for word in words {
            mime.remove(attribute, word);
        }
    };
    match name {
        b"addtype" => add(Attribute::Type, settings),
        b"addencoding" => add(Attribute::Encoding, settings),
        b"addlanguage" => add(Attribute::Language, settings),
        b"addcharset" => add(Attribute::Charset, settings),
        b"addhandler" => add(Attribute::Handler, settings),
        b"removeencoding" => remove(Attribute::Encoding, settings),
        b"removelanguage" => remove(Attribute::Language, settings),
        b"removecharset" => remove(Attribute::Charset, settings),
        b"removehandler" => remove(Attribute::Handler, settings),
        b"removetype" => {
            let mime = settings.mime.get_or_insert_default();
            for word in words {
                mime.add(Attribute::Type, b"", word);
            }
        }
        b"defaultlanguage" => {
            settings.mime.get_or_insert_default().default_language = Some(first.to_vec());
        }
        b"modmimeusepathinfo" => {
            let uses = first.eq_ignore_ascii_case(b"on");
            settings.mime.get_or_insert_default().use_path_info = Some(uses);
        }
        b"multiviewsmatch" => return Some(multiviews_match(words, settings)),
        b"languagepriority" => {
            let choice = settings.negotiation.get_or_insert_default();
            let languages = choice.language_priority.get_or_insert_default();
            languages.extend(words.iter().map(|word| word.to_vec()));
        }
        b"forcelanguagepriority" => return Some(force_priority(words, settings)),
        b"forcetype" => {
            let forced = first.to_ascii_lowercase();
            settings.negotiation.get_or_insert_default().force_type = Some(forced);
        }
        b"sethandler" => {
            let handler = first.to_ascii_lowercase();
            settings.negotiation.get_or_insert_default().handler = Some(handler);
        }
        _ => return None,
    }
    Some(Ok(()))
}

/// `multiviews_match`
fn multiviews_match(words: &[&[u8]], settings: &mut Settings) -> Result<(), String> {
    let known = &mut settings.mime.get_or_insert_default().multiviews_match;
    for word in words {
        let (one, others) = match word.to_ascii_lowercase().as_slice() {
            b"any" => (MultiviewsMatch::ANY, MultiviewsMatch::ANY),
            b"negotiatedonly" => (
                MultiviewsMatch::NEGOTIATED_ONLY,
                MultiviewsMatch::NEGOTIATED_ONLY,
            ),
            b"filters" => (
                MultiviewsMatch::FILTERS,
                MultiviewsMatch::FILTERS | MultiviewsMatch::HANDLERS,
            ),
            b"handlers" => (
                MultiviewsMatch::HANDLERS,
                MultiviewsMatch::FILTERS | MultiviewsMatch::HANDLERS,
            ),
            _ => {
                let shown = values::shown(word);
                return Err(format!("`MultiviewsMatch` has no `{shown}`"));
            }
        };
        if !(*known - others).is_empty() {
            return Err(
                "`MultiviewsMatch` takes Any, NegotiatedOnly, or Handlers and Filters".to_owned(),
            );
        }
        *known |= one;
    }
    Ok(())
}

/// `set_force_priority`
fn force_priority(words: &[&[u8]], settings: &mut Settings) -> Result<(), String> {
    let choice = settings.negotiation.get_or_insert_default();
    let mut known = choice.force_priority.unwrap_or(ForcePriority::empty());
    for word in words {
        let (one, others) = match word.to_ascii_lowercase().as_slice() {
            b"none" => (
                ForcePriority::NONE,
                ForcePriority::PREFER | ForcePriority::FALLBACK,
            ),
            b"prefer" => (ForcePriority::PREFER, ForcePriority::NONE),
            b"fallback" => (ForcePriority::FALLBACK, ForcePriority::NONE),
            _ => {
                let shown = values::shown(word);
                return Err(format!("`ForceLanguagePriority` has no `{shown}`"));
            }
        };
        if known.intersects(others) {
            return Err("`ForceLanguagePriority` takes None, or Prefer and Fallback".to_owned());
        }
        known |= one;
    }
    choice.force_priority = Some(known);
    Ok(())
}

/// Does the line make files with some extension type maps?
pub(crate) fn makes_maps(name: &[u8], words: &[&[u8]]) -> bool {
    let is_adding = matches!(name, b"addhandler" | b"addtype");
    let first = words.first().map(|word| word.to_ascii_lowercase());
    is_adding && first.is_some_and(|first| TYPE_MAP.contains(&first.as_slice()))
}

/// A path up to the first dot of its last name; `None` where there is none.
fn without_extensions(path: &[u8]) -> Option<&[u8]> {
    let name = path.iter().rposition(|byte| *byte == b'/')? + 1;
    let dots = path.get(name..)?.iter().take_while(|byte| **byte == b'.');
    let start = name + dots.count();
    let dot = path.get(start..)?.iter().position(|byte| *byte == b'.')?;
    path.get(..start + dot)
}

/// The last name of a path.
pub(super) fn name_of(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

/// The extensions in the last name of a path, in lower case.
pub(super) fn extensions_of(path: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let parts = name_of(path).split(|byte| *byte == b'.').skip(1);
    parts.map(<[u8]>::to_ascii_lowercase)
}

/// Does a file stand in for an answer here?
fn has_document(settings: &Settings) -> bool {
    let mut documents = settings.error_documents.iter();
    documents.any(|(_, document)| document.path().is_some())
}

impl Resolver<'_> {
    /// Reads what a choice among files depends on, where there is one. What lines say of types is forgotten where neither a
    /// choice, nor a document for an error, nor the handler `send-as-is`, nor an expression needs it.
    pub(crate) fn settle_types(&mut self) {
        let asks = asks_for_types(&self.site);
        self.site.traits.set(Traits::ASKS_FOR_TYPES, asks);
        let without_mime = asks && !self.reader.modules.may_have("mod_mime");
        self.site.traits.set(Traits::WITHOUT_MIME, without_mime);
        let chooses = self.all_settings().any(|own| own.allow.may_negotiate());
        let has_documents = self.all_settings().any(|own| has_document(own));
        let maps = self.map_extensions();
        let is_plain = !chooses && maps.is_empty();
        self.site.types = self.read_types();
        let needs_types = Traits::SENDS_AS_IS | Traits::ASKS_FOR_TYPES;
        if is_plain && !has_documents && !self.site.traits.intersects(needs_types) {
            for settings in self.all_settings() {
                settings.mime = None;
                settings.negotiation = None;
            }
            return;
        }
        for host in &mut self.site.hosts {
            if let Some(mime) = &mut host.settings.mime {
                mime.removed.clear();
            }
        }
        if is_plain {
            return;
        }
        self.read_type_maps(&maps);
        self.read_lengths();
    }

    /// The lengths of files among which one may be chosen.
    fn read_lengths(&mut self) {
        let mut paths: Vec<(&[u8], &Vec<u8>)> = Vec::new();
        for (path, kind) in &self.site.tree.entries {
            if *kind == FileKind::File
                && let Some(base) = without_extensions(path)
            {
                paths.push((base, path));
            }
        }
        let groups = paths.chunk_by(|one, other| one.0 == other.0);
        let several = groups.filter(|group| group.len() > 1).flatten();
        let files = &self.reader.files;
        let length = |path: &Vec<u8>| files.loader.length(&files.local(path));
        let lengths = several.filter_map(|(_, path)| Some(((*path).clone(), length(path)?)));
        self.site.tree.lengths = lengths.collect();
    }

    /// The settings of every host and section.
    pub(super) fn all_settings(&mut self) -> impl Iterator<Item = &mut Settings> {
        let hosts = self.site.hosts.iter_mut().map(|host| &mut host.settings);
        let sections = self.site.sections.iter_mut();
        hosts.chain(sections.map(|section| &mut section.settings))
    }

    /// Extensions of type maps, in lower case.
    fn map_extensions(&mut self) -> BTreeSet<Vec<u8>> {
        let all = self.all_settings().filter_map(|own| own.mime.as_deref());
        let extensions = all.flat_map(|mime| &mime.extensions);
        let is_map = |value: &Option<Vec<u8>>| {
            let value = value.as_deref();
            value.is_some_and(|value| TYPE_MAP.contains(&value))
        };
        extensions
            .filter(|(_, own)| is_map(&own.handler) || is_map(&own.media_type))
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// The types of extensions that files of the site have (`mime_post_config`): of all, where something asks for the type
    /// of whatever is in a URL.
    fn read_types(&mut self) -> Types {
        let name = self.types.config.as_deref().unwrap_or(DEFAULT_TYPES);
        let path = self.reader.files.absolute(name);
        let nothing = Types {
            known: true,
            ..Types::default()
        };
        if path == b"/dev/null" {
            return nothing;
        }
        let local = self.reader.files.local(&path);
        let Ok(text) = self.reader.files.loader.read(&local) else {
            return Types::default();
        };
        let used = self.used_extensions();
        let all = self.site.traits.contains(Traits::ASKS_FOR_TYPES);
        let mut types = nothing;
        for line in text.split(|byte| *byte == b'\n') {
            let words = line.split(u8::is_ascii_whitespace);
            let mut words = words.filter(|word| !word.is_empty());
            let Some(media_type) = words.next().filter(|word| !word.starts_with(b"#")) else {
                continue;
            };
            let extensions = words.map(<[u8]>::to_ascii_lowercase);
            for extension in extensions.filter(|extension| all || used.contains(extension)) {
                types.by_extension.insert(extension, media_type.to_vec());
            }
        }
        types
    }

    /// Extensions of files that are known, and of documents for errors.
    fn used_extensions(&mut self) -> BTreeSet<Vec<u8>> {
        let documents = self.all_settings().flat_map(|own| &own.error_documents);
        let paths = documents.filter_map(|(_, document)| {
            let path = document.path()?;
            path.split(|byte| *byte == b'?').next()
        });
        let mut used: BTreeSet<Vec<u8>> = paths.flat_map(extensions_of).collect();
        let files = self.site.tree.entries.keys();
        used.extend(files.flat_map(|path| extensions_of(path)));
        used
    }

    fn read_type_maps(&mut self, extensions: &BTreeSet<Vec<u8>>) {
        let is_map = |path: &[u8]| extensions_of(path).any(|own| extensions.contains(&own));
        let entries = self.site.tree.entries.iter();
        let files = entries.filter(|(_, kind)| **kind != FileKind::Directory);
        let files: Vec<Vec<u8>> = files
            .map(|(path, _)| path.clone())
            .filter(|path| is_map(path))
            .collect();
        for (number, path) in files.into_iter().enumerate() {
            let local = self.reader.files.local(&path);
            let text = (number < MOST_MAPS).then(|| self.reader.files.loader.read(&local));
            let map = match text {
                Some(Ok(text)) => type_map::read(&text),
                _ => TypeMap::Unread,
            };
            self.site.type_maps.insert(path, map);
        }
    }

    /// Says of lines about types that they are not followed where a choice among files has to be made in document roots
    /// that nobody has looked into.
    pub(crate) fn report_types(&mut self) {
        let lines = std::mem::take(&mut self.types);
        let chooses = self.all_settings().any(|own| own.allow.may_negotiate());
        let tree = &self.site.tree;
        let mut roots = self.site.hosts.iter().map(|host| &host.document_root);
        if roots.all(|root| tree.is_known(root)) {
            return;
        }
        let help = "`--docroot FOLDER` gives a copy of a document root that was not read";
        let change = "Apache answers by what is in such a file, which is not read";
        for span in lines.maps {
            self.say(unfollowed::warning(change, span).help(help));
        }
        let change =
            "it asks for the type of a file or folder, and not every document root was read";
        for span in lines.asking {
            self.say(unfollowed::warning(change, span).help(help));
        }
        let change = "`MultiViews` chooses among files by it, and not every document root was read";
        for span in lines.spans.into_iter().filter(|_| chooses) {
            self.say(unfollowed::warning(change, span).help(help));
        }
    }
}
