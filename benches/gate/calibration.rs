//! Work that has nothing to do with this project: when its count moves, the machine has moved.
//!
//! In: nothing. Out: a number nobody needs. Absent: anything of ours.

use std::collections::BTreeMap;
use std::hint::black_box;

use edgewright_test_support::random::Random;

/// Sorts, copies blocks of all sizes, keeps a tree of strings, prints numbers: what depends on the
/// standard library, the C library and its choice of `memcpy` for the processor.
pub fn work() -> usize {
    let mut random = Random::new(3);
    let mut numbers: Vec<u64> = (0..2_000).map(|_| random.bits()).collect();
    numbers.sort_unstable();
    let block = vec![7_u8; 16_384];
    let copied: usize = (0..15)
        .map(|power| black_box(block[..1 << power].to_vec()).len())
        .sum();
    let names = numbers
        .iter()
        .map(|number| (format!("{number:x}"), *number));
    let tree: BTreeMap<String, u64> = names.collect();
    let found = numbers
        .iter()
        .filter(|number| tree.contains_key(&number.to_string()));
    copied + found.count()
}
