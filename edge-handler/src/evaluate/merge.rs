//! What applies to a request: sections on top of one another (`ap_merge_per_dir_configs`).
//!
//! In: settings in the order the walks find them. Out: [`Merged`], which answers for each directive
//! what the last section says. Nothing is copied: a merge is a list of references. Absent: finding
//! the sections; see `walk`.

use crate::model::rules::{RedirectListId, RuleSetId};
use crate::model::site::access::is_open;
use crate::model::site::mime::{Mime, Negotiation};
use crate::model::site::{
    AllowOptions, Allowed, CanonicalName, EnvRule, ErrorDocument, HostAccess, Proxy, Requirement,
    RewriteOptions, SectionAlias, SectionId, Settings, Spelling, settings::DirectoryRewrite,
};

use super::table::Table;

/// Settings on top of one another, the last one wins.
///
/// `mod_rewrite` merges pairwise and not associatively, so it matters what was merged first: httpd
/// joins the sections of one walk, then puts the result on what it had before. A layer therefore
/// knows its walk.
#[derive(Debug, Clone)]
pub(crate) struct Merged<'a> {
    layers: Vec<Layer<'a>>,
    walks: u32,
}

#[derive(Debug, Clone, Copy)]
struct Layer<'a> {
    walk: u32,
    settings: &'a Settings,
}

/// Rewriting in per-directory context, merged (`rewrite_perdir_conf`).
#[derive(Debug, Clone)]
pub(crate) struct Rewriting<'a> {
    engine: Option<bool>,
    options: Option<RewriteOptions>,
    /// `RewriteBase`.
    pub base: Option<&'a [u8]>,
    /// Whether `base` counts as given where it is merged with `MergeBase` (`baseurl_set`): a merge
    /// without that option forgets it.
    base_is_set: bool,
    /// The prefix with its trailing slash.
    pub directory: Option<&'a [u8]>,
    /// The rules: the sets one after another.
    pub rules: Vec<RuleSetId>,
}

/// Are these the same sections, in the same order?
pub(crate) fn are_same<'s>(
    some: impl Iterator<Item = &'s Settings>,
    others: impl Iterator<Item = &'s Settings>,
) -> bool {
    some.map(std::ptr::from_ref)
        .eq(others.map(std::ptr::from_ref))
}

impl<'a> Merged<'a> {
    /// What holds for a host before any section (`lookup_defaults`).
    pub fn new(defaults: &'a Settings) -> Self {
        let layer = Layer {
            walk: 0,
            settings: defaults,
        };
        Self {
            layers: vec![layer],
            walks: 0,
        }
    }

    /// Forgets every section: back to what holds for the host.
    pub fn reset(&mut self) {
        self.layers.truncate(1);
        self.walks = 0;
    }

    /// The sections pushed from now on belong to a new walk.
    pub fn begin_walk(&mut self) {
        self.walks += 1;
    }

    /// Puts a section on top.
    pub fn push(&mut self, settings: &'a Settings) {
        self.layers.push(Layer {
            walk: self.walks,
            settings,
        });
    }

    /// The sections on top of what holds for the host, in order.
    pub fn sections(&self) -> Vec<&'a Settings> {
        self.all().skip(1).collect()
    }

    /// Do the same sections apply, in the same order (`per_dir_config` is the same)?
    pub fn is_same(&self, other: &Self) -> bool {
        are_same(self.all(), other.all())
    }

    /// What the last section that says something says.
    fn last<T>(&self, ask: impl Fn(&'a Settings) -> Option<T>) -> Option<T> {
        self.layers
            .iter()
            .rev()
            .find_map(|layer| ask(layer.settings))
    }

    /// Every section, the oldest first.
    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = &'a Settings> + Clone + '_ {
        self.layers.iter().map(|layer| layer.settings)
    }

    /// `UseCanonicalName`.
    pub fn canonical_name(&self) -> CanonicalName {
        self.last(|settings| settings.canonical_name)
            .unwrap_or(CanonicalName::Asked)
    }

    /// What `Options` allows (`ap_allow_options`); links are followed when nothing is said.
    fn allowed(&self) -> Allowed {
        let merge = |base: AllowOptions, own: &Settings| own.allow.over(base);
        let AllowOptions { only, add, remove } = self.all().fold(AllowOptions::default(), merge);
        only.unwrap_or((Allowed::FOLLOW_SYMLINKS - remove) | add)
    }

    /// `Options FollowSymLinks` or `SymLinksIfOwnerMatch` is on.
    pub fn symlinks(&self) -> bool {
        let either = Allowed::FOLLOW_SYMLINKS | Allowed::SYMLINKS_IF_OWNER_MATCH;
        self.allowed().intersects(either)
    }

    /// Links are followed whoever owns them.
    pub fn follows_links_blindly(&self) -> bool {
        let allowed = self.allowed();
        allowed.contains(Allowed::FOLLOW_SYMLINKS)
            && !allowed.contains(Allowed::SYMLINKS_IF_OWNER_MATCH)
    }

    /// `Options Indexes` is on.
    pub fn indexes(&self) -> bool {
        self.allowed().contains(Allowed::INDEXES)
    }

    /// `AcceptPathInfo` is on.
    pub fn accept_path_info(&self) -> bool {
        self.last(|settings| settings.accept_path_info)
            .unwrap_or(false)
    }

    /// `Options MultiViews` is on.
    pub fn multiviews(&self) -> bool {
        self.allowed().contains(Allowed::MULTIVIEWS)
    }

    /// `RedirectRelative` is on.
    pub fn redirect_relative(&self) -> bool {
        self.last(|settings| settings.redirect_relative)
            .unwrap_or(false)
    }

    /// `DirectorySlash` is on.
    pub fn directory_slash(&self) -> bool {
        self.last(|settings| settings.directory_slash)
            .unwrap_or(true)
    }

    /// `DirectoryIndex`; `None` when no directive was given.
    pub fn directory_index(&self) -> Option<&'a [Vec<u8>]> {
        self.last(|settings| settings.directory_index.as_deref())
    }

    /// `DirectoryIndexRedirect`: the status; 0 for off.
    pub fn index_redirect(&self) -> u16 {
        self.last(|settings| settings.index_redirect).unwrap_or(0)
    }

    /// `FallbackResource`, when there is one.
    pub fn fallback(&self) -> Option<&'a [u8]> {
        self.last(|settings| settings.fallback.as_deref())
            .filter(|path| !path.is_empty())
    }

    /// The one-argument `Alias` of a section.
    pub fn alias(&self) -> Option<&'a SectionAlias> {
        self.last(|settings| settings.alias.as_ref())
    }

    /// The `ProxyPass` of a section.
    pub fn proxy(&self) -> Option<&'a Proxy> {
        self.last(|settings| settings.proxy.as_ref())
    }

    /// `AliasPreservePath`.
    pub fn alias_preserves_path(&self) -> bool {
        self.last(|settings| settings.alias_preserves_path)
            .unwrap_or(false)
    }

    /// `Require`: that of the innermost section that has one.
    pub fn requirement(&self) -> Option<&'a Requirement> {
        self.last(|settings| settings.requirement.as_ref())
    }

    /// `Order`, `Allow` and `Deny`: those of the innermost section that has one of them.
    pub fn host_access(&self) -> Option<&'a HostAccess> {
        self.last(|settings| settings.host_access.as_ref())
    }

    /// `AllowMethods`: those of the innermost section that has it; `None` where all are allowed.
    pub fn methods(&self) -> Option<&'a [Vec<u8>]> {
        let methods = self.last(|settings| settings.methods.as_deref());
        methods.filter(|methods| !methods.is_empty())
    }

    /// Is TLS required (`SSLRequireSSL` in any section)?
    pub fn requires_tls(&self) -> bool {
        self.all().any(|settings| settings.requires_tls)
    }

    /// `CheckSpelling` and what limits it, as the innermost section that has a line about it says.
    pub fn spelling(&self) -> Spelling {
        self.last(|settings| settings.spelling).unwrap_or_default()
    }

    /// What files are by their extensions. As `RemoveHandler` and its kind work once, each walk is merged by itself.
    pub fn mime(&self) -> Mime {
        let layers = self.layers.iter();
        let layers: Vec<_> = layers
            .filter_map(|layer| Some((layer.walk, layer.settings.mime.as_deref()?)))
            .collect();
        let mut whole = Mime::default();
        for walk in layers.chunk_by(|one, other| one.0 == other.0) {
            whole = match walk {
                [(_, only)] => only.over(whole),
                [(_, first), rest @ ..] => {
                    let first = (*first).clone();
                    let merged = rest.iter().fold(first, |base, (_, own)| own.over(base));
                    merged.over(whole)
                }
                [] => whole,
            };
        }
        whole
    }

    /// How one of several files is chosen.
    pub fn negotiation(&self) -> Negotiation {
        let all = self.all().filter_map(|own| own.negotiation.as_deref());
        all.fold(Negotiation::default(), |base, own| own.over(base))
    }

    /// May everybody come in, by any method?
    pub fn is_open(&self) -> bool {
        is_open(self.requirement(), self.host_access())
            && self.methods().is_none()
            && !self.requires_tls()
    }

    /// `ErrorDocument` for a status.
    pub fn error_document(&self, status: u16) -> Option<&'a ErrorDocument> {
        self.last(|settings| {
            let mut documents = settings.error_documents.iter().rev();
            documents
                .find(|(known, _)| *known == status)
                .map(|(_, document)| document)
        })
    }

    /// Lists of redirects, the innermost section's first.
    pub fn redirects(&self) -> Vec<RedirectListId> {
        self.all()
            .rev()
            .filter_map(|settings| settings.redirects)
            .collect()
    }

    /// `<Files>` sections, in the order they merge.
    pub fn files(&self) -> Vec<SectionId> {
        self.all()
            .flat_map(|settings| settings.files.iter().copied())
            .collect()
    }

    /// `<If>` chains, in the order they merge.
    pub fn ifs(&self) -> Vec<SectionId> {
        self.all()
            .flat_map(|settings| settings.ifs.iter().copied())
            .collect()
    }

    /// `SetEnvIf` and kin of sections, in order; server-level ones are the host's.
    pub fn set_env_if(&self) -> Vec<&'a [EnvRule]> {
        self.all()
            .map(|settings| settings.set_env_if.as_slice())
            .collect()
    }

    /// `SetEnv` and `PassEnv`, the innermost section's value for each name; each walk is merged by itself.
    /// An `UnsetEnv` is of use for one merge only (`merge_env_dir_configs`): where a walk came to several
    /// sections, it does not reach beyond the walk.
    pub(super) fn set_env(&self) -> Table {
        let has_any = |layer: &&Layer<'_>| {
            let settings = layer.settings;
            !settings.set_env.is_empty() || !settings.unset_env.is_empty()
        };
        let layers: Vec<_> = self.layers.iter().filter(has_any).collect();
        let mut whole = Table::default();
        for walk in layers.chunk_by(|one, other| one.walk == other.walk) {
            if let [only] = walk {
                whole.unset_all(&only.settings.unset_env);
            }
            let mut merged = Table::default();
            for layer in walk {
                merged.unset_all(&layer.settings.unset_env);
                merged.set_all(&layer.settings.set_env);
            }
            for (name, value) in merged.iter() {
                whole.set(name, value);
            }
        }
        whole
    }

    /// A section that cannot be read applies.
    pub fn broken(&self) -> bool {
        self.all().any(|settings| settings.broken)
    }

    /// Rewriting, merged as httpd does: each walk by itself, then onto what there was.
    pub fn rewriting(&self) -> Option<Rewriting<'a>> {
        let mut whole: Option<Rewriting<'a>> = None;
        let mut walk: Option<Rewriting<'a>> = None;
        let mut current = 0;
        for layer in &self.layers {
            if layer.walk != current {
                whole = merge_options(whole, walk.take());
                current = layer.walk;
            }
            let own = layer.settings.rewrite.as_ref().map(Rewriting::own);
            walk = merge_options(walk, own);
        }
        merge_options(whole, walk)
    }
}

fn merge_options<'a>(
    base: Option<Rewriting<'a>>,
    overrides: Option<Rewriting<'a>>,
) -> Option<Rewriting<'a>> {
    match (base, overrides) {
        (Some(base), Some(overrides)) => Some(base.merge(overrides)),
        (base, overrides) => overrides.or(base),
    }
}

impl<'a> Rewriting<'a> {
    fn own(section: &'a DirectoryRewrite) -> Self {
        Self {
            engine: section.engine,
            options: section.options,
            base: section.base.as_deref(),
            base_is_set: section.base.is_some(),
            directory: section.directory.as_deref(),
            rules: vec![section.rules],
        }
    }

    /// `RewriteEngine` is on.
    pub fn enabled(&self) -> bool {
        self.engine.unwrap_or(false)
    }

    /// `RewriteOptions`.
    pub fn options(&self) -> RewriteOptions {
        self.options.unwrap_or_default()
    }

    /// One section on top of another (`config_perdir_merge`).
    fn merge(self, overrides: Self) -> Self {
        let options = overrides.options.or(self.options);
        let own = options.unwrap_or_default();
        let merges_base = own.contains(RewriteOptions::MERGE_BASE);
        let base = if merges_base && !overrides.base_is_set {
            self.base
        } else {
            overrides.base
        };
        let base_is_set = merges_base && (overrides.base_is_set || self.base_is_set);
        let inherits = |explicit, down| {
            own.contains(explicit)
                || (self.options().contains(down) && !own.contains(RewriteOptions::IGNORE_INHERIT))
        };
        let rules = if inherits(RewriteOptions::INHERIT, RewriteOptions::INHERIT_DOWN) {
            [overrides.rules, self.rules].concat()
        } else if inherits(
            RewriteOptions::INHERIT_BEFORE,
            RewriteOptions::INHERIT_DOWN_BEFORE,
        ) {
            [self.rules, overrides.rules].concat()
        } else {
            overrides.rules
        };
        Self {
            engine: overrides.engine.or(self.engine),
            options,
            base,
            base_is_set,
            directory: overrides.directory,
            rules,
        }
    }
}
