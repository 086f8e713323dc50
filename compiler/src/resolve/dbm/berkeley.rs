//! Berkeley DB: a hash file, as `httxt2dbm` of Debian makes it (`db_page.h`).
//!
//! In: bytes. Out: pairs. Absent: B-trees, and files with checksums or encryption.
//!
//! Pages of a hash hold keys and values in turn, from the end of the page downwards; what is too long for a page
//! stands in a chain of overflow pages.

use super::{Bytes, DAMAGED, Pair, Unreadable};

const MAGIC: usize = 0x0006_1561;
/// Types of pages.
const HASH_META: usize = 8;
const HASH_PAGES: [usize; 2] = [2, 13];
const OVERFLOW: usize = 7;
/// Types of items.
const HERE: u8 = 1;
const ELSEWHERE: u8 = 3;
/// Where the numbers of a page begin that say where its items are.
const HEADER: usize = 26;

/// Does the file begin as one of Berkeley DB?
pub(super) fn is_one(bytes: &[u8]) -> bool {
    opened(bytes).is_some()
}

fn opened(bytes: &[u8]) -> Option<Bytes<'_>> {
    Bytes::in_order_of(bytes, |file| file.number(12, 4) == Some(MAGIC))
}

/// Every pair of the file.
pub(super) fn pairs(bytes: &[u8]) -> Result<Vec<Pair>, Unreadable> {
    let file = opened(bytes).ok_or(DAMAGED)?;
    let is_plain =
        file.number(24, 1) == Some(0) && file.number(26, 1).is_some_and(|flags| flags & 1 == 0);
    if !is_plain || file.number(25, 1) != Some(HASH_META) {
        return Err(Unreadable("it is no plain hash of Berkeley DB"));
    }
    let size = file
        .number(20, 4)
        .filter(|size| (512..=65_536).contains(size));
    let size = size.ok_or(DAMAGED)?;
    let mut reader = Reader {
        file,
        size,
        left: bytes.len(),
        steps: bytes.len() / size + 1,
    };
    reader.pairs().ok_or(DAMAGED)
}

struct Reader<'b> {
    file: Bytes<'b>,
    /// The length of a page.
    size: usize,
    /// Bytes that may still come out, and overflow pages that may still be gone to: each belongs to one item.
    left: usize,
    steps: usize,
}

impl<'b> Reader<'b> {
    fn page(&self, number: usize) -> Option<Bytes<'b>> {
        let bytes = self.file.part(number.checked_mul(self.size)?, self.size)?;
        Some(Bytes { bytes, ..self.file })
    }

    fn pairs(&mut self) -> Option<Vec<Pair>> {
        let mut pairs = Vec::new();
        for number in 1..self.file.bytes.len() / self.size {
            let page = self.page(number)?;
            if HASH_PAGES.contains(&page.number(25, 1)?) {
                self.of_page(page, &mut pairs)?;
            }
        }
        Some(pairs)
    }

    fn of_page(&mut self, page: Bytes<'b>, pairs: &mut Vec<Pair>) -> Option<()> {
        let count = page.number(20, 2)?;
        let mut end = self.size;
        let mut key = None;
        for item in 0..count {
            let start = page.number(HEADER + item * 2, 2)?;
            let bytes = page
                .bytes
                .get(start..end)
                .filter(|_| start >= HEADER + count * 2)?;
            end = start;
            let (kind, bytes) = bytes.split_first()?;
            let bytes = match *kind {
                HERE => bytes.to_vec(),
                ELSEWHERE => self.overflow(Bytes { bytes, ..page })?,
                _ => return None,
            };
            self.left = self.left.checked_sub(bytes.len())?;
            match key.take() {
                None => key = Some(bytes),
                Some(key) => pairs.push((key, bytes)),
            }
        }
        key.is_none().then_some(())
    }

    /// `HOFFPAGE` without its type: three bytes of nothing, the first page, the length.
    fn overflow(&mut self, item: Bytes<'_>) -> Option<Vec<u8>> {
        let (mut number, length) = (item.number(3, 4)?, item.number(7, 4)?);
        let mut bytes = Vec::new();
        while number != 0 && bytes.len() < length {
            self.steps = self.steps.checked_sub(1)?;
            let page = self.page(number)?;
            if page.number(25, 1)? != OVERFLOW {
                return None;
            }
            bytes.extend_from_slice(page.part(HEADER, page.number(22, 2)?)?);
            number = page.number(16, 4)?;
        }
        (bytes.len() == length).then_some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 512;

    /// A file of three pages: about the file, a key here with its value in a chain, and the chain.
    fn file(next: u8) -> Vec<u8> {
        let mut bytes = vec![0; 3 * PAGE];
        let mut put = |at: usize, part: &[u8]| bytes[at..at + part.len()].copy_from_slice(part);
        put(12, &[0x61, 0x15, 0x06, 0]);
        put(20, &[0, 2, 0, 0]);
        put(25, &[8]);
        let (key, value) = (PAGE + PAGE - 2, PAGE + PAGE - 14);
        put(PAGE + 20, &[2, 0]);
        put(PAGE + 25, &[13]);
        put(PAGE + HEADER, &[0xfe, 1, 0xf2, 1]);
        put(key, b"\x01k");
        put(value, &[3, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0]);
        put(2 * PAGE + 16, &[next]);
        put(2 * PAGE + 22, &[4, 0]);
        put(2 * PAGE + 25, &[7]);
        put(2 * PAGE + HEADER, b"long");
        bytes
    }

    #[test]
    fn what_is_too_long_for_a_page_stands_in_a_chain() {
        let expected = vec![(b"k".to_vec(), b"long".to_vec())];
        assert_eq!(pairs(&file(0)), Ok(expected));
    }

    #[test]
    fn a_chain_that_goes_in_a_circle_is_damaged() {
        let mut circle = file(2);
        circle[PAGE + PAGE - 14 + 8] = 0xff;
        assert_eq!(pairs(&circle), Err(DAMAGED));
    }
}
