//! The rules of the mixed set, one kind of pattern each.
//!
//! In: a number and chance. Out: a pattern, its substitution, a path it matches. Absent: how often
//! each kind occurs in other sets.

use edgewright_test_support::random::Random;

const WORDS: &[&str] = &[
    "annual", "report", "guide", "update", "spring", "winter", "launch", "basic", "mobile",
    "cloud", "green", "energy", "water", "story", "history", "award", "price", "list", "manual",
    "video", "contact", "north", "south", "harbour", "garden", "silver", "summit",
];

/// A kind of pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `^/a/slug$`
    Literal,
    /// `^/a/slug/(.*)$`
    Prefix,
    /// `^/a/slug-([0-9]+)\.html?$`
    Numbered,
    /// `^/(en|de|fr|es)/slug/([^/]+)/?$`
    Language,
    /// `^/a/([0-9]{4})/([0-9]{2})/slug$`
    Dated,
    /// `slug\.(php|asp)$`
    Suffix,
}

/// Of a thousand rules of the mixed set.
pub(super) const MIX: &[(usize, Shape)] = &[
    (600, Shape::Literal),
    (250, Shape::Prefix),
    (50, Shape::Numbered),
    (50, Shape::Language),
    (49, Shape::Dated),
    (1, Shape::Suffix),
];

/// One rule: a kind of pattern with its own words.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The kind.
    pub shape: Shape,
    section: &'static str,
    words: String,
    number: usize,
}

impl Placed {
    /// The rule of that kind and number; the number makes its words its own.
    pub fn new(shape: Shape, number: usize, random: &mut Random) -> Self {
        let words = [random.pick(WORDS), random.pick(WORDS), random.pick(WORDS)].join("-");
        Self {
            shape,
            section: random.pick(WORDS),
            words,
            number,
        }
    }

    /// The same rule about a slug beyond those of the first `by` rules.
    #[must_use]
    pub fn renumbered(&self, by: usize) -> Self {
        Self {
            number: self.number + by,
            ..self.clone()
        }
    }

    fn slug(&self) -> String {
        format!("{}-{}", self.words, self.number)
    }

    /// What stands before the variable part; the whole path of a literal rule.
    pub fn base(&self) -> String {
        format!("/{}/{}", self.section, self.slug())
    }

    /// The regular expression.
    pub fn pattern(&self) -> String {
        let (section, slug, base) = (self.section, self.slug(), self.base());
        match self.shape {
            Shape::Literal => format!("^{base}$"),
            Shape::Prefix => format!("^{base}/(.*)$"),
            Shape::Numbered => format!(r"^{base}-([0-9]+)\.html?$"),
            Shape::Language => format!("^/(en|de|fr|es)/{slug}/([^/]+)/?$"),
            Shape::Dated => format!("^/{section}/([0-9]{{4}})/([0-9]{{2}})/{slug}$"),
            Shape::Suffix => format!(r"{slug}\.(php|asp)$"),
        }
    }

    /// Where it leads.
    pub fn substitution(&self) -> String {
        let number = self.number;
        match self.shape {
            Shape::Literal | Shape::Suffix => format!("/new/{number}"),
            Shape::Prefix | Shape::Numbered => format!("/new/{number}/$1"),
            Shape::Language | Shape::Dated => format!("/new/{number}/$1/$2"),
        }
    }

    /// A path it matches.
    pub fn hit(&self, random: &mut Random) -> String {
        let (section, slug, base) = (self.section, self.slug(), self.base());
        match self.shape {
            Shape::Literal => base,
            Shape::Prefix => format!("{base}/{}/{}", random.pick(WORDS), random.pick(WORDS)),
            Shape::Numbered => format!("{base}-{}.html", random.below(10_000)),
            Shape::Language => {
                let language = random.pick(&["en", "de", "fr", "es"]);
                format!("/{language}/{slug}/{}", random.pick(WORDS))
            }
            Shape::Dated => {
                let (year, month) = (2000 + random.below(25), 1 + random.below(12));
                format!("/{section}/{year}/{month:02}/{slug}")
            }
            Shape::Suffix => format!("/{section}/{slug}.php"),
        }
    }
}
