//! Directories of users (`translate_userdir` of `mod_userdir.c`).
//!
//! In: a record whose URL begins with `/~`. Out: the file name, or a redirect. Absent: homes of users, which nobody
//! tells the edge.

use crate::source::Source;

use super::Run;
use super::record::{Context, Record, Verdict};

impl<'a, S: Source> Run<'a, S> {
    /// The file of a user's directory, if there is one for the user.
    pub(super) fn translate_userdir(&mut self, record: &mut Record<'a>) -> Verdict {
        let dirs = &self.host.user_dirs;
        let Some(named) = record.uri.strip_prefix(b"/~") else {
            return Verdict::Decline;
        };
        let end = named.iter().position(|byte| *byte == b'/');
        let (user, rest) = named.split_at(end.unwrap_or(named.len()));
        let is_dots = matches!(user, b"." | b"..");
        if user.is_empty() || is_dots || !dirs.users.contain(user) {
            return Verdict::Decline;
        }
        for (at, place) in dirs.places.iter().enumerate() {
            let is_last = at + 1 == dirs.places.len();
            let star = place.iter().position(|byte| *byte == b'*');
            let is_url = !place.starts_with(b"/");
            let found = match star {
                // Of a URL nothing behind the star is used.
                Some(star) if is_url => [&place[..star], user].concat(),
                Some(star) => [&place[..star], user, &place[star + 1..]].concat(),
                None => [place, b"/".as_slice(), user].concat(),
            };
            if is_url {
                record.location = Some([&found, rest].concat());
                return Verdict::Status(302);
            }
            if is_last || self.stat(&found).is_some() {
                record.context = Some(Context {
                    prefix: [b"/~", user].concat(),
                    document_root: found.clone(),
                });
                record.filename = Some([&found, rest].concat());
                return Verdict::Accept;
            }
        }
        Verdict::Decline
    }
}
