//! Lines that settings keep the meaning of, and not the place: analyses look at some of them.
//!
//! In: directives as they are carried out. Out: [`NotedLine`]s. Absent: what follows from them; see the analyses.

use edgewright_parser::source::Origin;

use super::Resolver;
use crate::reading::{Noted, NotedLine};

/// So many lines are kept.
const MOST: usize = 10_000;

impl Resolver<'_> {
    /// Keeps the place of a line, if an analysis looks at such lines; `name` is in lower case.
    pub(crate) fn note_line(&mut self, name: &[u8], words: &[&[u8]], origin: &Origin) {
        if self.noted.len() >= MOST {
            return;
        }
        let Some(note) = noted(name, words) else {
            return;
        };
        let place = self.place(origin);
        self.noted.push(NotedLine { place, note });
    }
}

fn noted(name: &[u8], words: &[&[u8]]) -> Option<Noted> {
    match (name, words) {
        (b"errordocument", [status, url]) if is_web_url(url) => {
            let status = str::from_utf8(status).ok()?.parse().ok()?;
            Some(Noted::ErrorUrl(status, url.to_vec()))
        }
        (b"directoryslash", [switch]) if switch.eq_ignore_ascii_case(b"off") => {
            Some(Noted::NoSlash)
        }
        (b"options", words) => {
            let adds = |word: &&[u8]| {
                let name = word.strip_prefix(b"+").unwrap_or(word);
                name.eq_ignore_ascii_case(b"multiviews")
            };
            words.iter().any(adds).then_some(Noted::MultiViews)
        }
        _ => None,
    }
}

fn is_web_url(text: &[u8]) -> bool {
    let text = text.to_ascii_lowercase();
    (text.starts_with(b"http://") || text.starts_with(b"https://")) && !text.contains(&b' ')
}
