//! What a deploy costs, before it is done.
//!
//! In: a generation, the Regions of its table. Out: [`Estimate`]. Absent: what is in the table
//! already, which costs less, and taxes. The prices are in `prices.json` beside this file, with
//! their date.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use edgewright_compiler::export::item::Item;
use serde::Deserialize;

use super::Generation;

/// The price list.
const PRICES: &str = include_str!("prices.json");

/// A write unit holds so many bytes of an item.
const WRITE_UNIT: usize = 1024;

/// A unit of a consistent read.
const READ_UNIT: usize = 4096;

#[derive(Debug, Deserialize)]
struct Prices {
    date: String,
    otherwise: String,
    regions: BTreeMap<String, Price>,
}

/// USD for a million units.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Price {
    write: f64,
    read: f64,
}

/// What would be done, and what that costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// Items.
    pub items: usize,
    /// Their size in bytes, as DynamoDB counts it.
    pub bytes: usize,
    /// Write units in each Region.
    pub write_units: usize,
    /// Read units in each Region: everything is compared before it is written, and after.
    pub read_units: usize,
    /// USD in all Regions together.
    pub dollars: f64,
    /// The price list's date.
    pub date: String,
    /// Regions that are not in the list; the price of another one was taken.
    pub unlisted: Vec<String>,
}

impl Estimate {
    /// For `generation` in a table of `regions`, none of whose items is there yet.
    ///
    /// # Errors
    /// The price list is damaged; a test says that it is not.
    pub fn of(generation: &Generation, regions: &[&str]) -> Result<Self> {
        let prices: Prices = serde_json::from_str(PRICES).context("the price list")?;
        let sizes = || generation.items.iter().map(Item::size);
        let write_units: usize = sizes().map(|size| size.div_ceil(WRITE_UNIT)).sum();
        let once: usize = sizes().map(|size| size.div_ceil(READ_UNIT)).sum();
        let mut estimate = Self {
            items: sizes().count(),
            bytes: sizes().sum(),
            write_units,
            read_units: 2 * once,
            dollars: 0.0,
            date: prices.date,
            unlisted: Vec::new(),
        };
        for region in regions {
            let listed = prices.regions.get(*region);
            if listed.is_none() {
                estimate.unlisted.push((*region).to_owned());
            }
            let price = listed.or_else(|| prices.regions.get(&prices.otherwise));
            let price = price.context("the price list names no such Region")?;
            estimate.dollars += millions(estimate.write_units) * price.write
                + millions(estimate.read_units) * price.read;
        }
        Ok(estimate)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "an estimate; units are far below 2^52"
)]
fn millions(units: usize) -> f64 {
    units as f64 / 1e6
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use edgewright_engine::lambda::ledger::GenerationId;

    use super::*;

    fn generation(items: usize, size: usize) -> Generation {
        let item = |number: usize| Item::of_bytes(format!("{number:06}"), &vec![0; size]);
        Generation {
            id: GenerationId(7),
            entries: items,
            pieces: 0,
            items: (0..items).map(item).collect(),
        }
    }

    #[test]
    fn every_kilobyte_begun_is_a_unit_to_write_and_every_four_to_read_twice() {
        let estimate = Estimate::of(&generation(1000, 1500), &["us-east-1"]).unwrap();
        assert_eq!(estimate.items, 1000);
        assert_eq!(estimate.write_units, 2000);
        assert_eq!(estimate.read_units, 2000);
        let dollars = 0.002_000 * 0.625 + 0.002_000 * 0.125;
        assert!((estimate.dollars - dollars).abs() < 1e-12);
        assert!(estimate.unlisted.is_empty());
    }

    #[test]
    fn each_region_is_paid_for_and_one_without_a_price_is_named() {
        let once = Estimate::of(&generation(10, 10), &["us-east-1"]).unwrap();
        let twice = Estimate::of(&generation(10, 10), &["us-east-1", "eu-west-1"]).unwrap();
        assert!((twice.dollars - 2.0 * once.dollars).abs() < 1e-12);
        assert_eq!(twice.unlisted, ["eu-west-1"]);
    }
}
