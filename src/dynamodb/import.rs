//! A generation as files that DynamoDB imports from S3 into a new table: for millions of items the
//! cheapest way.
//!
//! In: a generation. Out: compressed files of DynamoDB JSON. Absent: uploading them. The record is
//! not among the items: the generation is not whole before `deploy` has compared it.

use std::io::Write as _;

use anyhow::{Context, Result};
use edgewright_compiler::export::item::Item;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Items in one file: several files are read at a time.
const ITEMS_A_FILE: usize = 100_000;

/// Names and contents of the files, in order.
///
/// # Errors
/// An item cannot be written as JSON; does not happen with the types at hand.
pub fn files(items: &[Item]) -> Result<Vec<(String, Vec<u8>)>> {
    let parts = (0..).zip(items.chunks(ITEMS_A_FILE));
    parts
        .map(|(number, part)| Ok((format!("part-{number:05}.json.gz"), compressed(part)?)))
        .collect()
}

fn compressed(items: &[Item]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for item in items {
        serde_json::to_writer(&mut encoder, &item.line()).context("cannot compress")?;
        encoder.write_all(b"\n").context("cannot compress")?;
    }
    encoder.finish().context("cannot compress")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn every_item_is_in_the_files_as_it_was() {
        let item = |number: usize| Item::of_bytes(format!("7/{number}"), &number.to_le_bytes());
        let items: Vec<Item> = (0..=ITEMS_A_FILE).map(item).collect();
        let files = files(&items).unwrap();
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["part-00000.json.gz", "part-00001.json.gz"]);
        let mut text = String::new();
        for (_, bytes) in &files {
            GzDecoder::new(&bytes[..])
                .read_to_string(&mut text)
                .unwrap();
        }
        assert_eq!(Item::parse_all(&text).unwrap(), items);
    }
}
