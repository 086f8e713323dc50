//! The stack of a function: what it depends on, what somebody chose, and what follows from both.
//!
//! In: a [`Dependence`], [`FunctionOptions`], functions of the user's own. Out: [`Stack`]: the trigger, the function's
//! settings, the function in front of the cache, the template. Absent: the zip file, which gives a [`CodeHash`].

use std::collections::BTreeMap;

use edgewright_engine::lambda::configuration::Configuration;
use edgewright_engine::model::site::Site;
use edgewright_engine::model::trigger::Trigger;
use serde_json::Value;

use super::error::FunctionError;
use super::inputs::read_by;
use super::options::{FunctionOptions, Ignored};
use super::own_function::OwnFunctions;
use super::viewer_function::{self, ViewerFunction};
use super::{settings, template};
use crate::class::ViewerClass;
use crate::compile::Compilation;
use crate::export::manifest::{Manifest, Readers};
use crate::export::proxied::Server;
use crate::inputs::{Input, Inputs};

/// What the answers of a build depend on, as far as its stack does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dependence {
    /// The parts of a request that can change an answer, each with the lines that read it.
    pub inputs: BTreeMap<Input, Readers>,
    /// What viewers are told apart by at origin-request, where that helps.
    pub viewer_class: Option<ViewerClass>,
    /// The servers that rules proxy to, each with the lines that name it.
    pub proxied: BTreeMap<Server, Readers>,
}

impl From<Manifest> for Dependence {
    fn from(manifest: Manifest) -> Self {
        Self {
            inputs: manifest.inputs,
            viewer_class: manifest.viewer_class,
            proxied: manifest.proxied,
        }
    }
}

impl Dependence {
    /// What the compiler found; without the lines, and without servers.
    pub fn of_compilation(compilation: &Compilation) -> Self {
        Self::unread(&compilation.inputs, compilation.viewer_class.clone())
    }

    /// What the answers of a site depend on; without the lines, and without servers.
    pub fn of_site(site: &Site) -> Self {
        Self::unread(&Inputs::of(site), ViewerClass::of(site))
    }

    /// Without who reads the inputs.
    fn unread(inputs: &Inputs, viewer_class: Option<ViewerClass>) -> Self {
        let inputs = inputs.iter().map(|(input, _)| input.clone());
        Self {
            inputs: inputs.map(|input| (input, Readers::default())).collect(),
            viewer_class,
            proxied: BTreeMap::new(),
        }
    }

    /// Where CloudFront calls the function when nobody says.
    pub fn trigger(&self) -> Trigger {
        ViewerClass::trigger(self.viewer_class.as_ref(), self.inputs.keys())
    }

    /// The inputs that forbid keeping answers, with the lines that read them.
    fn uncacheable(&self) -> impl Iterator<Item = (&Input, &Readers)> {
        let is_raw = |input: &Input| {
            let class = self.viewer_class.as_ref();
            class.is_none_or(|class| class.raw.contains(input))
        };
        let inputs = self.inputs.iter();
        inputs.filter(move |(input, _)| !input.can_be_cache_key() && is_raw(input))
    }
}

/// The SHA-256 of a zip file, in hexadecimal digits: other bytes have another place in a bucket, and another version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeHash(pub String);

impl CodeHash {
    /// The hash of a zip file that is not made.
    pub fn of_nothing() -> Self {
        Self("0".repeat(64))
    }

    /// Where the template expects the zip file in its bucket.
    pub fn key(&self) -> String {
        format!("edgewright/{}.zip", self.short())
    }

    /// Enough of the hash to tell packages apart.
    pub(super) fn short(&self) -> &str {
        self.0.get(..16).unwrap_or(&self.0)
    }
}

/// What a function is deployed as.
#[derive(Debug, Clone)]
pub struct Stack {
    options: FunctionOptions,
    dependence: Dependence,
    trigger: Trigger,
    own: OwnFunctions,
}

impl Stack {
    /// The stack of a build whose answers depend on `dependence`.
    ///
    /// # Errors
    /// Answers may not be kept, and the trigger asked for keeps them.
    pub fn new(
        options: FunctionOptions,
        mut dependence: Dependence,
    ) -> Result<Self, FunctionError> {
        if let Some(class) = &mut dependence.viewer_class {
            class.forwarded_for = options.forwarded_for;
        }
        let trigger = options.trigger.unwrap_or_else(|| dependence.trigger());
        if options.trigger == Some(Trigger::OriginRequest) {
            let reason = |(input, readers)| format!("{input} ({})", read_by(readers));
            let uncacheable: Vec<String> = dependence.uncacheable().map(reason).collect();
            if !uncacheable.is_empty() {
                return Err(FunctionError::NotToBeKept(uncacheable));
            }
        }
        Ok(Self {
            options,
            dependence,
            trigger,
            own: OwnFunctions::default(),
        })
    }

    /// The stack with functions of the user's own in front of the cache.
    ///
    /// # Errors
    /// There is no room for any.
    pub fn with_own(self, own: OwnFunctions) -> Result<Self, FunctionError> {
        if self.trigger == Trigger::ViewerRequest && !own.is_empty() {
            return Err(FunctionError::NoRoom);
        }
        Ok(Self { own, ..self })
    }

    /// The stack of a server whose pages do not depend on `part`.
    pub(super) fn ignoring(&self, part: Ignored) -> Self {
        let mut other = self.clone();
        other.options.origin_ignores.push(part);
        other
    }

    /// The same at another trigger.
    ///
    /// # Errors
    /// Answers may not be kept there, or there is no room for functions of the user's own.
    pub(super) fn at(&self, trigger: Trigger) -> Result<Self, FunctionError> {
        let options = FunctionOptions {
            trigger: Some(trigger),
            ..self.options.clone()
        };
        Self::new(options, self.dependence.clone())?.with_own(self.own.clone())
    }

    /// What somebody chose.
    pub fn options(&self) -> &FunctionOptions {
        &self.options
    }

    /// What answers depend on.
    pub fn dependence(&self) -> &Dependence {
        &self.dependence
    }

    /// Where CloudFront calls the function.
    pub fn trigger(&self) -> Trigger {
        self.trigger
    }

    /// Functions of the user's own.
    pub(super) fn own(&self) -> &OwnFunctions {
        &self.own
    }

    /// What viewers are told apart by, if the trigger has a use for it.
    pub fn class(&self) -> Option<&ViewerClass> {
        let class = self.dependence.viewer_class.as_ref();
        class.filter(|_| self.trigger == Trigger::OriginRequest)
    }

    /// Says whether answers would not be kept if there were no class.
    pub fn keeps_nothing_without_class(&self) -> bool {
        Input::trigger(self.dependence.inputs.keys()) == Trigger::ViewerRequest
    }

    /// The function in front of the cache, if there is one.
    pub fn viewer_function(&self) -> Option<ViewerFunction> {
        ViewerFunction::of(self)
    }

    /// The headers that the origin does not get, since they are not in the key by themselves.
    pub fn unsent(&self) -> Vec<String> {
        let class = self.class();
        class.map_or_else(Vec::new, |class| {
            viewer_function::unsent(class, &self.options)
        })
    }

    /// The text of the function's settings, `edgewright.json`.
    ///
    /// # Errors
    /// The text of an option cannot be used.
    pub fn settings(&self) -> Result<Vec<u8>, FunctionError> {
        settings::text(self)
    }

    /// The function's settings.
    ///
    /// # Errors
    /// See [`Stack::settings`].
    pub fn configuration(&self) -> Result<Configuration, FunctionError> {
        Configuration::parse(&self.settings()?).map_err(FunctionError::Settings)
    }

    /// The template of the table's own stack; `None` where there is no table, or somebody else makes it.
    ///
    /// # Errors
    /// A Region is no name.
    pub fn table_template(&self) -> Result<Option<Value>, FunctionError> {
        template::table_template(self)
    }

    /// The CloudFormation template, for the zip file with this hash.
    ///
    /// # Errors
    /// The rules depend on more than a cache key holds, a Region is no name, or CloudFront would refuse a policy.
    pub fn template(&self, code: &CodeHash) -> Result<Value, FunctionError> {
        template::template(self, code)
    }
}
