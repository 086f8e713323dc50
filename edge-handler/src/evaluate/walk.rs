//! Which sections apply (`ap_location_walk`, `ap_directory_walk`, `ap_file_walk`, `ap_if_walk`).
//!
//! In: a record. Out: its settings grown by every section that applies; the directory walk also
//! finds where the file name ends and path info begins. Absent: what settings mean; see `merge`.

use std::rc::Rc;

use crate::model::site::{FileKind, PathMatcher, Section, SectionId, SectionKind, Settings};
use crate::source::Source;
use crate::text::prefix::collapse_slashes;

use super::files::{CLOSED, canonical_path, is_too_long};
use super::merge::are_same;
use super::record::Record;
use super::sections::{directory_matches, file_matches, location_matches};
use super::subrequest::parent_directory;
use super::{BYTES_A_STEP, Halt, Run};
use crate::pattern::matching::Captures;

/// How deep `<If>` may nest before the rest is left out; deeper is no configuration.
const DEEPEST_IF: u32 = 32;

/// What the page says of a `.htaccess` file in a folder that the server may not look into (`ap_parse_htaccess`).
const CLOSED_OVERRIDE: &str = "Server unable to read htaccess file, denying access to be safe";

/// What a walk found, for those after it (`walk_cache_t`).
#[derive(Debug)]
pub(super) struct Walked<'a> {
    /// The path of a location, or the directory with its slash.
    path: Vec<u8>,
    sections: Vec<&'a Settings>,
    /// What a location's sections were put on top of.
    below: Vec<&'a Settings>,
}

/// The walks of one request (`ap_get_request_note`). A walk over a path that is remembered is not
/// done again: what it found before applies, whatever regular expressions would say now, and
/// variables of their groups are not set again.
#[derive(Debug, Clone, Default)]
pub(super) struct Walks<'a> {
    /// One for each time that the locations were walked.
    locations: Vec<Rc<Walked<'a>>>,
    directory: Option<Rc<Walked<'a>>>,
    /// The name that `<Files>` sections were last looked for.
    file: Option<Vec<u8>>,
    /// Sections apply that were looked for and not remembered.
    pub(super) anew: bool,
    /// Sections of locations apply that were put on top of something else than in the request before, or
    /// were others: a look at a file walks the locations once, where a look at a URL does so twice.
    pub(super) apart: bool,
}

impl<'a, S: Source> Run<'a, S> {
    fn section(&self, id: SectionId) -> Option<&'a Section> {
        self.site.sections.get(id.0 as usize)
    }

    /// `<Location>` and `<If>` (`walk_location_and_if`).
    pub(super) fn walk_location_and_if(&mut self, record: &mut Record<'a>) -> Result<(), Halt> {
        self.location_walk(record);
        let ifs = record.settings.ifs();
        self.if_walk(record, &ifs, 0)
    }

    fn location_walk(&mut self, record: &mut Record<'a>) {
        if self.host.locations.is_empty() {
            return;
        }
        let below = record.settings.sections();
        record.settings.begin_walk();
        // Where slashes are merged, those that the client sent are by now; a rule's are not. Where they are kept,
        // runs of them count as one here all the same, but not for a regular expression.
        let merged = if self.host.merge_slashes {
            record.uri.clone()
        } else {
            collapse_slashes(&record.uri).into_owned()
        };
        let count = record.walks.locations.len();
        let remembered = record.remembered.locations.get(count);
        let known = remembered.or(record.walks.locations.last()).cloned();
        let walked_before = known.as_ref().filter(|known| known.path == merged);
        let sections = match walked_before {
            Some(known) => {
                known.push_onto(record);
                known.sections.clone()
            }
            None => self.look_for_locations(record, &merged),
        };
        let walked = Walked {
            path: merged,
            sections,
            below,
        };
        record.walks.remember_location(walked, known.as_deref());
    }

    /// Pushes the locations of a path that nobody walked before.
    fn look_for_locations(&self, record: &mut Record<'a>, merged: &[u8]) -> Vec<&'a Settings> {
        let mut sections = Vec::new();
        for id in &self.host.locations {
            let Some(section) = self.section(*id) else {
                continue;
            };
            let SectionKind::Location(matcher) = &section.kind else {
                continue;
            };
            if self.budget.spend(1).is_err() {
                break;
            }
            let is_regex = matches!(matcher, PathMatcher::Regex(_));
            let uri = if is_regex { &record.uri } else { merged };
            let mut captures = Captures::default();
            if location_matches(matcher, uri, &mut captures, self.budget) {
                let uri = uri.to_vec();
                export_groups(matcher, &uri, &captures, record);
                record.settings.push(&section.settings);
                sections.push(&section.settings);
            }
        }
        record.walks.anew |= !sections.is_empty();
        sections
    }

    /// `<If>` chains; the sections inside one that applies follow.
    fn if_walk(
        &mut self,
        record: &mut Record<'a>,
        ifs: &[SectionId],
        depth: u32,
    ) -> Result<(), Halt> {
        if ifs.is_empty() || depth > DEEPEST_IF {
            return Ok(());
        }
        let mut applied = Vec::new();
        let mut decided = false;
        for id in ifs {
            let Some(section) = self.section(*id) else {
                continue;
            };
            let holds = match &section.kind {
                SectionKind::ElseIf(_) | SectionKind::Else if decided => continue,
                SectionKind::If(expression) | SectionKind::ElseIf(expression) => {
                    self.expression_holds(expression, record)?
                }
                _ => true,
            };
            decided = holds;
            if holds {
                applied.push(section);
            }
        }
        record.settings.begin_walk();
        for section in &applied {
            record.settings.push(&section.settings);
        }
        let inner: Vec<SectionId> = applied
            .iter()
            .flat_map(|section| section.settings.ifs.iter().copied())
            .collect();
        record.walks.anew |= !applied.is_empty();
        self.if_walk(record, &inner, depth + 1)
    }

    /// From the root to the file: `<Directory>` and `.htaccess` at every step, then the regular
    /// expressions. Returns a status when the way ends badly.
    pub(super) fn directory_walk(&mut self, record: &mut Record<'a>) -> Result<(), u16> {
        let walked = self.walk_directories(record);
        if walked.is_err() {
            // What was found on the way is forgotten.
            record.settings.reset();
        }
        walked
    }

    fn walk_directories(&mut self, record: &mut Record<'a>) -> Result<(), u16> {
        record.settings.begin_walk();
        let whole = canonical_path(record.filename());
        record.kind = self.stat_canonical(&whole);
        record.walks.directory = record.remembered.directory.take();
        if let Some(known) = remembered_directory(record, &whole) {
            known.push_onto(record);
            record.filename = Some(whole);
            return Ok(());
        }
        let saved = std::mem::take(&mut record.path_info);
        let end = match self.walk_down(&whole, record) {
            Ok(end) => end,
            Err(stop) => return Err(stop.leave(&whole, record)),
        };
        record.path_info = [&whole[end..], &saved].concat();
        record.filename = Some(whole[..end].to_vec());
        record.kind = record.kind.or_else(|| self.stat_canonical(&whole[..end]));
        for id in &self.host.directory_patterns {
            let Some(section) = self.section(*id) else {
                continue;
            };
            let SectionKind::Directory(matcher) = &section.kind else {
                continue;
            };
            let mut captures = Captures::default();
            if directory_matches(matcher, &whole[..end], &mut captures, self.budget) {
                export_groups(matcher, &whole[..end], &captures, record);
                record.settings.push(&section.settings);
            }
        }
        self.remember_directory(record);
        Ok(())
    }

    /// Where only `.htaccess` files stand in the way, another walk would find them again.
    fn remember_directory(&self, record: &mut Record<'a>) {
        let sections = record.settings.sections();
        record.walks.anew |= !sections.is_empty();
        let none = self.host.directories.is_empty() && self.host.directory_patterns.is_empty();
        if none && sections.is_empty() {
            return;
        }
        let directory = match record.kind {
            Some(FileKind::Directory) => record.filename(),
            _ => parent_directory(record.filename()),
        };
        let walked = Walked {
            path: directory.to_vec(),
            sections,
            below: Vec::new(),
        };
        record.walks.directory = Some(Rc::new(walked));
    }

    /// Goes down as far as directories reach; returns where the file name ends: after the last
    /// part that exists, or the first that does not.
    fn walk_down(&mut self, whole: &[u8], record: &mut Record<'a>) -> Result<usize, Stop> {
        let mut end = 0;
        loop {
            let entered = self.enter_directory(&whole[..end], record);
            entered.map_err(|status| Stop::InFolder { status, end })?;
            let rest = &whole[end..];
            if rest.is_empty() || rest == b"/" {
                return Ok(whole.len());
            }
            let next = rest[1..].iter().position(|byte| *byte == b'/');
            end += next.map_or(rest.len(), |next| next + 1);
            // With links followed, what is known to exist is not asked about again.
            if record.kind.is_some() && record.settings.follows_links_blindly() {
                continue;
            }
            if is_too_long(&whole[..end]) || self.is_closed(&whole[..end]) {
                return Err(Stop::BeforeName { end });
            }
            if self.stat_canonical(&whole[..end]) != Some(FileKind::Directory) {
                return Ok(end);
            }
        }
    }

    /// `<Directory>` sections of exactly this directory, then its `.htaccess`.
    fn enter_directory(&mut self, directory: &[u8], record: &mut Record<'a>) -> Result<(), u16> {
        // What comes of it means nothing once the budget is used up: the run ends at the next step.
        let steps = 1 + (self.host.directories.len() + directory.len()) / BYTES_A_STEP;
        if self.spend(steps).is_err() {
            return Err(500);
        }
        let mut captures = Captures::default();
        for id in &self.host.directories {
            if let Some(section) = self.section(*id)
                && let SectionKind::Directory(matcher) = &section.kind
                && directory_matches(matcher, directory, &mut captures, self.budget)
            {
                record.settings.push(&section.settings);
            }
        }
        let found = match self.host.overrides.get(directory) {
            Some(_) if directory == CLOSED => {
                record.error_notes = Some(CLOSED_OVERRIDE);
                return Err(403);
            }
            Some(own) => *own,
            None => self.site.tree.overrides.get(directory).copied(),
        };
        if let Some(section) = found.and_then(|id| self.section(id)) {
            if section.settings.broken {
                return Err(500);
            }
            record.settings.push(&section.settings);
        }
        Ok(())
    }

    /// `<Files>` sections of everything merged so far.
    pub(super) fn file_walk(&mut self, record: &mut Record<'a>) {
        let files = record.settings.files();
        if files.is_empty() {
            return;
        }
        record.settings.begin_walk();
        let filename = record.filename().to_vec();
        let name = filename
            .rsplit(|byte| *byte == b'/')
            .next()
            .unwrap_or_default();
        let again = record.remembered.file.as_deref() != Some(name);
        record.walks.file = Some(name.to_vec());
        for id in files {
            let Some(section) = self.section(id) else {
                continue;
            };
            let SectionKind::Files(matcher) = &section.kind else {
                continue;
            };
            let mut captures = Captures::default();
            if file_matches(matcher, name, &mut captures, self.budget) {
                export_groups(matcher, name, &captures, record);
                record.settings.push(&section.settings);
                record.walks.anew |= again;
            }
        }
    }
}

/// Where a walk through the folders ends badly, at a length of the whole path.
#[derive(Debug, Clone, Copy)]
enum Stop {
    /// A folder's `.htaccess` file cannot be read, or is no configuration.
    InFolder {
        /// The status of the answer.
        status: u16,
        /// The length of the folder's path, without the slash.
        end: usize,
    },
    /// The system refuses to look at a name: 403.
    BeforeName {
        /// The length of the path with that name.
        end: usize,
    },
}

impl Stop {
    /// Leaves a record as far as the walk came, and gives the status of the answer. That the system refused is the
    /// record's own status (`return r->status = HTTP_FORBIDDEN`), what came of a file is not.
    fn leave(self, whole: &[u8], record: &mut Record<'_>) -> u16 {
        let (status, end) = match self {
            Self::InFolder { status, end } => (status, end),
            Self::BeforeName { end } => {
                record.status = 403;
                (403, end)
            }
        };
        let (name, rest) = whole.split_at(end);
        (record.filename, record.path_info) = match self {
            // The root's own slash is no part of what follows.
            Self::InFolder { .. } if end == 0 => (Some(b"/".to_vec()), whole[1..].to_vec()),
            Self::InFolder { .. } => (Some([name, b"/"].concat()), rest.to_vec()),
            Self::BeforeName { .. } => (Some(name.to_vec()), rest.to_vec()),
        };
        status
    }
}

impl<'a> Walks<'a> {
    fn remember_location(&mut self, walked: Walked<'a>, known: Option<&Walked<'a>>) {
        let is_known = known.is_some_and(|known| {
            let same = |known: &[&'a Settings], walked: &[&'a Settings]| {
                are_same(known.iter().copied(), walked.iter().copied())
            };
            same(&known.sections, &walked.sections) && same(&known.below, &walked.below)
        });
        self.apart = !walked.sections.is_empty() && !is_known;
        self.locations.push(Rc::new(walked));
    }
}

impl<'a> Walked<'a> {
    fn push_onto(&self, record: &mut Record<'a>) {
        for section in &self.sections {
            record.settings.push(section);
        }
    }
}

/// The walk that was done for the same directory; what is missing is always walked anew.
fn remembered_directory<'a>(record: &Record<'a>, whole: &[u8]) -> Option<Rc<Walked<'a>>> {
    let known = record.walks.directory.as_ref()?;
    let is_same = match record.kind? {
        FileKind::Directory if !record.path_info.is_empty() => false,
        FileKind::Directory => {
            let directory = whole.strip_suffix(b"/").unwrap_or(whole);
            known.path.strip_suffix(b"/") == Some(directory)
        }
        FileKind::File | FileKind::Empty => known.path == parent_directory(whole),
    };
    is_same.then(|| Rc::clone(known))
}

/// Named groups of a section's regular expression become variables `MATCH_NAME`.
fn export_groups(
    matcher: &PathMatcher,
    subject: &[u8],
    captures: &Captures,
    record: &mut Record<'_>,
) {
    let PathMatcher::Regex(pattern) = matcher else {
        return;
    };
    for (name, group) in pattern.group_names() {
        if captures.get(group).is_some() {
            let name = [b"MATCH_", name.to_ascii_uppercase().as_slice()].concat();
            record.environment.set(&name, captures.text(group, subject));
        }
    }
}
