//! What a month of a stack costs, before it is deployed.
//!
//! In: a [`Stack`], how many requests there are and how many of them the cache answers, [`Assumptions`], [`Prices`]. Out:
//! [`Costs`], and the lines that `package` and `bench` print. Absent: the origin, the bucket with the zip file, logs,
//! names and certificates, taxes, and cold starts.
//!
//! At viewer-request the function is called for every request; at origin-request for those that the cache does not answer. A
//! CloudFront Function is called for every request.

pub mod block;
pub mod logged;
pub mod prices;
#[cfg(test)]
mod tests;
pub mod weight;

use edgewright_engine::model::trigger::Trigger;
use serde::Serialize;

use super::error::FunctionError;
use super::options::{FunctionOptions, TableStack};
use super::stack::Stack;
use super::{regions, template};
pub use block::of_a_made_up_month;
pub use logged::{LogCosts, LoggedMonth, of_a_log};
pub use prices::Prices;
pub use weight::Weight;

/// Bytes in what DynamoDB and Lambda call a gigabyte.
const GIGABYTE: f64 = 1_073_741_824.0;

/// The requests of a month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Month {
    /// How many there are.
    pub requests: f64,
    /// The share of them that the cache answers, from 0 to 1.
    pub answered: f64,
}

/// What nobody knows before there is a function.
#[derive(Debug, Clone, PartialEq)]
pub struct Assumptions {
    /// Where viewers are, as the price list calls it.
    pub viewers: String,
    /// Bytes of an answer, with its head.
    pub answer_bytes: f64,
    /// Milliseconds of a call that reads no table.
    pub call: f64,
    /// Milliseconds of a call at origin-request that reads the table once.
    pub call_with_read: f64,
    /// The same at viewer-request, where the function has less memory, and so less of a processor.
    pub call_with_read_at_viewer: f64,
    /// Generations that a table holds at the same time.
    pub generations: f64,
    /// Deploys in a month, each of which writes every item.
    pub deploys: f64,
    /// Paths of which CloudFront drops answers; `/*` is one.
    pub invalidated_paths: f64,
}

impl Default for Assumptions {
    fn default() -> Self {
        Self {
            viewers: "North America".to_owned(),
            answer_bytes: 10_000.0,
            call: 1.0,
            call_with_read: 5.0,
            call_with_read_at_viewer: 10.0,
            generations: 3.0,
            deploys: 1.0,
            invalidated_paths: 1.0,
        }
    }
}

/// Where entries are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entries {
    /// In the package, in the function's memory.
    Package,
    /// In a table.
    Table,
}

impl Entries {
    /// Where the entries of a stack are.
    pub fn of(options: &FunctionOptions) -> Self {
        match options.table {
            Some(_) => Self::Table,
            None => Self::Package,
        }
    }
}

/// What a month costs, in US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Costs {
    /// Viewers' requests.
    pub requests: f64,
    /// Answers on the way to viewers.
    pub transfer: f64,
    /// Calls of the function.
    pub calls: f64,
    /// The time that calls take.
    pub duration: f64,
    /// Calls of the function in front of the cache.
    pub viewer_function: f64,
    /// Reads of the table by the function.
    pub reads: f64,
    /// What the table holds, and its backup, in every Region.
    pub storage: f64,
    /// Deploys: what they read and write, and transfer to other Regions.
    pub deploys: f64,
    /// Invalidations.
    pub invalidations: f64,
}

impl Costs {
    /// Everything together.
    pub fn total(&self) -> f64 {
        let Self {
            requests,
            transfer,
            calls,
            duration,
            viewer_function,
            reads,
            storage,
            deploys,
            invalidations,
        } = self;
        let cloudfront = requests + transfer + invalidations + viewer_function;
        cloudfront + calls + duration + reads + storage + deploys
    }

    /// The table, in every Region.
    pub fn table(&self) -> f64 {
        self.reads + self.storage + self.deploys
    }
}

/// A stack as far as its costs depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Where CloudFront calls the function.
    pub trigger: Trigger,
    /// Where entries are.
    pub entries: Entries,
    /// The Regions that hold the table.
    pub regions: Vec<String>,
    /// Is there a function in front of the cache?
    pub has_viewer_function: bool,
}

impl Way {
    /// The way of a stack, with its entries in `entries`.
    ///
    /// # Errors
    /// A Region is no name.
    pub fn of(stack: &Stack, entries: Entries) -> Result<Self, FunctionError> {
        let options = stack.options();
        let chosen = regions::chosen(&options.regions)?;
        let regions: Vec<&str> = match options.table_stack {
            TableStack::Own => regions::with_home(&chosen).collect(),
            TableStack::Elsewhere => chosen,
        };
        Ok(Self {
            trigger: stack.trigger(),
            entries,
            regions: regions.into_iter().map(str::to_owned).collect(),
            has_viewer_function: stack.viewer_function().is_some(),
        })
    }

    /// What a month costs. `weight` is that of one generation, where it is known.
    pub fn costs(
        &self,
        month: Month,
        weight: Option<&Weight>,
        assumed: &Assumptions,
        prices: &Prices,
    ) -> Costs {
        let calls = match self.trigger {
            Trigger::ViewerRequest => month.requests,
            Trigger::OriginRequest => month.requests * (1.0 - month.answered),
        };
        let seconds = calls * self.milliseconds(assumed) / 1e3;
        let memory = f64::from(template::memory(self.trigger)) / 1024.0;
        let lambda = &prices.lambda_edge;
        let mut costs = Costs {
            calls: calls / 1e6 * lambda.million_calls,
            duration: seconds * memory * lambda.gigabyte_second,
            ..of_cloudfront(month, assumed, prices)
        };
        if self.has_viewer_function {
            let function = &prices.cloudfront_function;
            let paid = above(month.requests, function.free_calls);
            costs.viewer_function = paid / 1e6 * function.million_calls;
        }
        match self.entries {
            Entries::Package => {}
            Entries::Table => {
                costs.reads = calls / 1e6 * self.million_reads(prices);
                if let Some(weight) = weight {
                    let regions: Vec<&str> = self.regions.iter().map(String::as_str).collect();
                    costs.storage = weight.stored(assumed.generations, &regions, prices);
                    let deploy = weight.deployed(&regions, prices);
                    costs.deploys = assumed.deploys * deploy.dollars;
                }
            }
        }
        costs
    }

    fn milliseconds(&self, assumed: &Assumptions) -> f64 {
        match (self.entries, self.trigger) {
            (Entries::Package, _) => assumed.call,
            (Entries::Table, Trigger::OriginRequest) => assumed.call_with_read,
            (Entries::Table, Trigger::ViewerRequest) => assumed.call_with_read_at_viewer,
        }
    }

    /// A million reads of one item each, of at most 4 KB, where all replicas are read alike. They are eventually consistent,
    /// and such a read is half a unit.
    fn million_reads(&self, prices: &Prices) -> f64 {
        let prices = self.regions.iter().filter_map(|name| prices.region(name));
        let prices: Vec<f64> = prices.map(|region| region.requests.million_reads).collect();
        match u32::try_from(prices.len()) {
            Ok(count @ 1..) => prices.iter().sum::<f64>() / f64::from(count) / 2.0,
            Ok(0) | Err(_) => 0.0,
        }
    }

    /// The prices of this way that nobody has checked, for a person.
    pub fn unchecked(&self, prices: &Prices) -> Vec<String> {
        let mut unchecked = Vec::new();
        let mut note = |checked: bool, what: &str| {
            if !checked {
                unchecked.push(what.to_owned());
            }
        };
        note(prices.cloudfront.checked, "CloudFront");
        note(prices.lambda_edge.checked, "Lambda@Edge");
        let function = &prices.cloudfront_function;
        note(
            function.checked || !self.has_viewer_function,
            "CloudFront Functions",
        );
        match self.entries {
            Entries::Package => {}
            Entries::Table => {
                let regions: Vec<&str> = self.regions.iter().map(String::as_str).collect();
                unchecked.extend(weight::unchecked(&regions, prices));
            }
        }
        unchecked
    }
}

/// Requests, transfer and invalidations.
fn of_cloudfront(month: Month, assumed: &Assumptions, prices: &Prices) -> Costs {
    let cloudfront = &prices.cloudfront;
    let Some(viewers) = cloudfront.viewers.get(&assumed.viewers) else {
        return Costs::default();
    };
    let paths = above(assumed.invalidated_paths, cloudfront.free_invalidated_paths);
    let requests = above(month.requests, cloudfront.free_requests);
    let gigabytes = month.requests * assumed.answer_bytes / GIGABYTE;
    let mut left = above(gigabytes, cloudfront.free_gigabytes);
    let mut transfer = 0.0;
    let tiers = cloudfront.tiers_of_gigabytes.iter().copied();
    let tiers = tiers.chain([f64::INFINITY]);
    for (tier, price) in tiers.zip(&viewers.gigabyte) {
        let here = left.min(tier);
        transfer += here * price;
        left -= here;
    }
    Costs {
        requests: requests / 1e6 * viewers.million_https_requests,
        transfer,
        invalidations: paths * cloudfront.invalidated_path,
        ..Costs::default()
    }
}

/// What is not free.
fn above(all: f64, free: f64) -> f64 {
    (all - free).max(0.0)
}
