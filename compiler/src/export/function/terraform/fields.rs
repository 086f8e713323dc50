//! Which resource and which field of CloudFormation is which of Terraform's provider for AWS.
//!
//! In: names. Out: [`Kind`], [`Fields`]. Absent: values.

/// The provider that every resource uses.
pub(super) const ALIAS: &str = "aws.us_east_1";

/// The kinds of resources that the stack's templates have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::export::function) enum Kind {
    Role,
    Policy,
    Function,
    Version,
    CachePolicy,
    OriginRequestPolicy,
    ViewerFunction,
    OriginAccess,
    Distribution,
    Table,
}

impl Kind {
    /// The kind that CloudFormation calls so.
    pub(in crate::export::function) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "AWS::IAM::Role" => Self::Role,
            "AWS::IAM::Policy" => Self::Policy,
            "AWS::Lambda::Function" => Self::Function,
            "AWS::Lambda::Version" => Self::Version,
            "AWS::CloudFront::CachePolicy" => Self::CachePolicy,
            "AWS::CloudFront::OriginRequestPolicy" => Self::OriginRequestPolicy,
            "AWS::CloudFront::Function" => Self::ViewerFunction,
            "AWS::CloudFront::OriginAccessControl" => Self::OriginAccess,
            "AWS::CloudFront::Distribution" => Self::Distribution,
            "AWS::DynamoDB::GlobalTable" => Self::Table,
            _ => return None,
        })
    }

    /// What Terraform calls it.
    pub(super) fn resource(self) -> &'static str {
        match self {
            Self::Role => "aws_iam_role",
            Self::Policy => "aws_iam_role_policy",
            // A version is published by its function.
            Self::Function | Self::Version => "aws_lambda_function",
            Self::CachePolicy => "aws_cloudfront_cache_policy",
            Self::OriginRequestPolicy => "aws_cloudfront_origin_request_policy",
            Self::ViewerFunction => "aws_cloudfront_function",
            Self::OriginAccess => "aws_cloudfront_origin_access_control",
            Self::Distribution => "aws_cloudfront_distribution",
            Self::Table => "aws_dynamodb_table",
        }
    }

    /// The attribute that holds what CloudFormation's `Ref` gives.
    pub(super) fn reference(self) -> Option<&'static str> {
        match self {
            Self::Role | Self::Table => Some("name"),
            Self::Function => Some("function_name"),
            Self::Version => Some("qualified_arn"),
            Self::CachePolicy | Self::OriginRequestPolicy | Self::Distribution => Some("id"),
            Self::Policy | Self::ViewerFunction | Self::OriginAccess => None,
        }
    }

    /// The attribute that holds what CloudFormation's `Fn::GetAtt` gives.
    pub(super) fn attribute(self, wanted: &str) -> Option<&'static str> {
        match (self, wanted) {
            (Self::Role, "Arn") | (Self::ViewerFunction, "FunctionARN") => Some("arn"),
            (Self::OriginAccess, "Id") => Some("id"),
            (Self::Distribution, "DomainName") => Some("domain_name"),
            _ => None,
        }
    }

    /// What becomes of its properties.
    pub(super) fn properties(self) -> &'static Fields {
        match self {
            Self::Role => &ROLE,
            Self::Policy => &POLICY,
            Self::Function => &FUNCTION,
            Self::Version => &VERSION,
            Self::CachePolicy => &CACHE_POLICY,
            Self::OriginRequestPolicy => &ORIGIN_REQUEST_POLICY,
            Self::ViewerFunction => &VIEWER_FUNCTION,
            Self::OriginAccess => &ORIGIN_ACCESS,
            Self::Distribution => &DISTRIBUTION,
            Self::Table => &TABLE,
        }
    }

    /// What keeps such a resource when everything else is removed, as `DeletionPolicy: Retain` does.
    pub(super) fn retained(self) -> Option<&'static str> {
        match self {
            Self::Function | Self::Version => Some(r#"{"skip_destroy": true}"#),
            Self::Table => Some(r#"{"deletion_protection_enabled": "${var.protect_table}"}"#),
            Self::Role
            | Self::Policy
            | Self::CachePolicy
            | Self::OriginRequestPolicy
            | Self::ViewerFunction
            | Self::OriginAccess
            | Self::Distribution => None,
        }
    }
}

/// What becomes of the fields of an object.
pub(super) struct Fields {
    pub(super) known: &'static [(&'static str, Becomes)],
    /// What Terraform wants besides, as JSON: CloudFormation's defaults in words.
    pub(super) besides: &'static str,
}

/// What becomes of a field.
pub(super) enum Becomes {
    /// An attribute.
    Attribute(&'static str),
    /// An attribute whose value is the one in a list.
    OnlyOf(&'static str),
    /// An attribute that holds a document of JSON as text.
    Document(&'static str),
    /// A block.
    Block(&'static str, &'static Fields),
    /// A block for each in a list.
    Blocks(&'static str, &'static Fields),
    /// A block that holds a list as its `items`.
    Items(&'static str),
    /// Fields of the object around it.
    Inline(&'static Fields),
    /// Nothing, as long as it is this, in JSON: Terraform means it by leaving the field out.
    Nothing(&'static str),
    /// Resources of their own, for each policy in a list.
    Policies,
    /// The replicas of a table, of which the one at home is the table itself.
    Replicas,
}

use Becomes::{
    Attribute, Block, Blocks, Document, Inline, Items, Nothing, OnlyOf, Policies, Replicas,
};

const fn fields(known: &'static [(&'static str, Becomes)]) -> Fields {
    Fields {
        known,
        besides: "{}",
    }
}

static ROLE: Fields = fields(&[
    ("AssumeRolePolicyDocument", Document("assume_role_policy")),
    ("Policies", Policies),
]);

static POLICY: Fields = fields(&[
    ("PolicyName", Attribute("name")),
    ("Roles", OnlyOf("role")),
    ("PolicyDocument", Document("policy")),
]);

/// The bucket is CloudFormation's way to the zip file; Terraform reads it from the disk.
static FUNCTION: Fields = Fields {
    known: &[
        ("Runtime", Attribute("runtime")),
        ("Architectures", Attribute("architectures")),
        ("Handler", Attribute("handler")),
        ("MemorySize", Attribute("memory_size")),
        ("Timeout", Attribute("timeout")),
        ("Role", Attribute("role")),
        (
            "Code",
            Nothing(r#"{"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": {"Ref": "CodeKey"}}"#),
        ),
    ],
    besides: r#"{
        "function_name": "${var.name}",
        "filename": "${local.zip_file}",
        "source_code_hash": "${filebase64sha256(local.zip_file)}"
    }"#,
};

static VERSION: Fields = Fields {
    known: &[("FunctionName", Nothing(r#"{"Ref": "Function"}"#))],
    besides: r#"{"publish": true}"#,
};

static HEADERS: Fields = fields(&[
    ("HeaderBehavior", Attribute("header_behavior")),
    ("Headers", Items("headers")),
]);
static COOKIES: Fields = fields(&[("CookieBehavior", Attribute("cookie_behavior"))]);
static QUERIES: Fields = fields(&[("QueryStringBehavior", Attribute("query_string_behavior"))]);

static KEY: Fields = fields(&[
    (
        "EnableAcceptEncodingGzip",
        Attribute("enable_accept_encoding_gzip"),
    ),
    (
        "EnableAcceptEncodingBrotli",
        Attribute("enable_accept_encoding_brotli"),
    ),
    ("HeadersConfig", Block("headers_config", &HEADERS)),
    ("CookiesConfig", Block("cookies_config", &COOKIES)),
    (
        "QueryStringsConfig",
        Block("query_strings_config", &QUERIES),
    ),
]);

static CACHE_POLICY: Fields = fields(&[("CachePolicyConfig", Inline(&CACHE_POLICY_CONFIG))]);
static CACHE_POLICY_CONFIG: Fields = fields(&[
    ("Name", Attribute("name")),
    ("Comment", Attribute("comment")),
    ("MinTTL", Attribute("min_ttl")),
    ("DefaultTTL", Attribute("default_ttl")),
    ("MaxTTL", Attribute("max_ttl")),
    (
        "ParametersInCacheKeyAndForwardedToOrigin",
        Block("parameters_in_cache_key_and_forwarded_to_origin", &KEY),
    ),
]);

static ORIGIN_REQUEST_POLICY: Fields = fields(&[(
    "OriginRequestPolicyConfig",
    Inline(&ORIGIN_REQUEST_POLICY_CONFIG),
)]);
static ORIGIN_REQUEST_POLICY_CONFIG: Fields = fields(&[
    ("Name", Attribute("name")),
    ("Comment", Attribute("comment")),
    ("HeadersConfig", Block("headers_config", &HEADERS)),
    ("CookiesConfig", Block("cookies_config", &COOKIES)),
    (
        "QueryStringsConfig",
        Block("query_strings_config", &QUERIES),
    ),
]);

static VIEWER_FUNCTION: Fields = fields(&[
    ("Name", Attribute("name")),
    ("AutoPublish", Attribute("publish")),
    ("FunctionCode", Attribute("code")),
    (
        "FunctionConfig",
        Inline(&fields(&[
            ("Comment", Attribute("comment")),
            ("Runtime", Attribute("runtime")),
        ])),
    ),
]);

static ORIGIN_ACCESS: Fields = fields(&[(
    "OriginAccessControlConfig",
    Inline(&fields(&[
        ("Name", Attribute("name")),
        (
            "OriginAccessControlOriginType",
            Attribute("origin_access_control_origin_type"),
        ),
        ("SigningBehavior", Attribute("signing_behavior")),
        ("SigningProtocol", Attribute("signing_protocol")),
    ])),
)]);

static DISTRIBUTION: Fields = fields(&[("DistributionConfig", Inline(&DISTRIBUTION_CONFIG))]);
static DISTRIBUTION_CONFIG: Fields = Fields {
    known: &[
        ("Enabled", Attribute("enabled")),
        ("Aliases", Attribute("aliases")),
        ("HttpVersion", Attribute("http_version")),
        ("IPV6Enabled", Attribute("is_ipv6_enabled")),
        ("PriceClass", Attribute("price_class")),
        ("WebACLId", Attribute("web_acl_id")),
        (
            "Logging",
            Block(
                "logging_config",
                &fields(&[("Bucket", Attribute("bucket"))]),
            ),
        ),
        ("Comment", Attribute("comment")),
        ("Origins", Blocks("origin", &ORIGIN)),
        (
            "DefaultCacheBehavior",
            Block("default_cache_behavior", &BEHAVIOUR),
        ),
        (
            "ViewerCertificate",
            Block("viewer_certificate", &CERTIFICATE),
        ),
    ],
    besides: r#"{"restrictions": {"geo_restriction": {"restriction_type": "none"}}}"#,
};

static ORIGIN: Fields = fields(&[
    ("Id", Attribute("origin_id")),
    ("DomainName", Attribute("domain_name")),
    (
        "OriginAccessControlId",
        Attribute("origin_access_control_id"),
    ),
    // An origin without a block of its own is a bucket.
    ("S3OriginConfig", Nothing(r#"{"OriginAccessIdentity": ""}"#)),
    (
        "CustomOriginConfig",
        Block("custom_origin_config", &CUSTOM_ORIGIN),
    ),
]);

static CUSTOM_ORIGIN: Fields = Fields {
    known: &[
        ("OriginProtocolPolicy", Attribute("origin_protocol_policy")),
        ("OriginSSLProtocols", Attribute("origin_ssl_protocols")),
    ],
    besides: r#"{"http_port": 80, "https_port": 443}"#,
};

static BEHAVIOUR: Fields = Fields {
    known: &[
        ("TargetOriginId", Attribute("target_origin_id")),
        ("ViewerProtocolPolicy", Attribute("viewer_protocol_policy")),
        ("AllowedMethods", Attribute("allowed_methods")),
        ("Compress", Attribute("compress")),
        ("CachePolicyId", Attribute("cache_policy_id")),
        (
            "OriginRequestPolicyId",
            Attribute("origin_request_policy_id"),
        ),
        (
            "ResponseHeadersPolicyId",
            Attribute("response_headers_policy_id"),
        ),
        (
            "LambdaFunctionAssociations",
            Blocks(
                "lambda_function_association",
                &fields(&[
                    ("EventType", Attribute("event_type")),
                    ("LambdaFunctionARN", Attribute("lambda_arn")),
                    ("IncludeBody", Attribute("include_body")),
                ]),
            ),
        ),
        (
            "FunctionAssociations",
            Blocks(
                "function_association",
                &fields(&[
                    ("EventType", Attribute("event_type")),
                    ("FunctionARN", Attribute("function_arn")),
                ]),
            ),
        ),
    ],
    besides: r#"{"cached_methods": ["GET", "HEAD"]}"#,
};

static CERTIFICATE: Fields = fields(&[
    ("AcmCertificateArn", Attribute("acm_certificate_arn")),
    ("SslSupportMethod", Attribute("ssl_support_method")),
    (
        "MinimumProtocolVersion",
        Attribute("minimum_protocol_version"),
    ),
    (
        "CloudFrontDefaultCertificate",
        Attribute("cloudfront_default_certificate"),
    ),
]);

static TABLE: Fields = Fields {
    known: &[
        ("TableName", Attribute("name")),
        ("BillingMode", Attribute("billing_mode")),
        (
            "AttributeDefinitions",
            Blocks(
                "attribute",
                &fields(&[
                    ("AttributeName", Attribute("name")),
                    ("AttributeType", Attribute("type")),
                ]),
            ),
        ),
        (
            "KeySchema",
            Nothing(r#"[{"AttributeName": "pk", "KeyType": "HASH"}]"#),
        ),
        ("Replicas", Replicas),
        (
            "StreamSpecification",
            Inline(&Fields {
                known: &[("StreamViewType", Attribute("stream_view_type"))],
                besides: r#"{"stream_enabled": true}"#,
            }),
        ),
    ],
    besides: r#"{"hash_key": "pk"}"#,
};

/// A replica: `true` of a block is an attribute of it.
pub(super) static REPLICA: Fields = fields(&[
    ("Region", Attribute("region_name")),
    (
        "PointInTimeRecoverySpecification",
        Inline(&fields(&[(
            "PointInTimeRecoveryEnabled",
            Attribute("point_in_time_recovery"),
        )])),
    ),
]);

/// What the replica at home says of the table itself.
pub(super) static AT_HOME: Fields = fields(&[
    ("Region", Nothing(r#""us-east-1""#)),
    (
        "PointInTimeRecoverySpecification",
        Block(
            "point_in_time_recovery",
            &fields(&[("PointInTimeRecoveryEnabled", Attribute("enabled"))]),
        ),
    ),
]);
