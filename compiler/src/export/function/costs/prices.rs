//! AWS's prices, as data with their date and source.
//!
//! In: `prices.json` beside this file. Out: [`Prices`]. Absent: what is bought; see [`super`]. Taxes, discounts and plans.
//!
//! The tests hold that every Region in which Lambda@Edge runs a function has prices, and that none is zero.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The price list.
const PRICES: &str = include_str!("prices.json");

/// The Region whose prices stand for those of a Region without any.
pub const OTHERWISE: &str = "us-east-1";

/// The prices of everything that a stack uses, in US dollars.
#[derive(Debug, Deserialize)]
pub struct Prices {
    /// The day on which they were read.
    pub date: String,
    /// What viewers' requests cost.
    pub(super) cloudfront: CloudFront,
    /// What calls of the function cost.
    pub(super) lambda_edge: LambdaEdge,
    /// What calls of the function in front of the cache cost.
    pub(super) cloudfront_function: CloudFrontFunction,
    /// What the table costs.
    pub(super) dynamodb: DynamoDb,
}

/// Requests and transfer, by where viewers are, and invalidations.
#[derive(Debug, Deserialize)]
pub(super) struct CloudFront {
    pub(super) checked: bool,
    pub(super) free_requests: f64,
    pub(super) free_gigabytes: f64,
    pub(super) free_invalidated_paths: f64,
    pub(super) invalidated_path: f64,
    /// How much is transferred at each price but the last.
    pub(super) tiers_of_gigabytes: Vec<f64>,
    pub(super) viewers: BTreeMap<String, Viewers>,
}

/// What the requests of viewers in one part of the world cost.
#[derive(Debug, Deserialize)]
pub(super) struct Viewers {
    pub(super) million_https_requests: f64,
    /// One price for each tier, and one for what is above.
    pub(super) gigabyte: Vec<f64>,
}

/// Lambda@Edge, which costs the same everywhere and has no free allowance.
#[derive(Debug, Deserialize)]
pub(super) struct LambdaEdge {
    pub(super) checked: bool,
    pub(super) million_calls: f64,
    pub(super) gigabyte_second: f64,
}

/// CloudFront Functions, which cost the same everywhere.
#[derive(Debug, Deserialize)]
pub(super) struct CloudFrontFunction {
    pub(super) checked: bool,
    pub(super) free_calls: f64,
    pub(super) million_calls: f64,
}

/// DynamoDB on demand.
#[derive(Debug, Deserialize)]
pub(super) struct DynamoDb {
    /// Storage that is free in each Region.
    pub(super) free_gigabytes: f64,
    pub(super) regions: BTreeMap<String, Region>,
}

/// DynamoDB in one Region.
#[derive(Debug, Deserialize)]
pub(super) struct Region {
    pub(super) requests: Requests,
    pub(super) storage: Storage,
    pub(super) transfer: Transfer,
}

/// Units of reads and writes.
#[derive(Debug, Deserialize)]
pub(super) struct Requests {
    pub(super) million_writes: f64,
    pub(super) million_reads: f64,
    pub(super) checked: bool,
}

/// A month of a gigabyte in the table, and in its continuous backup.
#[derive(Debug, Deserialize)]
pub(super) struct Storage {
    pub(super) gigabyte: f64,
    pub(super) backup_gigabyte: f64,
    pub(super) checked: bool,
}

/// What goes from this Region to another.
#[derive(Debug, Deserialize)]
pub(super) struct Transfer {
    pub(super) gigabyte: f64,
    pub(super) checked: bool,
}

impl Prices {
    /// The price list of this release.
    ///
    /// # Errors
    /// The list is damaged; a test says that it is not.
    pub fn current() -> serde_json::Result<Self> {
        serde_json::from_str(PRICES)
    }

    /// DynamoDB in `region`, or in [`OTHERWISE`] where that has no prices.
    pub(super) fn region(&self, region: &str) -> Option<&Region> {
        let regions = &self.dynamodb.regions;
        regions.get(region).or_else(|| regions.get(OTHERWISE))
    }

    /// Does the list lack DynamoDB in `region`?
    pub(super) fn lacks(&self, region: &str) -> bool {
        !self.dynamodb.regions.contains_key(region)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use serde_json::Value;

    use super::super::super::regions::running;
    use super::*;

    #[test]
    fn every_region_that_runs_functions_has_prices_and_no_other() {
        let regions = Prices::current().unwrap().dynamodb.regions;
        let listed: Vec<&str> = regions.keys().map(String::as_str).collect();
        let mut expected: Vec<&str> = running().collect();
        expected.sort_unstable();
        assert_eq!(listed, expected);
    }

    #[test]
    fn each_tier_has_a_price() {
        let cloudfront = Prices::current().unwrap().cloudfront;
        for (place, viewers) in &cloudfront.viewers {
            let tiers = cloudfront.tiers_of_gigabytes.len() + 1;
            assert_eq!(viewers.gigabyte.len(), tiers, "{place}");
            assert!(
                viewers.gigabyte.is_sorted_by(|one, next| one >= next),
                "{place}"
            );
        }
    }

    /// A price of nothing would be a slip, and so would a source that nobody named.
    #[test]
    fn no_price_is_nothing_and_every_service_has_a_source() {
        fn numbers(value: &Value, path: &str) {
            match value {
                Value::Number(number) => assert!(number.as_f64().unwrap() > 0.0, "{path}"),
                Value::Array(all) => all.iter().for_each(|one| numbers(one, path)),
                Value::Object(all) => {
                    for (name, one) in all {
                        numbers(one, &format!("{path}/{name}"));
                    }
                }
                Value::Null | Value::Bool(_) | Value::String(_) => {}
            }
        }
        let list: Value = serde_json::from_str(PRICES).unwrap();
        numbers(&list, "");
        for service in [
            "cloudfront",
            "lambda_edge",
            "cloudfront_function",
            "dynamodb",
        ] {
            assert!(
                list[service]["source"].as_str().unwrap().len() > 10,
                "{service}"
            );
        }
        assert_eq!(Prices::current().unwrap().date.len(), "2026-12-01".len());
    }
}
