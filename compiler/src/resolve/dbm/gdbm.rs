//! GNU dbm, with offsets of 64 bits (`gdbmdefs.h`).
//!
//! In: bytes. Out: pairs. Absent: files of other machines, whose numbers have another length.
//!
//! A directory says where buckets are, more than once for some; a bucket says where its keys and values are.

use std::collections::BTreeSet;

use super::{Bytes, DAMAGED, Pair, Unreadable};

/// `GDBM_MAGIC64` and `GDBM_NUMSYNC_MAGIC64`.
const MAGIC: [usize; 2] = [0x1357_9acf, 0x1357_9ad1];
/// Where the elements of a bucket begin: after six stretches of free space and two numbers.
const ELEMENTS: usize = 112;
/// The length of one element.
const ELEMENT: usize = 24;

/// Does the file begin as one of GNU dbm?
pub(super) fn is_one(bytes: &[u8]) -> bool {
    opened(bytes).is_some()
}

fn opened(bytes: &[u8]) -> Option<Bytes<'_>> {
    let has_magic = |file: Bytes<'_>| {
        let number = file.number(0, 4);
        number.is_some_and(|number| MAGIC.contains(&number))
    };
    Bytes::in_order_of(bytes, has_magic)
}

/// Every pair of the file.
pub(super) fn pairs(bytes: &[u8]) -> Result<Vec<Pair>, Unreadable> {
    let file = opened(bytes).ok_or(DAMAGED)?;
    all(file).ok_or(DAMAGED)
}

fn all(file: Bytes<'_>) -> Option<Vec<Pair>> {
    let (start, length) = (file.number(8, 8)?, file.number(16, 4)?);
    let directory = Bytes {
        bytes: file.part(start, length)?,
        ..file
    };
    let buckets = (0..length / 8).map(|at| directory.number(at * 8, 8));
    let buckets: BTreeSet<usize> = buckets.collect::<Option<_>>()?;
    let elements = file.number(28, 4)?;
    let size = elements.checked_mul(ELEMENT)?.checked_add(ELEMENTS)?;
    // Buckets do not overlap, and neither do entries.
    if size.checked_mul(buckets.len())? > file.bytes.len() {
        return None;
    }
    let mut left = file.bytes.len();
    let mut pairs = Vec::new();
    for bucket in buckets {
        for element in 0..elements {
            let at = bucket.checked_add(ELEMENTS + element * ELEMENT)?;
            if file.number(at, 4)? == 0xffff_ffff {
                continue;
            }
            let place = file.number(at + 8, 8)?;
            let (key, value) = (file.number(at + 16, 4)?, file.number(at + 20, 4)?);
            left = left.checked_sub(key)?.checked_sub(value)?;
            let both = file.part(place, key + value)?;
            let (key, value) = both.split_at_checked(key)?;
            pairs.push((key.to_vec(), value.to_vec()));
        }
    }
    Some(pairs)
}
