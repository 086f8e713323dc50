//! The best of several files (`best_match` of `mod_negotiation`).
//!
//! In: what a client takes, and what the files are. Out: a [`Choice`]. Absent: finding the files.

use super::super::Halt;
use super::accept::{Accepted, PARSED};
use super::media::SCRIPT_TYPE;
use crate::model::site::mime::ForcePriority;

/// A file that may be chosen, and how good it is (`var_rec`).
#[derive(Debug)]
pub(super) struct Variant {
    /// Its name as the list of files has it.
    pub name: Vec<u8>,
    pub media: Accepted,
    pub languages: Vec<Vec<u8>>,
    pub encoding: Option<Vec<u8>>,
    /// Its length; `None` where nobody knows it.
    pub length: Option<u64>,
    language_quality: f32,
    encoding_quality: f32,
    charset_quality: f32,
    media_quality: f32,
    level_matched: f32,
    /// How near a type of `Accept` came: 1 for any, 2 for the kind, 3 for the type itself.
    nearness: u8,
    priority: Option<usize>,
    definite: bool,
}

impl Variant {
    pub fn new(name: &[u8], media: Accepted) -> Self {
        Self {
            name: name.to_vec(),
            media,
            languages: Vec::new(),
            encoding: None,
            length: None,
            language_quality: 1.0,
            encoding_quality: 1.0,
            charset_quality: 1.0,
            media_quality: 1.0,
            level_matched: 0.0,
            nearness: 0,
            priority: None,
            definite: true,
        }
    }

    fn is_html(&self) -> bool {
        let name = self.media.name.as_slice();
        name == b"text/html" || PARSED.contains(&name)
    }

    fn is_encoded(&self) -> bool {
        !is_identity(self.encoding.as_deref())
    }

    fn is_unacceptable(&self) -> bool {
        let qualities = [
            self.encoding_quality,
            self.language_quality,
            self.media.quality,
            self.charset_quality,
            self.media_quality,
        ];
        qualities.iter().any(|quality| *quality <= 0.0)
    }
}

/// What a client asks for, and how the choice is made (`negotiation_state`).
#[derive(Debug, Default)]
pub(super) struct Wishes {
    pub types: Option<Vec<Accepted>>,
    pub encodings: Option<Vec<Accepted>>,
    pub charsets: Option<Vec<Accepted>>,
    pub languages: Option<Vec<Accepted>>,
    /// `LanguagePriority`.
    pub priority: Vec<Vec<u8>>,
    pub force: Option<ForcePriority>,
    /// The variable `prefer-language`.
    pub preferred: Option<Vec<u8>>,
    /// The variable `no-gzip`.
    pub no_gzip: bool,
    /// The variable `gzip-only-text/html`.
    pub gzip_only_html: bool,
    pub transparency: Transparency,
    /// A script is taken before anything else.
    pub prefers_scripts: bool,
}

/// What the header `Negotiate` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Transparency {
    /// The client takes a list of files.
    pub takes_list: bool,
    pub may_choose: bool,
    /// The client's own algorithm is used.
    pub remote: bool,
    /// The headers mean what they say.
    pub strict: bool,
}

impl Default for Transparency {
    fn default() -> Self {
        Self {
            takes_list: false,
            may_choose: true,
            remote: false,
            strict: false,
        }
    }
}

/// What a choice among files came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// The file with this number is sent.
    One(usize),
    /// No file is good enough: the client gets their list.
    List,
}

/// The file that is the best so far, and its quality.
type Best = Option<(usize, f32)>;

impl Wishes {
    /// Chooses. A choice by the length of files that nobody knows is none.
    pub fn choose(&mut self, variants: &mut [Variant]) -> Result<Choice, Halt> {
        self.add_default_types();
        let default_language = self.default_language_quality(variants);
        let mut preferred = self.preferred.clone();
        loop {
            let best = self.best(variants, preferred.as_deref(), default_language)?;
            let is_chosen = |best: &(usize, f32)| {
                let definite = variants.get(best.0).is_some_and(|best| best.definite);
                !self.transparency.remote || definite
            };
            if let Some((best, _)) = best.filter(is_chosen) {
                return Ok(Choice::One(best));
            }
            if preferred.take().is_none() {
                return Ok(Choice::List);
            }
        }
    }

    /// `maybe_add_default_accepts`
    fn add_default_types(&mut self) {
        let any = || vec![Accepted::named(b"*/*", 1.0)];
        let quality = match (self.transparency.remote, self.prefers_scripts) {
            (true, _) => 0.0,
            (_, true) => 2.0,
            (_, false) => 0.001,
        };
        let script = Accepted::named(SCRIPT_TYPE, quality);
        self.types.get_or_insert_with(any).push(script);
    }

    /// `set_default_lang_quality`
    fn default_language_quality(&self, variants: &[Variant]) -> f32 {
        let any = variants.iter().any(|variant| !variant.languages.is_empty());
        if any && !self.transparency.strict {
            0.0001
        } else {
            1.0
        }
    }

    fn best(
        &self,
        variants: &mut [Variant],
        preferred: Option<&[u8]>,
        default_language: f32,
    ) -> Result<Best, Halt> {
        let mut best: Best = None;
        // Has any type a quality? The script's does not count.
        let types = self.types.as_deref().unwrap_or_default();
        let weighs = types
            .split_last()
            .is_some_and(|(_, own)| own.iter().any(|one| one.quality < 1.0));
        for at in 0..variants.len() {
            let Some(variant) = variants.get_mut(at) else {
                continue;
            };
            let is_preferred = preferred.is_none_or(|language| {
                let mut languages = variant.languages.iter();
                languages.any(|own| own == language)
            });
            if self.is_discarded(variant) || !is_preferred {
                continue;
            }
            self.weigh_type(variant, weighs);
            if preferred.is_some() {
                variant.language_quality = 1.0;
                variant.definite = true;
            } else {
                self.weigh_language(variant, default_language);
            }
            self.weigh_encoding(variant);
            self.weigh_charset(variant);
            if let Some(quality) = self.beats(variants, at, best)? {
                best = Some((at, quality));
            }
        }
        Ok(best)
    }

    /// `discard_variant_by_env`
    fn is_discarded(&self, variant: &Variant) -> bool {
        let is_plain = !variant.is_encoded() || variant.encoding.as_deref() == Some(b"identity");
        let is_html = variant.media.name.starts_with(b"text/html");
        !is_plain && (self.no_gzip || self.gzip_only_html && !is_html)
    }

    /// `set_accept_quality`
    fn weigh_type(&self, variant: &mut Variant, weighs: bool) {
        let mut quality = 0.0;
        let mut definite = true;
        for accepted in self.types.iter().flatten() {
            let before = variant.nearness;
            if !matches_type(accepted, variant) || before == variant.nearness {
                continue;
            }
            let vague = !self.transparency.strict && !weighs;
            quality = match variant.nearness {
                1 if vague => 0.01,
                2 if vague => 0.02,
                _ => accepted.quality,
            };
            definite = variant.nearness == 3;
        }
        variant.media_quality = quality;
        variant.definite &= definite;
    }

    /// `set_language_quality`
    fn weigh_language(&self, variant: &mut Variant, default: f32) {
        if variant.languages.is_empty() {
            if !self.transparency.strict {
                variant.language_quality = default;
            }
            return;
        }
        match &self.languages {
            None => variant.definite = false,
            Some(accepted) => {
                let (quality, definite) = self.language_quality(&variant.languages, accepted);
                variant.language_quality = quality;
                variant.definite &= definite;
            }
        }
        let force = self.force.unwrap_or(ForcePriority::PREFER);
        let prefers = force.contains(ForcePriority::PREFER);
        let falls_back = force.contains(ForcePriority::FALLBACK);
        let is_refused = variant.language_quality <= 0.0;
        let asks = prefers && variant.priority.is_none() || falls_back && is_refused;
        let ranks = variant.languages.iter().filter_map(|own| self.rank(own));
        let Some(rank) = ranks.min().filter(|_| asks) else {
            return;
        };
        if !is_refused && prefers {
            variant.priority = Some(rank);
        } else if is_refused && falls_back {
            variant.priority = Some(rank);
            variant.language_quality = 0.0001;
            variant.definite = false;
        }
    }

    /// Where a language stands in `LanguagePriority` (`find_lang_index`).
    fn rank(&self, language: &[u8]) -> Option<usize> {
        let begins = |known: &Vec<u8>| {
            let start = language.get(..known.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(known))
        };
        self.priority.iter().position(begins)
    }

    /// How much a client likes the best of these languages, and whether it said so.
    fn language_quality(&self, languages: &[Vec<u8>], accepted: &[Accepted]) -> (f32, bool) {
        let star = accepted.iter().find(|one| one.name == b"*");
        let mut best: Option<f32> = None;
        let mut near = 0.0;
        let mut by_star = false;
        for language in languages {
            let (own, is_near) = self.match_language(language, accepted);
            if is_near {
                near = 0.001;
            }
            let is_better = match (best, own) {
                (None, _) => true,
                (Some(best), Some(own)) => own > best,
                (Some(_), None) => false,
            };
            if is_better {
                best = own;
            }
            by_star |= own.is_none() && star.is_some();
        }
        match star.filter(|_| by_star) {
            Some(star) if best.is_none_or(|best| star.quality > best) => (star.quality, false),
            _ => (best.unwrap_or(near), true),
        }
    }

    /// The quality of the longest range that a language is in, and whether a range is near where there is none.
    fn match_language(&self, language: &[u8], accepted: &[Accepted]) -> (Option<f32>, bool) {
        let mut found: Option<(usize, f32)> = None;
        let mut near = false;
        for range in accepted.iter().filter(|one| one.name != b"*") {
            let rest = language.strip_prefix(range.name.as_slice());
            let is_in = rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'-')));
            let length = range.name.len();
            if is_in && length > found.map_or(0, |(length, _)| length) {
                found = Some((length, range.quality));
            }
            let dash = range.name.iter().position(|byte| *byte == b'-');
            let prefix = dash.and_then(|dash| range.name.get(..dash));
            near |= found.is_none()
                && !self.transparency.strict
                && prefix.is_some_and(|prefix| language.starts_with(prefix));
        }
        (found.map(|(_, quality)| quality), near)
    }

    /// `set_encoding_quality`
    fn weigh_encoding(&self, variant: &mut Variant) {
        let Some(accepted) = &self.encodings else {
            variant.encoding_quality = if variant.is_encoded() { 0.5 } else { 1.0 };
            return;
        };
        let own = variant.encoding.as_deref().filter(|_| variant.is_encoded());
        let encoding = without_x(own.unwrap_or(b"identity"));
        let mut star = None;
        for one in accepted {
            let name = without_x(&one.name);
            if name == encoding {
                variant.encoding_quality = one.quality;
                return;
            }
            if name == b"*" {
                star = Some(one.quality);
            }
        }
        let unsaid = if own.is_none() { 0.0001 } else { 0.0 };
        variant.encoding_quality = star.unwrap_or(unsaid);
    }

    /// `set_charset_quality`
    fn weigh_charset(&self, variant: &mut Variant) {
        const LATIN: &[u8] = b"iso-8859-1";
        let own = variant.media.charset.as_slice();
        let Some(accepted) = &self.charsets else {
            variant.definite &= own.is_empty();
            return;
        };
        let name = variant.media.name.as_slice();
        let is_text = name.starts_with(b"text/") || PARSED.contains(&name);
        if own.is_empty() && (!is_text || self.transparency.strict) {
            return;
        }
        let charset = if own.is_empty() { LATIN } else { own };
        let mut star = None;
        for one in accepted {
            if one.name == charset {
                variant.charset_quality = one.quality;
                return;
            }
            if one.name == b"*" {
                star = Some(one.quality);
            }
        }
        if let Some(star) = star {
            variant.charset_quality = star;
            variant.definite = false;
        } else {
            variant.charset_quality = if charset == LATIN { 1.0 } else { 0.0 };
        }
    }

    /// The quality of a file that is better than the best before it.
    fn beats(&self, variants: &[Variant], at: usize, best: Best) -> Result<Option<f32>, Halt> {
        let Some(variant) = variants.get(at).filter(|_| self.transparency.may_choose) else {
            return Ok(None);
        };
        let best = best.and_then(|(at, quality)| Some((variants.get(at)?, quality)));
        if self.transparency.remote {
            return Ok(beats_remotely(variant, best));
        }
        if variant.is_unacceptable() {
            return Ok(None);
        }
        let quality = variant.media_quality * variant.media.quality;
        let Some((best, best_quality)) = best else {
            return Ok((quality > 0.0).then_some(quality));
        };
        if quality > best_quality {
            return Ok(Some(quality));
        }
        if quality < best_quality {
            return Ok(None);
        }
        let order = compare(variant, best);
        let is_better = match order {
            Some(is_better) => is_better,
            None => is_shorter(variant, best)?,
        };
        Ok(is_better.then_some(quality))
    }
}

/// `is_variant_better_rvsa`
fn beats_remotely(variant: &Variant, best: Option<(&Variant, f32)>) -> Option<f32> {
    if variant.encoding_quality <= 0.0 {
        return None;
    }
    let quality = variant.media_quality
        * variant.media.quality
        * variant.charset_quality
        * variant.language_quality;
    let is_better = match best {
        None => true,
        Some((best, best_quality)) => {
            quality > best_quality
                || quality >= best_quality && variant.encoding_quality > best.encoding_quality
        }
    };
    (quality > 0.0 && is_better).then_some(quality)
}

/// Is a file better than another of the same quality (`is_variant_better`)? `None` where only their lengths differ.
fn compare(variant: &Variant, best: &Variant) -> Option<bool> {
    let rank = |variant: &Variant| variant.priority.unwrap_or(usize::MAX);
    let by_rank = (rank(variant) != rank(best)).then(|| rank(variant) < rank(best));
    let by_charset = || {
        let is_other = |variant: &Variant| {
            let charset = variant.media.charset.as_slice();
            !charset.is_empty() && charset != b"iso-8859-1"
        };
        by(variant.charset_quality, best.charset_quality)
            .or((is_other(variant) && !is_other(best)).then_some(true))
    };
    by(variant.language_quality, best.language_quality)
        .or(by_rank)
        .or_else(|| compare_levels(variant, best))
        .or_else(by_charset)
        .or_else(|| by(variant.encoding_quality, best.encoding_quality))
}

/// `level_cmp`
fn compare_levels(variant: &Variant, best: &Variant) -> Option<bool> {
    let comparable = if variant.is_html() {
        best.is_html()
    } else {
        variant.media.name == best.media.name
    };
    if !comparable {
        return None;
    }
    // The highest level that the client asked for, else the lowest.
    by(variant.level_matched, best.level_matched).or(by(best.media.level, variant.media.level))
}

/// Is a number more than another? `None` where they are the same.
fn by(own: f32, other: f32) -> Option<bool> {
    if own < other {
        Some(false)
    } else {
        (own > other).then_some(true)
    }
}

fn is_shorter(variant: &Variant, best: &Variant) -> Result<bool, Halt> {
    match (variant.length, best.length) {
        // Nothing is shorter than that.
        (_, Some(0)) => Ok(false),
        (Some(own), Some(other)) => Ok(own < other),
        (Some(0), None) => Ok(true),
        _ => {
            let reason = "the shorter of two files is chosen, and nobody knows their lengths";
            Err(Halt::Unsupported(reason.to_owned()))
        }
    }
}

/// Is the file of a type that is accepted (`mime_match`)? Notes how near that comes.
fn matches_type(accepted: &Accepted, variant: &mut Variant) -> bool {
    let (wanted, own) = (accepted.name.as_slice(), variant.media.name.as_slice());
    if matches!(wanted, b"*" | b"*/*") {
        variant.nearness = variant.nearness.max(1);
        return true;
    }
    let kind = wanted
        .strip_suffix(b"*")
        .filter(|kind| kind.ends_with(b"/"));
    if kind.is_some_and(|kind| own.starts_with(kind)) {
        variant.nearness = variant.nearness.max(2);
        return true;
    }
    let is_same = wanted == own || wanted == b"text/html" && PARSED.contains(&own);
    if !is_same || accepted.level < variant.media.level {
        return false;
    }
    variant.level_matched = variant.media.level;
    variant.nearness = 3;
    true
}

fn is_identity(encoding: Option<&[u8]>) -> bool {
    matches!(encoding, None | Some(b"" | b"7bit" | b"8bit" | b"binary"))
}

fn without_x(encoding: &[u8]) -> &[u8] {
    encoding.strip_prefix(b"x-").unwrap_or(encoding)
}
