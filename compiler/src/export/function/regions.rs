//! The Regions in which CloudFront runs functions, and the replica each reads.
//!
//! In: Regions that hold the table. Out: the rule for `edgewright.json`. Absent: measuring; near is
//! what lies on the same continent, then what is nearest over the usual cables.

use serde_json::{Value, json};

use super::error::FunctionError;

/// Where the function runs, from "Set up IAM permissions and roles for Lambda@Edge"; and for each,
/// the others by distance.
const NEAREST: [(&str, &str); 13] = [
    (
        "us-east-1",
        "us-east-2 us-west-2 us-west-1 eu-west-1 eu-west-2 eu-central-1 sa-east-1",
    ),
    (
        "us-east-2",
        "us-east-1 us-west-2 us-west-1 eu-west-1 eu-west-2 eu-central-1 sa-east-1",
    ),
    (
        "us-west-1",
        "us-west-2 us-east-2 us-east-1 ap-northeast-1 eu-west-1",
    ),
    (
        "us-west-2",
        "us-west-1 us-east-2 us-east-1 ap-northeast-1 eu-west-1",
    ),
    (
        "ap-south-1",
        "ap-southeast-1 eu-central-1 eu-west-2 eu-west-1 ap-northeast-1",
    ),
    (
        "ap-northeast-1",
        "ap-northeast-2 ap-southeast-1 ap-southeast-2 us-west-2 us-west-1",
    ),
    (
        "ap-northeast-2",
        "ap-northeast-1 ap-southeast-1 ap-southeast-2 us-west-2 us-west-1",
    ),
    (
        "ap-southeast-1",
        "ap-south-1 ap-northeast-1 ap-northeast-2 ap-southeast-2 us-west-2",
    ),
    (
        "ap-southeast-2",
        "ap-southeast-1 ap-northeast-1 ap-northeast-2 us-west-2 us-west-1",
    ),
    ("eu-central-1", "eu-west-2 eu-west-1 us-east-1 us-east-2"),
    ("eu-west-1", "eu-west-2 eu-central-1 us-east-1 us-east-2"),
    ("eu-west-2", "eu-west-1 eu-central-1 us-east-1 us-east-2"),
    ("sa-east-1", "us-east-1 us-east-2 us-west-2 us-west-1"),
];

/// The Region of the stack: CloudFront takes functions from there only.
pub const HOME: &str = "us-east-1";

/// The Regions in which CloudFront runs functions.
#[cfg(test)]
pub fn running() -> impl Iterator<Item = &'static str> {
    NEAREST.iter().map(|(region, _)| *region)
}

/// The Regions given, or [`HOME`]; each once.
///
/// # Errors
/// One of them is not a Region's name.
pub fn chosen(given: &[String]) -> Result<Vec<&str>, FunctionError> {
    if given.is_empty() {
        return Ok(vec![HOME]);
    }
    let mut regions: Vec<&str> = Vec::new();
    for region in given {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if region.split('-').count() < 3 || !region.bytes().all(plain) {
            return Err(FunctionError::Option {
                name: "--region",
                text: region.clone(),
                why: "a Region is called like eu-west-1",
            });
        }
        if !regions.contains(&region.as_str()) {
            regions.push(region);
        }
    }
    Ok(regions)
}

/// The Regions of a table that its own stack makes, from these: a global table has a replica in the stack's own Region, where
/// it is written.
pub fn with_home<'r>(chosen: &[&'r str]) -> impl Iterator<Item = &'r str> {
    let others = chosen.iter().copied();
    let home = (!chosen.contains(&HOME)).then_some(HOME);
    home.into_iter().chain(others)
}

/// Which replica is read where: one name, or one for each Region the function runs in.
///
/// # Errors
/// As [`chosen`].
pub fn rule(given: &[String]) -> Result<Value, FunctionError> {
    let replicas = chosen(given)?;
    let first = replicas.first().copied().unwrap_or(HOME);
    if replicas.len() == 1 {
        return Ok(json!(first));
    }
    let mut rule = json!({ "otherwise": first });
    for (running, others) in NEAREST {
        let mut by_distance = std::iter::once(running).chain(others.split(' '));
        let nearest = by_distance.find(|region| replicas.contains(region));
        if let Some(nearest) = nearest
            && nearest != first
        {
            rule[running] = json!(nearest);
        }
    }
    Ok(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: &[&str], expected: &str) {
        let given: Vec<String> = given.iter().copied().map(str::to_owned).collect();
        let shown = match rule(&given) {
            Ok(rule) => rule.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn one_replica_is_read_from_everywhere() {
        check(&[], r#""us-east-1""#);
        check(&["eu-west-1", "eu-west-1"], r#""eu-west-1""#);
    }

    #[test]
    fn of_several_the_nearest_is_read() {
        check(
            &["us-east-1", "eu-west-1"],
            r#"{"otherwise":"us-east-1","ap-south-1":"eu-west-1","eu-central-1":"eu-west-1","eu-west-1":"eu-west-1","eu-west-2":"eu-west-1"}"#,
        );
    }

    #[test]
    fn what_is_no_region_is_refused() {
        check(
            &["Europe"],
            "--region Europe: a Region is called like eu-west-1",
        );
    }

    #[test]
    fn only_regions_of_the_list_are_near() {
        for (_, others) in NEAREST {
            for other in others.split(' ') {
                assert!(
                    NEAREST.iter().any(|(region, _)| *region == other),
                    "{other}"
                );
            }
        }
    }
}
