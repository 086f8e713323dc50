//! Choosing among files (`mod_negotiation`): `Options MultiViews` for a name without its extension, and type maps.
//!
//! In: a record whose file does not exist, or is a type map. Out: a [`Verdict`]; the file that is chosen takes its
//! place. Absent: directories that nobody has looked into, and bodies that stand in a type map.

mod accept;
mod choice;
mod media;
mod media_type;

use crate::model::outcome::ServerEvent;
use crate::model::site::FileKind;
use crate::model::site::mime::{MultiviewsMatch, TypeMap};
use crate::source::Source;

use super::dir::fast_redirect;
use super::record::{Handler, OK, Record, Verdict, add_names};
use super::subrequest::parent_directory;
use super::url::append_query;
use super::{BYTES_A_STEP, Halt, Run};
use crate::text::escape::escape_uri;
use accept::{Accepted, header_line};
use choice::{Choice, Transparency, Variant, Wishes};
pub(super) use media::Media;
use media::SCRIPT_TYPE;

/// A file that may be chosen, with its record where it was looked up.
type Candidate<'a> = (Variant, Option<Record<'a>>);

/// `HTTP_VARIANT_ALSO_VARIES`
const VARIES_TOO: u16 = 506;

impl<'a, S: Source> Run<'a, S> {
    /// `handle_multi`
    pub(super) fn handle_multi(&mut self, record: &mut Record<'a>) -> Result<Verdict, Halt> {
        let is_missing = record.kind.is_none() && record.handler == Handler::Default;
        if !is_missing || !record.settings.multiviews() {
            return Ok(Verdict::Decline);
        }
        let names = self.variants(record.filename());
        if names.is_empty() {
            return Ok(Verdict::Decline);
        }
        let mut candidates = match self.read_types_multi(record, &names)? {
            Ok(candidates) => candidates,
            Err(status) => return Ok(Verdict::Status(status)),
        };
        if candidates.is_empty() {
            return Ok(Verdict::Decline);
        }
        let is_read = matches!(record.method, b"GET" | b"HEAD");
        let prefers = !is_read || record.args.is_some() || !record.path_info.is_empty();
        let chosen = match self.negotiate(record, &mut candidates, prefers)? {
            Ok(at) => candidates.swap_remove(at),
            Err(status) => return Ok(Verdict::Status(status)),
        };
        let mut found = match chosen {
            (_, Some(found)) => found,
            (variant, None) => self.subrequest_file(record, &variant.name)?,
        };
        if found.status != OK {
            return Ok(Verdict::Status(found.status));
        }
        if found.args.is_none() {
            found.args.clone_from(&record.args);
        }
        self.note(record, || ServerEvent::TookVariant(found.uri.clone()));
        let negotiated = record.negotiated;
        fast_redirect(found, record);
        record.negotiated |= negotiated;
        Ok(Verdict::Accept)
    }

    /// Files of this name with an extension, in the order of their names.
    fn variants(&self, filename: &[u8]) -> Vec<&'a [u8]> {
        let prefix = [filename, b"."].concat();
        let from = self.site.tree.entries.range(prefix.clone()..);
        from.take_while(|(path, _)| path.starts_with(&prefix))
            .filter(|(path, kind)| {
                **kind != FileKind::Directory && !path[prefix.len()..].contains(&b'/')
            })
            .map(|(path, _)| path.as_slice())
            .collect()
    }

    /// The files that may be chosen, or what a type map among them lists (`read_types_multi`). A status is an error.
    fn read_types_multi(
        &mut self,
        record: &Record<'a>,
        names: &[&'a [u8]],
    ) -> Result<Result<Vec<Candidate<'a>>, u16>, Halt> {
        let mut candidates = Vec::new();
        let mut map = None;
        for path in names {
            let found = self.subrequest_sibling(record, path)?;
            let is_file = matches!(found.kind, Some(FileKind::File | FileKind::Empty));
            if !is_file || found.status != OK {
                continue;
            }
            let mut media = self.media(path, &found)?;
            if !is_named_by(record.filename(), &media.exceptions) {
                continue;
            }
            if media.content_type.is_none() && media.handler.is_some() {
                media.content_type = Some(SCRIPT_TYPE.to_vec());
            }
            if media.content_type.is_none() {
                continue;
            }
            if media.lists_others() {
                // Which is found first, the disk tells.
                if map.replace(*path).is_some() {
                    let reason = "there are several type maps of one name".to_owned();
                    return Err(Halt::Unsupported(reason));
                }
                continue;
            }
            candidates.push((self.variant(path, media)?, Some(found)));
        }
        if let Some(map) = map {
            return self.read_type_map(map);
        }
        if candidates.is_empty() {
            return Ok(Err(404));
        }
        // Files are in the order of their names already.
        candidates.sort_by(|(one, _), (two, _)| two.media.quality.total_cmp(&one.media.quality));
        Ok(Ok(candidates))
    }

    fn variant(&self, path: &[u8], media: Media<'_>) -> Result<Variant, Halt> {
        let Some(entry) = media.entry() else {
            let reason = "the type of a file is written in no plain way".to_owned();
            return Err(Halt::Unsupported(reason));
        };
        let name = &path[parent_directory(path).len()..];
        let mut variant = Variant::new(name, entry);
        variant.languages = media.languages;
        variant.encoding = media.encoding;
        variant.length = self.length_of(path);
        Ok(variant)
    }

    fn length_of(&self, path: &[u8]) -> Option<u64> {
        match self.site.tree.kind(path) {
            Some(FileKind::Empty) => Some(0),
            _ => self.site.tree.lengths.get(path).copied(),
        }
    }

    /// What a file is by its name and what applies to it.
    fn media<'n>(&self, path: &'n [u8], record: &Record<'a>) -> Result<Media<'n>, Halt> {
        self.spend(1 + path.len() / BYTES_A_STEP)?;
        let mime = record.settings.mime();
        let forced = record.settings.negotiation();
        if mime.multiviews_match.contains(MultiviewsMatch::FILTERS) {
            let reason = "nobody knows which extensions have a filter".to_owned();
            return Err(Halt::Unsupported(reason));
        }
        let by_path_info = mime.use_path_info == Some(true) && !record.path_info.is_empty();
        if by_path_info
            || forced
                .handler
                .as_ref()
                .is_some_and(|name| name.contains(&b'%'))
        {
            let reason = "what a file is depends on more than its name".to_owned();
            return Err(Halt::Unsupported(reason));
        }
        let name = &path[parent_directory(path).len()..];
        Media::of(name, self.site, &mime, &forced)
    }

    /// Is the file of a record sent in an encoding that its name says?
    pub(super) fn is_encoded(&self, record: &Record<'a>) -> bool {
        let media = self.media(record.filename(), record);
        media.is_ok_and(|media| media.encoding.is_some())
    }

    /// `read_type_map`
    fn read_type_map(&self, path: &[u8]) -> Result<Result<Vec<Candidate<'a>>, u16>, Halt> {
        let variants = match self.site.type_maps.get(path) {
            Some(TypeMap::Read(variants)) => variants,
            Some(TypeMap::Broken) => return Ok(Err(500)),
            Some(TypeMap::Unread) | None => {
                let reason = "nobody has read a type map, or understood it".to_owned();
                return Err(Halt::Unsupported(reason));
            }
        };
        let directory = parent_directory(path);
        let candidates = variants.iter().map(|listed| {
            let entry = listed.media_type.as_deref();
            let entry = entry.map(|line| accept::entry(&mut &*line));
            // Without a type, nothing says how good it is.
            let entry = entry.unwrap_or_else(|| Accepted::named(b"", 0.0));
            let mut variant = Variant::new(&listed.uri, entry);
            variant.languages.clone_from(&listed.languages);
            variant.encoding.clone_from(&listed.encoding);
            let whole = [directory, &listed.uri].concat();
            variant.length = listed.length.or_else(|| self.length_of(&whole));
            (variant, None)
        });
        Ok(Ok(candidates.collect()))
    }

    /// Notes what a choice depends on, which every answer to the request shows (`err_headers_out`); of a lookup, who asked
    /// for it is told.
    fn add_varying(&mut self, record: &mut Record<'a>, names: Vec<Vec<u8>>) {
        if record.main.is_some() {
            record.add_vary(names);
        } else {
            add_names(&mut self.vary, names);
        }
    }

    /// The file that is chosen, or the status where none is (`do_negotiation`).
    fn negotiate(
        &mut self,
        record: &mut Record<'a>,
        candidates: &mut [Candidate<'a>],
        prefers_scripts: bool,
    ) -> Result<Result<usize, u16>, Halt> {
        let steps = candidates.len() * (1 + self.request.headers.len());
        self.spend(steps)?;
        let is_transparent = matches!(record.method, b"GET" | b"HEAD")
            && record.path_info.is_empty()
            && !candidates.iter().any(|(one, _)| one.name.contains(&b'/'));
        let mut wishes = self.wishes(record, prefers_scripts);
        if is_transparent {
            wishes.transparency = self.transparency(record);
            record.negotiated = true;
        }
        let mut variants: Vec<Variant> = Vec::with_capacity(candidates.len());
        for (variant, _) in &mut *candidates {
            let empty = Variant::new(b"", Accepted::named(b"", 0.0));
            variants.push(std::mem::replace(variant, empty));
        }
        let choice = wishes.choose(&mut variants)?;
        let varying = varying(&variants, is_transparent);
        for ((place, _), variant) in candidates.iter_mut().zip(variants) {
            *place = variant;
        }
        let Choice::One(at) = choice else {
            let takes_list = is_transparent && wishes.transparency.takes_list;
            self.add_varying(record, varying);
            record.has_list = true;
            return Ok(Err(if takes_list { 300 } else { 406 }));
        };
        if is_transparent
            && let Some(candidate) = candidates.get_mut(at)
            && let Err(status) = self.set_up_choice(record, candidate)?
        {
            return Ok(Err(status));
        }
        self.add_varying(record, varying);
        Ok(Ok(at))
    }

    /// `setup_choice_response`
    fn set_up_choice(
        &mut self,
        record: &Record<'a>,
        candidate: &mut Candidate<'a>,
    ) -> Result<Result<(), u16>, Halt> {
        let (variant, known) = candidate;
        let found = match known.take() {
            Some(found) => found,
            None => self.subrequest_file(record, &variant.name)?,
        };
        if found.negotiated {
            return Ok(Err(VARIES_TOO));
        }
        if found.status != OK {
            return Ok(Err(found.status));
        }
        let is_map = match (&found.filename, found.kind) {
            (Some(path), Some(FileKind::File)) if !self.site.type_maps.is_empty() => {
                self.media(path, &found)?.handler.as_deref() == Some(b"type-map")
            }
            _ => false,
        };
        *known = Some(found);
        Ok(if is_map { Err(VARIES_TOO) } else { Ok(()) })
    }

    /// `parse_accept_headers`, and the variables that have a say.
    fn wishes(&self, record: &Record<'a>, prefers_scripts: bool) -> Wishes {
        let header = |name: &[u8]| self.header(name, record).map(|line| header_line(&line));
        let settings = record.settings.negotiation();
        let variable = |name: &[u8]| {
            let value = record.environment.get(name);
            self.reads(value.unwrap_or_default());
            value.map(<[u8]>::to_vec)
        };
        Wishes {
            types: header(b"Accept"),
            encodings: header(b"Accept-Encoding"),
            charsets: header(b"Accept-Charset"),
            languages: header(b"Accept-Language"),
            priority: settings.language_priority.unwrap_or_default(),
            force: settings.force_priority,
            preferred: variable(b"prefer-language"),
            no_gzip: variable(b"no-gzip").is_some(),
            gzip_only_html: variable(b"gzip-only-text/html").as_deref() == Some(b"1"),
            transparency: Transparency::default(),
            prefers_scripts,
        }
    }

    /// `parse_negotiate_header`
    fn transparency(&self, record: &Record<'a>) -> Transparency {
        let mut found = Transparency::default();
        let Some(line) = self.header(b"Negotiate", record) else {
            return found;
        };
        // What Lynx sends is not meant.
        let is_lynx = || {
            self.header(b"User-Agent", record)
                .is_some_and(|name| name.starts_with(b"Lynx"))
        };
        if line == b"trans" && is_lynx() {
            return found;
        }
        found.may_choose = false;
        for token in line.split(|byte| *byte == b',') {
            let token = token.trim_ascii().to_ascii_lowercase();
            let is_known = matches!(
                token.as_slice(),
                b"trans" | b"vlist" | b"guess-small" | b"*" | [b'0'..=b'9', ..]
            );
            found.takes_list |= is_known;
            let is_remote = token == b"1.0";
            found.remote |= is_remote;
            found.may_choose |= is_remote || token == b"*";
            found.strict |= is_remote || token == b"*";
        }
        found
    }

    /// The URL that a file which is a type map leads to (`handle_map_file`); `None` where it is none. A status is an
    /// error.
    pub(super) fn handle_map_file(
        &mut self,
        record: &mut Record<'a>,
    ) -> Result<Option<Result<Vec<u8>, u16>>, Halt> {
        let is_file = matches!(record.kind, Some(FileKind::File | FileKind::Empty));
        if self.site.type_maps.is_empty() || !is_file {
            return Ok(None);
        }
        let path = record.filename().to_vec();
        if !self.media(&path, record)?.is_type_map() {
            return Ok(None);
        }
        let mut candidates = match self.read_type_map(&path)? {
            Ok(candidates) => candidates,
            Err(status) => return Ok(Some(Err(status))),
        };
        let chosen = match self.negotiate(record, &mut candidates, false)? {
            Ok(at) => candidates.swap_remove(at).0,
            Err(status) => return Ok(Some(Err(status))),
        };
        let uri = record.uri.strip_suffix(record.path_info.as_slice());
        let directory = parent_directory(uri.unwrap_or(&record.uri));
        let mut url = [
            &escape_uri(directory),
            chosen.name.as_slice(),
            &record.path_info,
        ]
        .concat();
        append_query(&mut url, record.args.as_deref());
        Ok(Some(Ok(url)))
    }
}

/// Is every part of a file's name that has no meaning in the name that was asked for, in the same order?
fn is_named_by(filename: &[u8], exceptions: &[&[u8]]) -> bool {
    let asked = &filename[parent_directory(filename).len()..];
    let mut left = exceptions.iter().peekable();
    for part in asked.split(|byte| *byte == b'.') {
        left.next_if(|exception| **exception == part);
    }
    !exceptions.is_empty() && left.peek().is_none()
}

/// The headers by which the files differ (`set_neg_headers`).
fn varying(variants: &[Variant], is_transparent: bool) -> Vec<Vec<u8>> {
    let differ = |same: &dyn Fn(&Variant, &Variant) -> bool| {
        let mut pairs = variants.windows(2);
        pairs.any(|pair| matches!(pair, [one, other] if !same(one, other)))
    };
    let encoding = |variant: &Variant| variant.encoding.clone().unwrap_or_default();
    [
        ("negotiate", is_transparent),
        (
            "accept",
            differ(&|one, other| one.media.name == other.media.name),
        ),
        (
            "accept-language",
            differ(&|one, other| one.languages == other.languages),
        ),
        (
            "accept-charset",
            differ(&|one, other| one.media.charset == other.media.charset),
        ),
        (
            "accept-encoding",
            differ(&|one, other| encoding(one) == encoding(other)),
        ),
    ]
    .into_iter()
    .filter(|(_, varies)| *varies)
    .map(|(name, _)| name.as_bytes().to_vec())
    .collect()
}
