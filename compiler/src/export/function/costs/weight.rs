//! What a generation weighs in a table, and what it costs to write it and to keep it.
//!
//! In: the sizes of items, Regions, [`Prices`]. Out: [`Weight`], [`Deployed`]. Absent: what is in the table already, which
//! makes a deploy cheaper.

use super::prices::Prices;
use super::{GIGABYTE, above};

/// A write unit holds so many bytes of an item.
const WRITE_UNIT: usize = 1024;

/// A unit of a consistent read.
const READ_UNIT: usize = 4096;

/// Bytes that DynamoDB counts for each stored item besides its own.
const OVERHEAD: usize = 100;

/// What the items of a generation weigh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weight {
    /// How many there are.
    pub items: usize,
    /// Their size in bytes, as DynamoDB counts it.
    pub bytes: usize,
    /// Units to write all of them once.
    pub write_units: usize,
    /// Units to read all of them once, consistently.
    pub read_units: usize,
}

/// What a deploy of a whole generation costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployed {
    /// In US dollars, in all Regions together, with the transfer.
    pub dollars: f64,
    /// The transfer from the first Region to the others.
    pub transfer: f64,
    /// Regions without prices; those of [another](super::prices::OTHERWISE) were taken.
    pub unlisted: Vec<String>,
}

impl Weight {
    /// The weight of items with these sizes.
    pub fn of(sizes: impl IntoIterator<Item = usize>) -> Self {
        let add = |mut weight: Self, size: usize| {
            weight.items += 1;
            weight.bytes += size;
            weight.write_units += size.div_ceil(WRITE_UNIT);
            weight.read_units += size.div_ceil(READ_UNIT);
            weight
        };
        sizes.into_iter().fold(Self::default(), add)
    }

    /// What a deploy costs in a table of `regions`, the first of which is written to. Everything is read in each Region
    /// before and after it is written.
    pub fn deployed(&self, regions: &[&str], prices: &Prices) -> Deployed {
        let (writes, reads) = (exact(self.write_units) / 1e6, exact(self.read_units) / 1e6);
        let known = regions.iter().filter_map(|name| prices.region(name));
        let units = known.map(|region| {
            writes * region.requests.million_writes + 2.0 * reads * region.requests.million_reads
        });
        let units: f64 = units.sum();
        let home = regions.first().and_then(|home| prices.region(home));
        let copies = exact(regions.len().saturating_sub(1));
        let gigabyte = home.map_or(0.0, |home| home.transfer.gigabyte);
        let transfer = exact(self.bytes) / GIGABYTE * copies * gigabyte;
        let unlisted = regions.iter().filter(|name| prices.lacks(name));
        Deployed {
            dollars: units + transfer,
            transfer,
            unlisted: unlisted.map(|name| (*name).to_owned()).collect(),
        }
    }

    /// What a month of so many generations costs in `regions`, with the backup that the table's stack switches on.
    pub fn stored(&self, generations: f64, regions: &[&str], prices: &Prices) -> f64 {
        let bytes = exact(self.bytes + self.items * OVERHEAD);
        let gigabytes = generations * bytes / GIGABYTE;
        let paid = above(gigabytes, prices.dynamodb.free_gigabytes);
        let known = regions.iter().filter_map(|name| prices.region(name));
        let each = known.map(|region| {
            paid * region.storage.gigabyte + gigabytes * region.storage.backup_gigabyte
        });
        each.sum()
    }
}

/// The prices of a table in `regions` that nobody has checked, for a person.
pub fn unchecked(regions: &[&str], prices: &Prices) -> Vec<String> {
    let unsure = regions.iter().filter(|name| {
        let region = prices.region(name);
        region.is_none_or(|region| !(region.requests.checked && region.storage.checked))
    });
    let unsure: Vec<&str> = unsure.copied().collect();
    let mut unchecked = Vec::new();
    if !unsure.is_empty() {
        unchecked.push(format!("DynamoDB in {}", unsure.join(", ")));
    }
    let home = regions.first().and_then(|home| prices.region(home));
    if regions.len() > 1 && home.is_none_or(|home| !home.transfer.checked) {
        unchecked.push("transfer between Regions".to_owned());
    }
    unchecked
}

#[expect(
    clippy::cast_precision_loss,
    reason = "an estimate; counts are far below 2^52"
)]
pub(super) fn exact(count: usize) -> f64 {
    count as f64
}
