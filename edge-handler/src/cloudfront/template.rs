//! A CloudFormation template as far as CloudFront acts on it.
//!
//! In: the template's JSON. Out: the behaviours of its one distribution, or [`Refusal`]. Absent: every other resource; a
//! setting that the model does not follow is an error, so that no run is about another distribution than the template's.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::behaviour::{AtOrigin, AtViewer, Behaviour, Origin, PathPattern, ViewerProtocol};
use super::policy::{
    CachePolicy, Encodings, OriginHeaders, OriginKind, OriginRequestPolicy, Selection,
};
use super::refusal::Refusal;

/// What a template says of its distribution.
#[derive(Debug)]
pub(super) struct Read {
    /// The behaviours in order; the last is the default, which is for every path.
    pub behaviours: Vec<Behaviour>,
    /// What takes the place of `/`.
    pub root_object: Option<String>,
    /// The least seconds that an error is kept, by status: `custom-error-pages-expiration`.
    pub error_ttls: BTreeMap<u16, u64>,
}

/// The policies of `template`, each checked.
///
/// # Errors
/// CloudFront would refuse one of them.
pub(super) fn check_policies(template: &Value) -> Result<(), Refusal> {
    let bucket = of_type(template, "AWS::CloudFront::OriginAccessControl").next();
    let kind = if bucket.is_some() {
        OriginKind::Bucket
    } else {
        OriginKind::Custom
    };
    for (_, properties) in of_type(template, "AWS::CloudFront::CachePolicy") {
        cache_policy(properties)?.check(kind)?;
    }
    for (_, properties) in of_type(template, "AWS::CloudFront::OriginRequestPolicy") {
        origin_request_policy(properties)?.check()?;
    }
    Ok(())
}

/// Reads the one distribution of `template`.
///
/// # Errors
/// There is none, CloudFront would refuse it, or it has what the model does not follow.
pub(super) fn read(template: &Value) -> Result<Read, Refusal> {
    let mut found = of_type(template, "AWS::CloudFront::Distribution");
    let (Some((name, properties)), None) = (found.next(), found.next()) else {
        return Err(form("a template has one distribution"));
    };
    let config: DistributionConfig = typed(name, &properties["DistributionConfig"])?;
    let mut behaviours = Vec::new();
    for one in config
        .cache_behaviors
        .iter()
        .chain([&config.default_cache_behavior])
    {
        behaviours.push(behaviour(template, &config, one)?);
    }
    let errors = config.custom_error_responses.iter();
    Ok(Read {
        behaviours,
        root_object: config.default_root_object.filter(|name| !name.is_empty()),
        error_ttls: errors
            .map(|error| (error.error_code, error.error_caching_min_ttl))
            .collect(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DistributionConfig {
    #[expect(dead_code, reason = "a distribution that is off answers nobody")]
    enabled: bool,
    #[serde(default)]
    #[expect(dead_code, reason = "viewers say themselves which protocol they speak")]
    http_version: Value,
    #[serde(default, rename = "IPV6Enabled")]
    #[expect(dead_code, reason = "viewers say themselves which address they have")]
    ipv6_enabled: Value,
    #[serde(default)]
    #[expect(dead_code, reason = "a text for people")]
    comment: Value,
    #[serde(default)]
    #[expect(
        dead_code,
        reason = "the model takes every host for a name of the distribution"
    )]
    aliases: Value,
    #[serde(default)]
    #[expect(dead_code, reason = "the model has no connections")]
    viewer_certificate: Value,
    #[serde(default)]
    #[expect(dead_code, reason = "the model has one place")]
    price_class: Value,
    #[serde(default, rename = "WebACLId")]
    #[expect(dead_code, reason = "none unless it is chosen")]
    web_acl_id: UnlessChosen,
    #[serde(default)]
    #[expect(dead_code, reason = "a log changes no answer")]
    logging: Value,
    origins: Vec<Value>,
    default_cache_behavior: CacheBehavior,
    #[serde(default)]
    cache_behaviors: Vec<CacheBehavior>,
    default_root_object: Option<String>,
    #[serde(default)]
    custom_error_responses: Vec<CustomErrorResponse>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CacheBehavior {
    #[serde(default = "every_path")]
    path_pattern: String,
    target_origin_id: String,
    viewer_protocol_policy: String,
    #[serde(default = "get_and_head")]
    allowed_methods: Vec<String>,
    #[serde(default = "get_and_head")]
    cached_methods: Vec<String>,
    cache_policy_id: Value,
    origin_request_policy_id: Option<Value>,
    #[serde(default)]
    lambda_function_associations: Vec<Association>,
    #[serde(default)]
    function_associations: Vec<Association>,
    #[serde(default)]
    #[expect(dead_code, reason = "the model compresses nothing")]
    compress: Value,
    #[serde(default)]
    #[expect(dead_code, reason = "none unless it is chosen")]
    response_headers_policy_id: UnlessChosen,
}

/// A setting that the model does not follow: the template may leave it to whoever makes the stack (`Fn::If`), and the model
/// is of a stack without it.
#[derive(Default, Deserialize)]
#[serde(try_from = "Value")]
struct UnlessChosen;

impl TryFrom<Value> for UnlessChosen {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        if value.get("Fn::If").is_some() {
            return Ok(Self);
        }
        Err(format!("the model does not follow {value}"))
    }
}

fn every_path() -> String {
    "*".to_owned()
}

/// What a behaviour allows and keeps where it does not say.
fn get_and_head() -> Vec<String> {
    ["GET", "HEAD"].map(str::to_owned).to_vec()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Association {
    event_type: String,
    #[serde(default, rename = "FunctionARN")]
    function: Value,
}

/// How long an error is kept. A page for it would be a request of its own, which the model does not make.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CustomErrorResponse {
    error_code: u16,
    #[serde(rename = "ErrorCachingMinTTL")]
    error_caching_min_ttl: u64,
}

fn behaviour(
    template: &Value,
    config: &DistributionConfig,
    read: &CacheBehavior,
) -> Result<Behaviour, Refusal> {
    let mut origins = config.origins.iter();
    let origin = origins.find(|origin| origin["Id"] == json!(read.target_origin_id));
    let origin =
        origin.ok_or_else(|| form(&format!("no origin is called {}", read.target_origin_id)))?;
    let origin = self::origin(origin);
    let cache = cache_policy(named(template, &read.cache_policy_id)?)?;
    cache.check(origin.kind)?;
    let forward = match &read.origin_request_policy_id {
        Some(id) => origin_request_policy(named(template, id)?)?,
        None => OriginRequestPolicy {
            headers: OriginHeaders::None,
            cookies: Selection::None,
            query: Selection::None,
        },
    };
    forward.check()?;
    Ok(Behaviour {
        pattern: PathPattern::new(&read.path_pattern),
        origin,
        viewer_protocol: viewer_protocol(&read.viewer_protocol_policy)?,
        allowed: read.allowed_methods.clone(),
        cached: read.cached_methods.clone(),
        cache,
        forward,
        at_viewer: at_viewer(template, read)?,
        at_origin: at_origin(read)?,
    })
}

fn at_viewer(template: &Value, read: &CacheBehavior) -> Result<AtViewer, Refusal> {
    let is_viewer = |one: &&Association| one.event_type.starts_with("viewer-");
    let edge = read.lambda_function_associations.iter().find(is_viewer);
    let function = read.function_associations.iter().find(is_viewer);
    match (edge, function) {
        (Some(_), Some(_)) => Err(Refusal::TwoViewerFunctions),
        (None, None) => Ok(AtViewer::Nothing),
        (Some(one), None) if one.event_type == "viewer-request" => Ok(AtViewer::EdgeFunction),
        (None, Some(one)) if one.event_type == "viewer-request" => {
            let code = &named(template, &one.function)?["FunctionCode"];
            let code = code
                .as_str()
                .ok_or_else(|| form("a function has its code as a text"))?;
            Ok(AtViewer::Function(code.to_owned()))
        }
        (Some(one), None) | (None, Some(one)) => Err(not_followed(&one.event_type)),
    }
}

fn at_origin(read: &CacheBehavior) -> Result<AtOrigin, Refusal> {
    let mut found = AtOrigin::Nothing;
    for one in &read.lambda_function_associations {
        match one.event_type.as_str() {
            "viewer-request" => {}
            "origin-request" => found = AtOrigin::EdgeFunction,
            other => return Err(not_followed(other)),
        }
    }
    Ok(found)
}

fn viewer_protocol(text: &str) -> Result<ViewerProtocol, Refusal> {
    match text {
        "allow-all" => Ok(ViewerProtocol::AllowAll),
        "redirect-to-https" => Ok(ViewerProtocol::RedirectToHttps),
        "https-only" => Ok(ViewerProtocol::HttpsOnly),
        _ => Err(not_followed(text)),
    }
}

fn origin(origin: &Value) -> Origin {
    let domain = &origin["DomainName"];
    // A parameter has no value before the stack is made: its name stands for it.
    let domain = domain.as_str().or_else(|| domain["Ref"].as_str());
    let domain = domain.unwrap_or("origin").to_ascii_lowercase();
    if origin["S3OriginConfig"].is_object() {
        let event = json!({ "s3": {
            "authMethod": "none", "customHeaders": {}, "domainName": domain, "path": "", "region": "us-east-1",
        } });
        return Origin {
            kind: OriginKind::Bucket,
            domain,
            event,
        };
    }
    let event = json!({ "custom": {
        "customHeaders": {}, "domainName": domain, "keepaliveTimeout": 5, "path": "", "port": 443,
        "protocol": "https", "readTimeout": 30, "sslProtocols": ["TLSv1.2"],
    } });
    Origin {
        kind: OriginKind::Custom,
        domain,
        event,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CachePolicyConfig {
    #[expect(dead_code, reason = "a text for people")]
    name: Value,
    #[serde(default)]
    #[expect(dead_code, reason = "a text for people")]
    comment: Value,
    #[serde(rename = "MinTTL")]
    min_ttl: u64,
    #[serde(rename = "DefaultTTL")]
    default_ttl: u64,
    #[serde(rename = "MaxTTL")]
    max_ttl: u64,
    parameters_in_cache_key_and_forwarded_to_origin: Parameters,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Parameters {
    #[serde(default)]
    enable_accept_encoding_gzip: bool,
    #[serde(default)]
    enable_accept_encoding_brotli: bool,
    headers_config: HeadersConfig,
    cookies_config: CookiesConfig,
    query_strings_config: QueryStringsConfig,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct OriginRequestPolicyConfig {
    #[expect(dead_code, reason = "a text for people")]
    name: Value,
    #[serde(default)]
    #[expect(dead_code, reason = "a text for people")]
    comment: Value,
    headers_config: HeadersConfig,
    cookies_config: CookiesConfig,
    query_strings_config: QueryStringsConfig,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct HeadersConfig {
    header_behavior: String,
    #[serde(default)]
    headers: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CookiesConfig {
    cookie_behavior: String,
    #[serde(default)]
    cookies: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct QueryStringsConfig {
    query_string_behavior: String,
    #[serde(default)]
    query_strings: Vec<String>,
}

fn cache_policy(properties: &Value) -> Result<CachePolicy, Refusal> {
    let config: CachePolicyConfig = typed("a cache policy", &properties["CachePolicyConfig"])?;
    let parameters = config.parameters_in_cache_key_and_forwarded_to_origin;
    let headers = parameters.headers_config;
    let headers = match headers.header_behavior.as_str() {
        "none" => Vec::new(),
        "whitelist" => headers.headers,
        other => return Err(not_followed(other)),
    };
    Ok(CachePolicy {
        min_ttl: config.min_ttl,
        default_ttl: config.default_ttl,
        max_ttl: config.max_ttl,
        headers,
        cookies: cookies(parameters.cookies_config)?,
        query: query(parameters.query_strings_config)?,
        encodings: Encodings {
            gzip: parameters.enable_accept_encoding_gzip,
            brotli: parameters.enable_accept_encoding_brotli,
        },
    })
}

fn origin_request_policy(properties: &Value) -> Result<OriginRequestPolicy, Refusal> {
    let config = &properties["OriginRequestPolicyConfig"];
    let config: OriginRequestPolicyConfig = typed("an origin request policy", config)?;
    let HeadersConfig {
        header_behavior,
        headers,
    } = config.headers_config;
    Ok(OriginRequestPolicy {
        headers: match header_behavior.as_str() {
            "none" => OriginHeaders::None,
            "whitelist" => OriginHeaders::Only(headers),
            "allViewer" => OriginHeaders::AllViewer,
            "allViewerAndWhitelistCloudFront" => OriginHeaders::AllViewerAnd(headers),
            "allExcept" => OriginHeaders::AllExcept(headers),
            other => return Err(not_followed(other)),
        },
        cookies: cookies(config.cookies_config)?,
        query: query(config.query_strings_config)?,
    })
}

fn cookies(config: CookiesConfig) -> Result<Selection, Refusal> {
    selection(&config.cookie_behavior, config.cookies)
}

fn query(config: QueryStringsConfig) -> Result<Selection, Refusal> {
    selection(&config.query_string_behavior, config.query_strings)
}

fn selection(behaviour: &str, names: Vec<String>) -> Result<Selection, Refusal> {
    match behaviour {
        "none" => Ok(Selection::None),
        "all" => Ok(Selection::All),
        "whitelist" => Ok(Selection::Only(names)),
        "allExcept" => Ok(Selection::AllExcept(names)),
        other => Err(not_followed(other)),
    }
}

/// The resources of a type: name and properties.
fn of_type<'a>(template: &'a Value, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let resources = template["Resources"].as_object().into_iter().flatten();
    let found = resources.filter(move |(_, resource)| resource["Type"] == kind);
    found.map(|(name, resource)| (name.as_str(), &resource["Properties"]))
}

/// The properties of the resource that `Ref` or `Fn::GetAtt` names.
fn named<'a>(template: &'a Value, reference: &Value) -> Result<&'a Value, Refusal> {
    let name = reference["Ref"]
        .as_str()
        .or_else(|| reference["Fn::GetAtt"][0].as_str());
    let name =
        name.ok_or_else(|| form(&format!("the model looks for {reference} in the template")))?;
    let resource = &template["Resources"][name];
    if resource.is_null() {
        return Err(form(&format!("the template has no resource {name}")));
    }
    Ok(&resource["Properties"])
}

fn typed<T: DeserializeOwned>(what: &str, value: &Value) -> Result<T, Refusal> {
    T::deserialize(value).map_err(|error| form(&format!("{what}: {error}")))
}

fn not_followed(what: &str) -> Refusal {
    form(&format!("the model of CloudFront does not follow {what}"))
}

fn form(what: &str) -> Refusal {
    Refusal::Form(what.to_owned())
}
