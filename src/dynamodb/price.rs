//! What a deploy costs, before it is done.
//!
//! In: a generation, the Regions of its table. Out: [`Estimate`]. Absent: what is in the table
//! already, which costs less, and taxes. The prices are the compiler's, with those of a whole stack.

use anyhow::{Context, Result};
use edgewright_compiler::export::function::costs::weight::unchecked;
use edgewright_compiler::export::function::costs::{Prices, Weight};
use edgewright_compiler::export::item::Item;

use super::Generation;

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
    /// USD in all Regions together, with the transfer between them.
    pub dollars: f64,
    /// USD for a month of the generation in all Regions, with its backup.
    pub month: f64,
    /// The price list's date.
    pub date: String,
    /// Regions that are not in the list; the price of another one was taken.
    pub unlisted: Vec<String>,
    /// Prices that nobody has checked.
    pub unchecked: Vec<String>,
}

impl Generation {
    /// What the generation weighs.
    pub fn weight(&self) -> Weight {
        Weight::of(self.items.iter().map(Item::size))
    }
}

impl Estimate {
    /// For `generation` in a table of `regions`, none of whose items is there yet.
    ///
    /// # Errors
    /// The price list is damaged; a test says that it is not.
    pub fn of(generation: &Generation, regions: &[&str]) -> Result<Self> {
        let prices = Prices::current().context("the price list")?;
        let weight = generation.weight();
        let deployed = weight.deployed(regions, &prices);
        Ok(Self {
            items: weight.items,
            bytes: weight.bytes,
            write_units: weight.write_units,
            read_units: 2 * weight.read_units,
            dollars: deployed.dollars,
            month: weight.stored(1.0, regions, &prices),
            unlisted: deployed.unlisted,
            unchecked: unchecked(regions, &prices),
            date: prices.date,
        })
    }

    /// The costs, for a person.
    pub fn line(&self) -> String {
        let mut line = format!(
            "${:.4} once, ${:.4} a month to keep it, prices of {}",
            self.dollars, self.month, self.date
        );
        if !self.unlisted.is_empty() {
            let unlisted = self.unlisted.join(", ");
            line += &format!("; no prices of {unlisted}, us-east-1's were taken");
        }
        if !self.unchecked.is_empty() {
            line += &format!("; not checked: {}", self.unchecked.join(", "));
        }
        line
    }
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
        assert!(estimate.unlisted.is_empty() && estimate.unchecked.is_empty());
    }

    #[test]
    fn each_region_is_paid_for_and_one_without_a_price_is_named() {
        let once = Estimate::of(&generation(10, 10), &["us-east-1"]).unwrap();
        let twice = Estimate::of(&generation(10, 10), &["us-east-1", "eu-north-1"]).unwrap();
        let transfer = 0.02 * 1e-9 * f64::from(u32::try_from(twice.bytes).unwrap());
        let expected = 2.0 * once.dollars;
        assert!((expected..expected + transfer).contains(&twice.dollars));
        assert_eq!(twice.unlisted, ["eu-north-1"]);
        let line = twice.line();
        for part in [
            "no prices of eu-north-1",
            "not checked: transfer between Regions",
        ] {
            assert!(line.contains(part), "{line}");
        }
    }
}
