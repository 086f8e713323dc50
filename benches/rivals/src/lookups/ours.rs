//! Ourselves.
//!
//! In: rules. Out: a compiled site. Absent: everything else.

use edgewright_benches::operation::lookup;
use edgewright_benches::set::{Placed, Set};
use edgewright_benches::site::Site;

use super::Lookup;

/// A compiled site; nothing at all when it cannot be compiled, which the check of hits tells.
pub struct Ours(Option<Site>);

impl Ours {
    /// Compiles `rules`.
    pub fn new(rules: &[Placed]) -> Self {
        Self(Site::build(&Set::of_rules(rules).config()).ok())
    }
}

impl Lookup for Ours {
    type Request = Vec<u8>;

    fn request(&self, path: &str) -> Vec<u8> {
        path.as_bytes().to_vec()
    }

    fn finds(&self, path: &Vec<u8>) -> bool {
        self.0.as_ref().is_some_and(|site| lookup(site, path))
    }
}
