//! `--cache-control`: which answers each is for, and what it takes the place of.
//!
//! In: the texts of the option, the configuration of a build. Out: [`Said`] each, what the configuration says itself
//! ([`OwnCacheControl`]), and lines for a person. Absent: answering; see `edgewright_engine::lambda::configuration`.

use std::collections::BTreeSet;

use edgewright_engine::lambda::configuration::CacheControl;
use edgewright_engine::model::rules::Place;
use edgewright_engine::model::site::Site;
use edgewright_engine::model::site::headers::{HeaderAction, HeaderLine, HeaderTable};

use super::error::FunctionError;
use crate::figures::count;

/// One `--cache-control`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'t> {
    /// The status of the answers that it is for; `None` for redirects.
    pub status: Option<u16>,
    /// The header's value; empty for no header.
    pub value: &'t str,
}

impl<'t> Said<'t> {
    /// Reads `[STATUS=]VALUE`.
    ///
    /// # Errors
    /// The status is none of an answer, or a header cannot hold the value.
    pub fn read(text: &'t str) -> Result<Self, FunctionError> {
        let unusable = |why| FunctionError::Option {
            name: "--cache-control",
            text: text.to_owned(),
            why,
        };
        let (status, value) = match text.split_once('=') {
            // `s-maxage=300` has the same sign in it.
            Some((status, value)) if status.bytes().all(|byte| byte.is_ascii_digit()) => {
                (Some(status), value)
            }
            _ => (None, text),
        };
        if !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(unusable("a header cannot hold this"));
        }
        let status = match status.map(str::parse::<u16>) {
            None => None,
            Some(Ok(status)) if (200..600).contains(&status) => Some(status),
            Some(_) => return Err(unusable("a status is 200 to 599")),
        };
        Ok(Self { status, value })
    }

    /// `redirects`, `answers with status 410`.
    fn answers(self) -> String {
        match self.status {
            None => "redirects".to_owned(),
            Some(status) => format!("answers with status {status}"),
        }
    }

    /// What such an answer has where Apache sends no `Cache-Control`, and nobody here says anything.
    fn usual(self) -> Option<&'static str> {
        CacheControl::otherwise(self.status.unwrap_or(301))
    }

    /// Which answers it is for, and what it replaces.
    fn line(self, own: &OwnCacheControl) -> String {
        let mut replaced: Vec<String> = Vec::new();
        replaced.extend(
            self.usual()
                .map(|usual| format!("{usual}, which they have otherwise")),
        );
        replaced.extend(own.for_status(self.status.unwrap_or(301)));
        let value = match self.value {
            "" => "no Cache-Control",
            value => value,
        };
        let instead = match replaced.join(", and ") {
            replaced if replaced.is_empty() => "they have none otherwise".to_owned(),
            replaced => format!("replaces {replaced}"),
        };
        format!(
            "  {} get {value} (--cache-control): {instead}\n",
            self.answers()
        )
    }
}

/// What a configuration says of `Cache-Control` in answers that the function makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnCacheControl {
    /// The places of `Header always` lines that give the header a value.
    lines: Vec<String>,
    /// Where `ExpiresActive On` adds `max-age` to answers below 400.
    expires: bool,
}

impl OwnCacheControl {
    /// What `site` says.
    pub fn of(site: &Site) -> Self {
        let lines = site.settings().flat_map(|settings| &settings.headers);
        let places: BTreeSet<Place> = lines
            .filter(|line| gives(line))
            .map(|line| line.place)
            .collect();
        let name = |place: Place| {
            let file = usize::try_from(place.file).ok();
            let name = file.and_then(|file| site.files.get(file));
            format!("{}:{}", name.map_or("?", String::as_str), place.line)
        };
        let mut expires = site
            .settings()
            .filter_map(|settings| settings.expires.as_ref());
        Self {
            lines: places.into_iter().map(name).collect(),
            expires: expires.any(|expires| expires.active == Some(true)),
        }
    }

    /// What of it stands in answers with a status.
    fn for_status(&self, status: u16) -> Option<String> {
        let lines = match self.lines.as_slice() {
            [] => None,
            [only] => Some(only.clone()),
            [first, ..] => Some(format!(
                "{}, the first {first}",
                count(self.lines.len(), "line")
            )),
        };
        let lines = lines.map(|lines| format!("`Header always` ({lines})"));
        let expires = (self.expires && status < 400).then(|| "`ExpiresActive On`".to_owned());
        let both: Vec<String> = lines.into_iter().chain(expires).collect();
        (!both.is_empty()).then(|| format!("what the configuration sets: {}", both.join(", ")))
    }

    /// How long answers are kept, and why.
    ///
    /// # Errors
    /// A text is no `[STATUS=]VALUE`.
    pub fn lines(&self, texts: &[String]) -> Result<String, FunctionError> {
        let said: Vec<Said<'_>> = texts
            .iter()
            .map(|text| Said::read(text))
            .collect::<Result<_, _>>()?;
        let mut lines: String = said.iter().map(|said| said.line(self)).collect();
        if !said.iter().any(|said| said.status.is_none()) {
            let usual = CacheControl::DEFAULT;
            let own = self.for_status(301);
            let own = own.map(|own| format!(", and {own}")).unwrap_or_default();
            lines += &format!(
                "  redirects without a Cache-Control get {usual}: --cache-control VALUE would replace that{own}\n"
            );
        }
        Ok(lines)
    }
}

/// Does a line give `Cache-Control` a value in answers that the server makes itself?
fn gives(line: &HeaderLine) -> bool {
    let gives = match line.action {
        HeaderAction::Set(_)
        | HeaderAction::SetIfEmpty(_)
        | HeaderAction::Add(_)
        | HeaderAction::Append(_)
        | HeaderAction::Merge(_)
        | HeaderAction::Edit(..)
        | HeaderAction::EditAll(..) => true,
        HeaderAction::Unset | HeaderAction::Echo(_) | HeaderAction::Note => false,
    };
    gives && line.table == HeaderTable::Always && line.name.eq_ignore_ascii_case(b"Cache-Control")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use super::*;
    use crate::testing::MemoryLoader;
    use crate::{Input, ReadOptions, read};

    /// What `package` says with these options of a server with these lines.
    #[track_caller]
    fn check(lines: &str, options: &[&str], expected: &[&str]) {
        let loader = MemoryLoader::new().with("/site.conf", lines);
        let input = Input::MainConfig(vec![b"/site.conf".to_vec()]);
        let reading = read(&input, &loader, &ReadOptions::default());
        let options: Vec<String> = options.iter().copied().map(str::to_owned).collect();
        let said = OwnCacheControl::of(&reading.site).lines(&options).unwrap();
        let said: Vec<&str> = said.lines().map(str::trim).collect();
        assert_eq!(said, expected, "{lines} {options:?}");
    }

    const OWN: &str = "Header always set Cache-Control no-cache\nHeader set Cache-Control private\n\
                       <Location /a>\nHeader always merge cache-control no-store\n</Location>\n\
                       Header always unset Cache-Control";

    #[test]
    fn what_is_replaced_is_said() {
        check(
            "",
            &[],
            &[
                "redirects without a Cache-Control get s-maxage=300: --cache-control VALUE would replace that",
            ],
        );
        check(
            OWN,
            &[],
            &[
                "redirects without a Cache-Control get s-maxage=300: --cache-control VALUE would replace that, and what the configuration sets: `Header always` (2 lines, the first /site.conf:1)",
            ],
        );
        check(
            "ExpiresActive On\nExpiresDefault A600",
            &["max-age=60"],
            &[
                "redirects get max-age=60 (--cache-control): replaces s-maxage=300, which they have otherwise, and what the configuration sets: `ExpiresActive On`",
            ],
        );
    }

    #[test]
    fn a_status_is_not_a_redirect_unless_it_is_one() {
        check(
            "ExpiresActive On",
            &["no-store", "410=max-age=9", "302="],
            &[
                "redirects get no-store (--cache-control): replaces s-maxage=300, which they have otherwise, and what the configuration sets: `ExpiresActive On`",
                "answers with status 410 get max-age=9 (--cache-control): they have none otherwise",
                "answers with status 302 get no Cache-Control (--cache-control): replaces s-maxage=300, which they have otherwise, and what the configuration sets: `ExpiresActive On`",
            ],
        );
    }
}
