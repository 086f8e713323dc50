//! `RewriteMap` and the files it names.
//!
//! In: its arguments. Out: a map of the site, its entries counted. Absent: looking up.

use std::collections::HashMap;

use edgewright_engine::model::rules::{MapId, Place};
use edgewright_engine::model::site::map::MapEntry;
use edgewright_engine::model::site::{Map, MapFunction, MapKind};
use edgewright_parser::diagnostic::Diagnostic;
use edgewright_parser::source::{FileId, Origin, Span};
use edgewright_parser::syntax::{RewriteMap, Word};

use super::walk::Target;
use super::{Resolver, dbm, values};
use crate::loader::{EntryKind, LoadError};
use crate::reading::{Position, UnitKind, UnitStatus};
use crate::transcript::MapFile;

/// `REWRITE_MAX_TXT_MAP_LINE`: a longer line goes on as a new one.
const LINE_LIMIT: usize = 1024;

/// A map file that was read: its entries with their units. More than one map may read it.
pub(crate) type MapFiles = HashMap<Vec<u8>, Vec<(MapEntry, usize)>>;

impl Resolver<'_> {
    /// `RewriteMap` (`cmd_rewritemap`). A map whose file or function does not exist is there all the
    /// same: rules that ask it have no answer, rather than its default.
    pub(crate) fn rewrite_map(
        &mut self,
        read: &RewriteMap,
        origin: &Origin,
        target: &mut Target<'_>,
    ) {
        self.counts.maps += 1;
        let id = MapId(u32::try_from(self.site.maps.len()).unwrap_or(u32::MAX));
        let kind = self.map_kind(&read.source, id).unwrap_or_else(|error| {
            let reason = error.headline.clone();
            self.say(error);
            MapKind::Unavailable(reason)
        });
        self.site.maps.push(Map {
            place: self.place(origin),
            name: read.name.value.clone(),
            kind,
        });
        let rewrite = target.rewrite();
        rewrite.maps.insert(read.name.value.clone(), id);
    }

    fn map_kind(&mut self, source: &Word, id: MapId) -> Result<MapKind, Diagnostic> {
        let text = source.value.as_slice();
        let colon = text.iter().position(|byte| *byte == b':');
        let (kind, rest) = match colon {
            Some(at) => (text[..at].to_ascii_lowercase(), &text[at + 1..]),
            None => (b"txt".to_vec(), text),
        };
        let span = source.span;
        Ok(match kind.as_slice() {
            b"int" => MapKind::Function(function(rest, span)?),
            b"rnd" => MapKind::Random(self.map_entries(rest, span, id)?),
            b"txt" => MapKind::Text(self.map_entries(rest, span, id)?),
            b"prg" => self.unavailable("it asks a program", rest, span),
            b"dbd" | b"fastdbd" => self.unavailable("it asks a database", rest, span),
            b"dbm" => self.binary(b"", rest, id, span)?,
            kind if kind.starts_with(b"dbm=") => self.binary(&kind[4..], rest, id, span)?,
            _ => MapKind::Text(self.map_entries(text, span, id)?),
        })
    }

    fn unavailable(&mut self, why: &str, what: &[u8], span: Span) -> MapKind {
        let headline = format!("the map cannot answer at the edge: {why}");
        let warning = Diagnostic::warning("rewrite-map-unavailable", headline, span)
            .label(format!("`{}` does not run there", values::shown(what)))
            .help("export what it answers as a text file and name that: `txt:/path/map.txt`");
        self.say(warning);
        MapKind::Unavailable(why.to_owned())
    }

    /// `dbm:`, `dbm=TYPE:`.
    fn binary(
        &mut self,
        kind: &[u8],
        path: &[u8],
        map: MapId,
        span: Span,
    ) -> Result<MapKind, Diagnostic> {
        let known = dbm::Kind::named(kind);
        // Other types have files by these names too.
        let suffixes = known.unwrap_or(dbm::Kind::Default).suffixes();
        let mut files = suffixes.iter().map(|suffix| [path, suffix].concat());
        let file = files.find(|file| self.reader.files.kind(file).is_some());
        let Some(file) = file else {
            let local = self.reader.files.local(path);
            let reader = &self.reader;
            return Err(reader.unreadable(&local, &LoadError::NotFound, Some(span)));
        };
        let local = self.reader.files.local(&file);
        let Some(known) = known else {
            let name = values::shown(kind);
            let why = format!("it is a DBM file of type `{name}`");
            return Ok(self.unread(&why, &local, span));
        };
        if !self.map_files.contains_key(&local) {
            match self.read_binary(known, &local) {
                Ok(entries) => drop(self.map_files.insert(local.clone(), entries)),
                Err(Ok(dbm::Unreadable(why))) => return Ok(self.unread(why, &local, span)),
                Err(Err(error)) => {
                    self.reader.cannot_read(&local, &error, Some(span));
                    return Ok(MapKind::Text(Vec::new()));
                }
            }
        }
        let entries = self.entries_of(&local, map);
        self.record_binary(path, &entries);
        Ok(MapKind::Text(entries))
    }

    /// A DBM file that is there and is not read.
    fn unread(&mut self, why: &str, local: &[u8], span: Span) -> MapKind {
        let name = values::shown(local);
        let headline = format!("the map cannot answer at the edge: {why}");
        let warning = Diagnostic::warning("rewrite-map-unavailable", headline, span)
            .label("name the text file it was made from")
            .help(format!(
                "or write it out: python3 -c 'import dbm,sys; d=dbm.open(sys.argv[1]); \
                 [print(k.decode().rstrip(chr(0)), d[k].decode().rstrip(chr(0))) for k in d.keys()]' \
                 {name} > {name}.txt"
            ));
        self.say(warning);
        MapKind::Unavailable(why.to_owned())
    }

    /// Reads a DBM file. Messages show it as the text file it could have been made from.
    fn read_binary(
        &mut self,
        kind: dbm::Kind,
        local: &[u8],
    ) -> Result<Vec<(MapEntry, usize)>, Result<dbm::Unreadable, LoadError>> {
        let bytes = self.reader.files.loader.read(local).map_err(Err)?;
        let mut pairs = kind.read(&bytes).map_err(Ok)?;
        pairs.sort();
        pairs.dedup_by(|later, earlier| later.0 == earlier.0);
        let text: Vec<u8> = pairs.iter().flat_map(text_line).collect();
        let file = self.reader.sources.add(local, text);
        self.counts.map_files += 1;
        let mut start = 0;
        let entries = (1..).zip(pairs).map(|(line, (key, value))| {
            let place = Place { file: file.0, line };
            let length = key.len() + value.len() + 1;
            let origin = line_origin(file, start, length);
            start += length + 1;
            let status = UnitStatus::Placed(Vec::new());
            let unit = self.count(UnitKind::MapEntry, origin, status);
            (MapEntry { place, key, value }, unit)
        });
        Ok(entries.collect())
    }

    /// A DBM file whose entries a text file can hold has a copy that is one.
    fn record_binary(&mut self, path: &[u8], entries: &[MapEntry]) {
        let is_word = |word: &[u8]| !word.iter().any(is_space);
        let as_text = |entry: &MapEntry| {
            let length = entry.key.len() + entry.value.len() + 1;
            is_word(&entry.key)
                && is_word(&entry.value)
                && !entry.key.is_empty()
                && !entry.key.starts_with(b"#")
                && length < LINE_LIMIT
        };
        let Some(transcript) = &mut self.reader.transcript else {
            return;
        };
        let first = entries.first().filter(|_| entries.iter().all(as_text));
        let became = first.map_or(MapFile::Unread, |entry| {
            MapFile::Read(FileId(entry.place.file))
        });
        transcript.map_files.insert(path.to_vec(), became);
    }

    /// The entries of a text map, sorted, the first of each key.
    fn map_entries(
        &mut self,
        path: &[u8],
        span: Span,
        map: MapId,
    ) -> Result<Vec<MapEntry>, Diagnostic> {
        let local = self.reader.files.local(path);
        if self.reader.files.loader.kind(&local) == Some(EntryKind::Directory) {
            let headline = format!("`{}` is a directory, not a map file", values::shown(&local));
            return Err(Diagnostic::error("unreadable-file", headline, span));
        }
        let is_known = self.map_files.contains_key(&local);
        let is_recorded = self
            .reader
            .transcript
            .as_ref()
            .is_none_or(|transcript| transcript.map_files.contains_key(path));
        if !is_known || !is_recorded {
            let file = self.reader.open(&local);
            if let Some(transcript) = &mut self.reader.transcript {
                let became = MapFile::of(&file);
                transcript.map_files.insert(path.to_vec(), became);
            }
            let file = match file {
                Ok(file) => file,
                Err(error) => {
                    self.reader.cannot_read(&local, &error, Some(span));
                    return Ok(Vec::new());
                }
            };
            if !is_known {
                let entries = self.read_map(file);
                self.map_files.insert(local.clone(), entries);
            }
        }
        Ok(self.entries_of(&local, map))
    }

    /// The entries of a file that was read, sorted, as those of `map`.
    fn entries_of(&mut self, local: &[u8], map: MapId) -> Vec<MapEntry> {
        let mut entries = self.map_files.get(local).cloned().unwrap_or_default();
        entries.sort_by(|left, right| left.0.key.cmp(&right.0.key));
        for (index, (_, unit)) in entries.iter().enumerate() {
            self.placed(*unit, Position::MapEntry(map, index));
        }
        entries.into_iter().map(|(entry, _)| entry).collect()
    }

    /// Reads a map file (`lookup_map_txtfile`); later lines with a key that was there never answer.
    fn read_map(&mut self, file: FileId) -> Vec<(MapEntry, usize)> {
        self.counts.map_files += 1;
        let Some(source) = self.reader.sources.get(file) else {
            return Vec::new();
        };
        let bytes = std::sync::Arc::clone(&source.bytes);
        let mut keys: HashMap<&[u8], Place> = HashMap::new();
        let mut entries = Vec::new();
        let mut start = 0;
        for (line, text) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let line = u32::try_from(line + 1).unwrap_or(u32::MAX);
            let place = Place { file: file.0, line };
            for part in text.chunks(LINE_LIMIT) {
                let Some((key, value)) = entry(part) else {
                    continue;
                };
                let origin = line_origin(file, start, text.len());
                let earlier = keys.get(key).copied();
                let status = earlier.map_or(UnitStatus::Placed(Vec::new()), UnitStatus::Repeated);
                let unit = self.count(UnitKind::MapEntry, origin, status);
                if earlier.is_none() {
                    keys.insert(key, place);
                    let (key, value) = (key.to_vec(), value.to_vec());
                    entries.push((MapEntry { place, key, value }, unit));
                }
            }
            start += text.len() + 1;
        }
        entries
    }
}

/// Key and value of one line; `None` for a comment or a line without a value.
fn entry(line: &[u8]) -> Option<(&[u8], &[u8])> {
    if line
        .first()
        .is_none_or(|first| *first == b'#' || is_space(first))
    {
        return None;
    }
    let key = line.iter().position(is_space)?;
    let value = key + line[key..].iter().position(|byte| !is_space(byte))?;
    let end = line[value..]
        .iter()
        .position(is_space)
        .map_or(line.len(), |end| value + end);
    Some((&line[..key], &line[value..end]))
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "searches in slices give references"
)]
fn is_space(byte: &u8) -> bool {
    byte.is_ascii_whitespace() || *byte == 0x0b
}

/// One pair of a DBM file as a line.
fn text_line((key, value): &dbm::Pair) -> Vec<u8> {
    [key.as_slice(), b" ", value, b"\n"].concat()
}

fn line_origin(file: FileId, start: usize, length: usize) -> Origin {
    let cut = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let span = Span {
        file,
        start: cut(start),
        end: cut(start + length),
    };
    Origin {
        span,
        used_at: None,
    }
}

fn function(name: &[u8], span: Span) -> Result<MapFunction, Diagnostic> {
    Ok(match name {
        b"tolower" => MapFunction::ToLower,
        b"toupper" => MapFunction::ToUpper,
        b"escape" => MapFunction::Escape,
        b"unescape" => MapFunction::Unescape,
        _ => {
            let headline = format!(
                "there is no internal map function `{}`",
                values::shown(name)
            );
            return Err(Diagnostic::error("unknown-map-function", headline, span)
                .help("there are `tolower`, `toupper`, `escape` and `unescape`"));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::entry;

    #[test]
    fn reads_lines() {
        let cases: &[(&str, Option<(&str, &str)>)] = &[
            ("a b", Some(("a", "b"))),
            ("a \t b  # why", Some(("a", "b"))),
            ("quote \"a b\"", Some(("quote", "\"a"))),
            ("a b\r", Some(("a", "b"))),
            ("# a b", None),
            (" a b", None),
            ("a", None),
            ("a  ", None),
            ("", None),
        ];
        for (line, expected) in cases {
            let expected = expected.map(|(key, value)| (key.as_bytes(), value.as_bytes()));
            assert_eq!(entry(line.as_bytes()), expected, "{line:?}");
        }
    }
}
