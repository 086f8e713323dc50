//! Which sections apply (`ap_location_walk`, `ap_directory_walk`, `ap_file_walk`, `ap_if_walk`).
//!
//! In: a record. Out: its settings grown by every section that applies; the directory walk also
//! finds where the file name ends and path info begins. Absent: what settings mean; see `merge`.

use crate::site::{FileKind, PathMatcher, Section, SectionId, SectionKind};
use crate::source::Source;

use super::files::{canonical_path, is_too_long};
use super::glob::{directory_matches, file_matches, location_matches};
use super::matching::Captures;
use super::record::Record;
use super::{Halt, Run};

/// How deep `<If>` may nest before the rest is left out; deeper is no configuration.
const DEEPEST_IF: u32 = 32;

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
        record.settings.begin_walk();
        for id in &self.host.locations {
            let Some(section) = self.section(*id) else {
                continue;
            };
            let SectionKind::Location(matcher) = &section.kind else {
                continue;
            };
            let mut captures = Captures::default();
            if location_matches(matcher, &record.uri, &mut captures) {
                let uri = record.uri.clone();
                export_groups(matcher, &uri, &captures, record);
                record.settings.push(&section.settings);
            }
        }
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
        self.if_walk(record, &inner, depth + 1)
    }

    /// From the root to the file: `<Directory>` and `.htaccess` at every step, then the regular
    /// expressions. Returns a status when the way ends badly.
    pub(super) fn directory_walk(&mut self, record: &mut Record<'a>) -> Result<(), u16> {
        record.settings.begin_walk();
        let whole = canonical_path(record.filename());
        record.kind = self.stat_canonical(&whole);
        let saved = std::mem::take(&mut record.path_info);
        let end = self.walk_down(&whole, record)?;
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
            if directory_matches(matcher, &whole[..end], &mut captures) {
                export_groups(matcher, &whole[..end], &captures, record);
                record.settings.push(&section.settings);
            }
        }
        Ok(())
    }

    /// Goes down as far as directories reach; returns where the file name ends: after the last
    /// part that exists, or the first that does not.
    fn walk_down(&mut self, whole: &[u8], record: &mut Record<'a>) -> Result<usize, u16> {
        let mut end = 0;
        loop {
            self.enter_directory(&whole[..end], record)?;
            let rest = &whole[end..];
            if rest.is_empty() || rest == b"/" {
                return Ok(whole.len());
            }
            let next = rest[1..].iter().position(|byte| *byte == b'/');
            end += next.map_or(rest.len(), |next| next + 1);
            // With links followed, what is known to exist is not asked about again.
            if record.kind.is_some() && record.settings.symlinks() {
                continue;
            }
            if is_too_long(&whole[..end]) {
                return Err(403);
            }
            if self.stat_canonical(&whole[..end]) != Some(FileKind::Directory) {
                return Ok(end);
            }
        }
    }

    /// `<Directory>` sections of exactly this directory, then its `.htaccess`.
    fn enter_directory(&mut self, directory: &[u8], record: &mut Record<'a>) -> Result<(), u16> {
        let mut captures = Captures::default();
        for id in &self.host.directories {
            if let Some(section) = self.section(*id)
                && let SectionKind::Directory(matcher) = &section.kind
                && directory_matches(matcher, directory, &mut captures)
            {
                record.settings.push(&section.settings);
            }
        }
        let Some(section) = self.site.tree.overrides.get(directory) else {
            return Ok(());
        };
        if let Some(section) = self.section(*section) {
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
        for id in files {
            let Some(section) = self.section(id) else {
                continue;
            };
            let SectionKind::Files(matcher) = &section.kind else {
                continue;
            };
            let mut captures = Captures::default();
            if file_matches(matcher, name, &mut captures) {
                export_groups(matcher, name, &captures, record);
                record.settings.push(&section.settings);
            }
        }
    }
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
