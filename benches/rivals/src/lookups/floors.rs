//! Floors: what it costs to find a key among exact ones, when that is all there is to do.
//!
//! In: rules, of which the literal ones are taken. Out: one structure each. Absent: patterns.

use edgewright_benches::set::{Placed, Shape};
use hashbrown::HashSet;
use ptr_hash::{DefaultPtrHash, PtrHashParams};
use rapidhash::fast::RandomState;
use xorf::{BinaryFuse16, Filter as _};

use super::Lookup;

fn keys(rules: &[Placed]) -> Vec<Vec<u8>> {
    let literal = rules.iter().filter(|rule| rule.shape == Shape::Literal);
    literal.map(|rule| rule.base().into_bytes()).collect()
}

fn hash(key: &[u8]) -> u64 {
    rapidhash::v3::rapidhash_v3(key)
}

/// `hashbrown` with a fast hasher; keys in boxes of their own.
pub struct Map(HashSet<Box<[u8]>, RandomState>);

impl Map {
    /// Over the literal rules.
    pub fn new(rules: &[Placed]) -> Self {
        Self(keys(rules).into_iter().map(Vec::into_boxed_slice).collect())
    }
}

impl Lookup for Map {
    type Request = Vec<u8>;

    fn request(&self, path: &str) -> Vec<u8> {
        path.as_bytes().to_vec()
    }

    fn finds(&self, path: &Vec<u8>) -> bool {
        self.0.contains(path.as_slice())
    }
}

/// A filter of 16-bit fingerprints.
pub struct Fuse(Option<BinaryFuse16>);

impl Fuse {
    /// Over the literal rules.
    pub fn new(rules: &[Placed]) -> Self {
        let mut hashes: Vec<u64> = keys(rules).iter().map(|key| hash(key)).collect();
        hashes.sort_unstable();
        hashes.dedup();
        Self(BinaryFuse16::try_from(&hashes).ok())
    }
}

impl Lookup for Fuse {
    type Request = Vec<u8>;

    fn request(&self, path: &str) -> Vec<u8> {
        path.as_bytes().to_vec()
    }

    fn finds(&self, path: &Vec<u8>) -> bool {
        self.0
            .as_ref()
            .is_some_and(|filter| filter.contains(&hash(path)))
    }
}

/// A minimal perfect hash, then one comparison with the key at its place; keys end to end.
pub struct Perfect {
    hash: DefaultPtrHash,
    /// By place: where the key stands.
    ends: Vec<(u32, u32)>,
    text: Vec<u8>,
}

impl Perfect {
    /// Over the literal rules.
    pub fn new(rules: &[Placed]) -> Self {
        let keys = keys(rules);
        let hashes: Vec<u64> = keys.iter().map(|key| hash(key)).collect();
        let perfect: DefaultPtrHash = DefaultPtrHash::new(&hashes, PtrHashParams::default());
        let mut ends = vec![(0, 0); perfect.max_index()];
        let mut text = Vec::new();
        let at = |text: &Vec<u8>| u32::try_from(text.len()).unwrap_or(u32::MAX);
        for (key, hash) in keys.iter().zip(&hashes) {
            let start = at(&text);
            text.extend_from_slice(key);
            ends[perfect.index(hash)] = (start, at(&text));
        }
        Self {
            hash: perfect,
            ends,
            text,
        }
    }
}

impl Lookup for Perfect {
    type Request = Vec<u8>;

    fn request(&self, path: &str) -> Vec<u8> {
        path.as_bytes().to_vec()
    }

    fn finds(&self, path: &Vec<u8>) -> bool {
        let (start, end) = self.ends[self.hash.index(&hash(path))];
        self.text[start as usize..end as usize] == path[..]
    }
}

/// Sorted keys and a binary search.
pub struct Sorted(Vec<Box<[u8]>>);

impl Sorted {
    /// Over the literal rules.
    pub fn new(rules: &[Placed]) -> Self {
        let mut keys: Vec<_> = keys(rules).into_iter().map(Vec::into_boxed_slice).collect();
        keys.sort_unstable();
        Self(keys)
    }
}

impl Lookup for Sorted {
    type Request = Vec<u8>;

    fn request(&self, path: &str) -> Vec<u8> {
        path.as_bytes().to_vec()
    }

    fn finds(&self, path: &Vec<u8>) -> bool {
        let found = self.0.binary_search_by(|key| key[..].cmp(&path[..]));
        found.is_ok()
    }
}
