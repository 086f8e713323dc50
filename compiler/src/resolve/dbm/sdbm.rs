//! SDBM, APR's own type: the `.pag` file of a pair (`sdbm_pair.c`).
//!
//! In: bytes. Out: pairs. Absent: the `.dir` file, which says where to look first.
//!
//! A page begins with how many numbers follow; these are where keys and values begin, from the end of the page
//! downwards.

use super::{Bytes, DAMAGED, Pair, Unreadable};

/// `PBLKSIZ` of APR-util 1.6 and earlier, and of later ones.
const PAGES: [usize; 2] = [1024, 8192];

/// Every pair of the file.
pub(super) fn pairs(bytes: &[u8]) -> Result<Vec<Pair>, Unreadable> {
    // Less than a page is none, and the file is empty (`read_from` meets its end).
    if bytes.len() < PAGES[0] {
        return Ok(Vec::new());
    }
    let mut sizes = PAGES.iter();
    let found = sizes.find_map(|size| pairs_of_pages(bytes, *size));
    found.ok_or(DAMAGED)
}

fn pairs_of_pages(bytes: &[u8], size: usize) -> Option<Vec<Pair>> {
    if !bytes.len().is_multiple_of(size) {
        return None;
    }
    let mut pairs = Vec::new();
    for page in bytes.chunks_exact(size) {
        let big = |page| Bytes {
            bytes: page,
            is_big_endian: true,
        };
        let little = Bytes {
            is_big_endian: false,
            ..big(page)
        };
        pairs.extend(pairs_of_page(little).or_else(|| pairs_of_page(big(page)))?);
    }
    Some(pairs)
}

/// `None` for a page of another format (`chkpage`).
fn pairs_of_page(page: Bytes<'_>) -> Option<Vec<Pair>> {
    let size = page.bytes.len();
    let count = page.number(0, 2)?;
    if !count.is_multiple_of(2) || count > size / 2 - 1 {
        return None;
    }
    let least = (count + 1) * 2;
    let mut end = size;
    let mut pairs = Vec::new();
    let mut next = |number: usize| {
        let start = page.number(number * 2, 2)?;
        let part = page.bytes.get(start..end).filter(|_| start >= least)?;
        end = start;
        Some(part.to_vec())
    };
    for number in (1..=count).step_by(2) {
        pairs.push((next(number)?, next(number + 1)?));
    }
    Some(pairs)
}
