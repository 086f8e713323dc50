//! What whoever deploys a stack has to be allowed.
//!
//! In: a [`Stack`]. Out: [`permissions`]: a policy document for IAM, which stands beside the template as `….permissions.json`.
//! Absent: CloudFormation itself, the bucket with the zip file, and what the function may do; its role is in the template.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::error::FunctionError;
use super::options::Distribution;
use super::stack::{CodeHash, Stack};
use super::terraform::Kind;

/// The names of what CloudFormation makes begin with the stack's, and `package` prints this one.
const NAMES: &str = "edgewright*";

/// What each service has to allow, for one stack.
#[derive(Default)]
struct Needs {
    lambda: BTreeSet<&'static str>,
    iam: BTreeSet<&'static str>,
    cloudfront: BTreeSet<&'static str>,
    dynamodb: BTreeSet<&'static str>,
}

/// The policy document.
///
/// # Errors
/// As [`Stack::template`] and [`Stack::table_template`].
pub fn permissions(stack: &Stack) -> Result<Value, FunctionError> {
    let mut needs = Needs::default();
    let function = stack.template(&CodeHash::of_nothing())?;
    let table = stack.table_template()?;
    for template in [Some(&function), table.as_ref()].into_iter().flatten() {
        let resources = template["Resources"].as_object().into_iter().flatten();
        let kinds = resources.filter_map(|(_, one)| one["Type"].as_str().and_then(Kind::of));
        kinds.for_each(|kind| needs.add(kind));
    }
    if stack.options().table.is_some() {
        needs.dynamodb.extend(TABLE_CONTENT);
    }
    match stack.options().distribution {
        Distribution::Own => {}
        Distribution::Elsewhere => needs.cloudfront.extend(ATTACH),
    }
    let table = stack.options().table.as_deref().unwrap_or_default();
    Ok(needs.into_json(table))
}

/// What `deploy`, `status`, `rollback` and `prune-generations` do.
const TABLE_CONTENT: [&str; 7] = [
    "dynamodb:BatchGetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Scan",
];

/// What `attach` and `detach` do.
const ATTACH: [&str; 4] = [
    "cloudfront:GetCachePolicy",
    "cloudfront:GetDistributionConfig",
    "cloudfront:GetOriginRequestPolicy",
    "cloudfront:UpdateDistribution",
];

impl Needs {
    /// What making, changing and removing a resource needs.
    fn add(&mut self, kind: Kind) {
        match kind {
            Kind::Role | Kind::Policy => self.iam.extend([
                "iam:CreateRole",
                "iam:DeleteRole",
                "iam:DeleteRolePolicy",
                "iam:GetRole",
                "iam:GetRolePolicy",
                "iam:PutRolePolicy",
            ]),
            Kind::Function | Kind::Version => self.lambda.extend([
                "lambda:CreateFunction",
                "lambda:DisableReplication*",
                "lambda:EnableReplication*",
                "lambda:GetFunction",
                "lambda:GetFunctionConfiguration",
                "lambda:ListVersionsByFunction",
                "lambda:PublishVersion",
                "lambda:UpdateFunctionCode",
                "lambda:UpdateFunctionConfiguration",
            ]),
            Kind::CachePolicy => self.cloudfront.extend(["cloudfront:*CachePolicy*"]),
            Kind::OriginRequestPolicy => {
                self.cloudfront.extend(["cloudfront:*OriginRequestPolicy*"]);
            }
            Kind::ViewerFunction => self.cloudfront.extend(["cloudfront:*Function*"]),
            Kind::OriginAccess => self.cloudfront.extend(["cloudfront:*OriginAccessControl*"]),
            Kind::Distribution => self.cloudfront.extend(["cloudfront:*Distribution*"]),
            Kind::Table => self.dynamodb.extend([
                "dynamodb:CreateTable",
                "dynamodb:CreateTableReplica",
                "dynamodb:Describe*",
                "dynamodb:ListTagsOfResource",
                "dynamodb:Query",
                "dynamodb:UpdateContinuousBackups",
                "dynamodb:UpdateTable",
            ]),
        }
    }

    fn into_json(self, table: &str) -> Value {
        let passed = json!({ "StringEquals": { "iam:PassedToService": "lambda.amazonaws.com" } });
        let mut statements = vec![
            allow(
                "Function",
                &self.lambda,
                &format!("arn:aws:lambda:us-east-1:*:function:{NAMES}"),
            ),
            allow("Role", &self.iam, &format!("arn:aws:iam::*:role/{NAMES}")),
            allow(
                "PassRole",
                &["iam:PassRole"].into(),
                &format!("arn:aws:iam::*:role/{NAMES}"),
            ),
            allow(
                "FirstTime",
                &["iam:CreateServiceLinkedRole"].into(),
                "arn:aws:iam::*:role/aws-service-role/*",
            ),
            allow("CloudFront", &self.cloudfront, "*"),
        ];
        statements[2]["Condition"] = passed;
        if !self.dynamodb.is_empty() {
            let table = format!("arn:aws:dynamodb:*:*:table/{table}");
            statements.push(allow("Table", &self.dynamodb, &table));
        }
        json!({ "Version": "2012-10-17", "Statement": statements })
    }
}

fn allow(id: &str, actions: &BTreeSet<&str>, resource: &str) -> Value {
    json!({ "Sid": id, "Effect": "Allow", "Action": actions, "Resource": resource })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use super::super::options::{FunctionOptions, Origin, TableStack};
    use super::super::stack::Dependence;
    use super::*;

    fn usual() -> FunctionOptions {
        FunctionOptions::default()
    }

    fn in_table() -> FunctionOptions {
        FunctionOptions {
            table: Some("moved".to_owned()),
            ..usual()
        }
    }

    /// Which of these actions a stack needs.
    #[track_caller]
    fn check(options: FunctionOptions, expected: &[&str]) {
        const ASKED: [&str; 7] = [
            "cloudfront:*CachePolicy*",
            "cloudfront:*Distribution*",
            "cloudfront:*Function*",
            "cloudfront:*OriginAccessControl*",
            "cloudfront:UpdateDistribution",
            "dynamodb:BatchWriteItem",
            "dynamodb:CreateTable",
        ];
        let shown = format!("{options:?}");
        let stack = Stack::new(options, Dependence::default()).unwrap();
        let document = permissions(&stack).unwrap();
        let statements = document["Statement"].as_array().unwrap();
        let actions = statements
            .iter()
            .flat_map(|one| one["Action"].as_array().unwrap());
        let actions: Vec<&str> = actions.map(|action| action.as_str().unwrap()).collect();
        let found = ASKED.iter().filter(|asked| actions.contains(asked));
        assert_eq!(found.copied().collect::<Vec<_>>(), expected, "{shown}");
        // Only CloudFront's names are not known beforehand, and no service is allowed as a whole.
        for statement in statements {
            let is_cloudfront = statement["Sid"] == "CloudFront";
            assert_eq!(statement["Resource"] == "*", is_cloudfront, "{statement}");
        }
        for action in &actions {
            assert!(!action.ends_with(":*"), "{action}");
        }
        let table = statements.iter().find(|one| one["Sid"] == "Table");
        let table = table.map(|one| one["Resource"].as_str().unwrap());
        let expected = stack.options().table.is_some();
        assert_eq!(
            table,
            expected.then_some("arn:aws:dynamodb:*:*:table/moved")
        );
    }

    #[test]
    fn a_stack_needs_what_it_has() {
        let own = ["cloudfront:*CachePolicy*", "cloudfront:*Distribution*"];
        check(usual(), &own);
        check(
            FunctionOptions {
                origin: Origin::Bucket,
                ..usual()
            },
            &[&own[..], &["cloudfront:*OriginAccessControl*"]].concat(),
        );
        check(
            FunctionOptions {
                distribution: Distribution::Elsewhere,
                ..usual()
            },
            &["cloudfront:*CachePolicy*", "cloudfront:UpdateDistribution"],
        );
        let content = ["dynamodb:BatchWriteItem"];
        check(
            in_table(),
            &[&own[..], &content, &["dynamodb:CreateTable"]].concat(),
        );
        check(
            FunctionOptions {
                table_stack: TableStack::Elsewhere,
                ..in_table()
            },
            &[own, ["dynamodb:BatchWriteItem"; 2]].concat()[..3],
        );
    }
}
