//! The type of what a record is about (`r->content_type`): `find_ct`, `core_override_type`, `force_type_handler`,
//! `hook_mimetype`.
//!
//! In: a record on its way. Out: what `%{CONTENT_TYPE}` holds, and the type of a document that stands in for an answer.
//! Absent: what extensions mean (`negotiation`), and the types of pages that the server makes.

use crate::model::rules::Extras;
use crate::model::site::{FileKind, Traits};
use crate::source::Source;
use crate::text::escape::is_absolute_uri;

use super::expand::{Escaping, Full};
use super::knowledge::{QuestionMark, expand};
use super::negotiation::Media;
use super::record::{Record, UrlForm, Verdict};
use super::rule::RuleContext;
use super::subrequest::parent_directory;
use super::{BYTES_A_STEP, Halt, Run};
use crate::model::rules::RuleFlags;

/// The type of a directory (`DIR_MAGIC_TYPE`).
const DIRECTORY: &[u8] = b"httpd/unix-directory";

/// The type of a directory's list (`index_directory`).
const LIST: &[u8] = b"text/html;charset=ISO-8859-1";

/// What is known of the type of a record.
#[derive(Debug, Clone, Default)]
pub(super) struct FileType {
    found: Found,
    /// The type of the last rule with `T`, until the end of the fixups (`REWRITE_FORCED_MIMETYPE_NOTEVAR`).
    noted: Option<Vec<u8>>,
}

/// What says the type.
#[derive(Debug, Clone, Default)]
enum Found {
    /// Nothing yet: nobody has looked for it, or nobody asks.
    #[default]
    Nothing,
    /// The name as it was when the type was looked for, whatever rules have made of it since, and what followed it.
    ByName { name: Vec<u8>, path_info: Vec<u8> },
    /// A rule.
    ByRule(Vec<u8>),
}

impl FileType {
    /// Has the type been looked for, and with it what else the name says?
    pub fn is_found(&self) -> bool {
        !matches!(self.found, Found::Nothing)
    }

    /// Puts the type that a rule has noted in place (`hook_mimetype`).
    pub fn force(&mut self) {
        if let Some(noted) = &self.noted {
            self.found = Found::ByRule(noted.clone());
        }
    }

    /// The type of a lookup that takes a record's place (`ap_internal_fast_redirect`).
    pub fn take_place(&mut self, of_lookup: Self) {
        self.found = of_lookup.found;
        self.noted = of_lookup.noted.or(self.noted.take());
    }
}

impl<'a, S: Source> Run<'a, S> {
    /// Looks for the type, where something asks for it (`find_ct`). A file that was chosen among several has brought its
    /// own.
    pub(super) fn find_type(&self, record: &mut Record<'a>, chosen: Verdict) {
        if chosen != Verdict::Decline || !self.site.traits.contains(Traits::ASKS_FOR_TYPES) {
            return;
        }
        let name = record.filename();
        let query = name.iter().position(|byte| *byte == b'?');
        let end = query.filter(|_| match record.form {
            UrlForm::Escaped => false,
            UrlForm::Unescaped | UrlForm::AsSent => true,
        });
        record.file_type.found = Found::ByName {
            name: name
                .get(..end.unwrap_or(name.len()))
                .unwrap_or(name)
                .to_vec(),
            path_info: record.path_info.clone(),
        };
    }

    /// Notes the type of a rule that applies (`force_type_handler`): that of a result that leads away is not looked at.
    pub(super) fn note_type(
        &mut self,
        flags: RuleFlags,
        extras: &'a Extras,
        record: &mut Record<'a>,
        context: &mut RuleContext<'a>,
    ) -> Result<(), Halt> {
        let Some(template) = &extras.mime_type else {
            return Ok(());
        };
        let leads_away = RuleFlags::PROXY | RuleFlags::FORCE_REDIRECT;
        let substitutes = !flags.contains(RuleFlags::NO_SUBSTITUTION);
        if substitutes
            && (flags.intersects(leads_away) || is_absolute_uri(record.filename()).is_some())
        {
            return Ok(());
        }
        let mut text = Vec::new();
        let mut known = Full::new(self, record, context, Escaping::of(flags, extras));
        let mut unwatched = QuestionMark::unwatched();
        expand(template.text(), &mut known, &mut unwatched, &mut text)?;
        self.spend(text.len() / BYTES_A_STEP)?;
        if !text.is_empty() {
            text.make_ascii_lowercase();
            record.file_type.noted = Some(text);
        }
        Ok(())
    }

    /// The type as of now; `None` where there is none yet, or the name says none.
    pub(super) fn type_so_far(&self, record: &Record<'a>) -> Result<Option<Vec<u8>>, Halt> {
        let (name, path_info) = match &record.file_type.found {
            Found::Nothing => return Ok(None),
            Found::ByRule(named) => {
                self.reads(named);
                return Ok(Some(named.clone()));
            }
            Found::ByName { name, path_info } => (name, path_info),
        };
        self.reads(name);
        self.reads(path_info);
        if let Some(forced) = forced_type(record) {
            return Ok(Some(forced));
        }
        if self.site.traits.contains(Traits::WITHOUT_MIME) {
            return Ok(None);
        }
        if record.kind == Some(FileKind::Directory) {
            return Ok(Some(DIRECTORY.to_vec()));
        }
        self.type_of_name(name, path_info, record)
    }

    /// The type that the document of a record is sent with; `None` where it has none, or where nobody can know it.
    pub(super) fn document_type(&self, record: &Record<'a>) -> Option<Vec<u8>> {
        let is_directory = record.kind == Some(FileKind::Directory);
        if is_directory && self.makes_lists_for(record.method) {
            return Some(LIST.to_vec());
        }
        if let Found::ByRule(named) = &record.file_type.found {
            return Some(named.clone());
        }
        if let Some(forced) = forced_type(record) {
            return Some(forced);
        }
        if is_directory {
            let without_mime = self.site.traits.contains(Traits::WITHOUT_MIME);
            return (!without_mime).then(|| DIRECTORY.to_vec());
        }
        let found = self.type_of_name(record.filename(), &record.path_info, record);
        found.ok().flatten()
    }

    /// What extensions say.
    fn type_of_name(
        &self,
        name: &[u8],
        path_info: &[u8],
        record: &Record<'a>,
    ) -> Result<Option<Vec<u8>>, Halt> {
        let mime = record.settings.mime();
        let mut whole = name.to_vec();
        if mime.use_path_info == Some(true) {
            whole.extend_from_slice(path_info);
        }
        self.spend(1 + whole.len() / BYTES_A_STEP)?;
        let last = whole
            .get(parent_directory(&whole).len()..)
            .unwrap_or_default();
        Ok(Media::by_name(last, self.site, &mime)?.sent_type())
    }
}

/// `ForceType`, unless it says `none`.
fn forced_type(record: &Record<'_>) -> Option<Vec<u8>> {
    let forced = record.settings.negotiation().force_type;
    forced.filter(|forced| forced != b"none")
}
