//! Who may come in: what `Require`, and `Order`, `Allow`, `Deny`, of one section say.
//!
//! In: nothing. Out: [`Requirement`] and [`HostAccess`]. Absent: asking them; see `evaluate::access`.

use serde::{Deserialize, Serialize};

use crate::model::expression::{Expression, Subnet};

/// Methods that Apache knows (`ap_method_registry_init`).
pub const METHODS: [&[u8]; 27] = [
    b"GET",
    b"HEAD",
    b"PUT",
    b"POST",
    b"DELETE",
    b"CONNECT",
    b"OPTIONS",
    b"TRACE",
    b"PATCH",
    b"PROPFIND",
    b"PROPPATCH",
    b"MKCOL",
    b"COPY",
    b"MOVE",
    b"LOCK",
    b"UNLOCK",
    b"VERSION-CONTROL",
    b"CHECKOUT",
    b"UNCHECKOUT",
    b"CHECKIN",
    b"UPDATE",
    b"LABEL",
    b"REPORT",
    b"MKWORKSPACE",
    b"MKACTIVITY",
    b"BASELINE-CONTROL",
    b"MERGE",
];

/// One `Require`, or a group of them (`authz_section_conf` of `mod_authz_core.c`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// For which methods it was written.
    pub methods: Methods,
    /// `not`, or `<RequireNone>`.
    pub negated: bool,
    /// What it asks.
    pub demand: Demand,
}

/// What is required.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Demand {
    /// `all granted`.
    Granted,
    /// `all denied`.
    Denied,
    /// `env`: one of these variables is set.
    Environment(Vec<Vec<u8>>),
    /// `method`: one of these.
    Method(Vec<Vec<u8>>),
    /// `expr`.
    Expression(Box<Expression>),
    /// `ip`: one of these.
    Address(Vec<Subnet>),
    /// `local`: the machine itself.
    Local,
    /// `host`, `forward-dns`: a client with one of these names, which no client has at the edge.
    Name,
    /// Users, which the edge does not know: it takes clients for those who may.
    Unanswerable,
    /// Several of them.
    Group(Join, Vec<Requirement>),
}

/// How the members of a group are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Join {
    /// All have to hold.
    All,
    /// One has to.
    Any,
}

/// Methods a directive is for: `<Limit>` and `<LimitExcept>`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Methods {
    /// All.
    #[default]
    All,
    /// The methods of this list.
    Only(Vec<Vec<u8>>),
    /// All methods but those of this list.
    Except(Vec<Vec<u8>>),
}

/// `Order`, `Allow`, `Deny` and `Satisfy` of one section (`access_compat_dir_conf`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HostAccess {
    /// `Order`; of several for a method the last counts.
    pub order: Vec<(Methods, Order)>,
    /// `Satisfy`, likewise.
    pub satisfy: Vec<(Methods, Satisfy)>,
    /// `Allow`.
    pub allow: Vec<(Methods, Client)>,
    /// `Deny`.
    pub deny: Vec<(Methods, Client)>,
}

/// Which list is asked last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// `deny,allow`: whom nobody names may come in.
    DenyAllow,
    /// `allow,deny`: whom nobody names may not.
    AllowDeny,
    /// `mutual-failure`: only who is allowed and not denied.
    MutualFailure,
}

/// `Satisfy`: whether a client has to pass both `Require` and `Allow`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Satisfy {
    /// `All`: the client has to pass both.
    All,
    /// `Any`: one of the two is enough.
    Any,
}

/// Whom an `Allow` or `Deny` names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Client {
    /// Everybody.
    All,
    /// Who has this variable set.
    With(Vec<u8>),
    /// Who has not.
    Without(Vec<u8>),
    /// Who comes from there.
    Address(Subnet),
    /// Who has this name, which no client has at the edge.
    Name,
}

impl Methods {
    /// Those that are among `other` as well.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let those = |methods: &[Vec<u8>], all: &Self| {
            let kept = methods.iter().filter(|method| all.contain(method));
            Self::Only(kept.cloned().collect())
        };
        match (self, other) {
            (Self::All, methods) | (methods, Self::All) => methods.clone(),
            (Self::Only(methods), all) | (all, Self::Only(methods)) => those(methods, all),
            (Self::Except(one), Self::Except(two)) => Self::Except([&one[..], two].concat()),
        }
    }

    /// Is `method` among them? What is for `GET` is for `HEAD`.
    pub fn contain(&self, method: &[u8]) -> bool {
        match self {
            Self::All => true,
            Self::Only(methods) => names(methods, method),
            Self::Except(methods) => !names(methods, method),
        }
    }
}

/// Is `method` one of `methods`? `HEAD` is `GET`.
pub fn names(methods: &[Vec<u8>], method: &[u8]) -> bool {
    let method = as_get(method);
    methods.iter().any(|known| as_get(known) == method)
}

fn as_get(method: &[u8]) -> &[u8] {
    match method {
        b"HEAD" => b"GET",
        method => method,
    }
}

/// May everybody come in where a section says this?
pub fn is_open(requirement: Option<&Requirement>, hosts: Option<&HostAccess>) -> bool {
    requirement.is_none_or(Requirement::always_holds) && hosts.is_none_or(HostAccess::is_open)
}

impl Requirement {
    /// `Require all denied`.
    pub const DENIED: Self = Self {
        methods: Methods::All,
        negated: false,
        demand: Demand::Denied,
    };

    /// Is it for requests with this method? A group is for those its members are for.
    pub fn is_for(&self, method: &[u8]) -> bool {
        match &self.demand {
            Demand::Group(_, members) => members.iter().any(|member| member.is_for(method)),
            _ => self.methods.contain(method),
        }
    }

    /// Is it, and all that is in it, for every method?
    pub fn is_for_all(&self) -> bool {
        match &self.demand {
            Demand::Group(_, members) => members.iter().all(Self::is_for_all),
            _ => self.methods == Methods::All,
        }
    }

    /// Does it hold for every request?
    pub fn always_holds(&self) -> bool {
        if self.negated || self.methods != Methods::All {
            return false;
        }
        match &self.demand {
            Demand::Granted | Demand::Unanswerable => true,
            Demand::Group(Join::All, members) => members.iter().all(Self::always_holds),
            Demand::Group(Join::Any, members) => members.iter().any(Self::always_holds),
            _ => false,
        }
    }

    /// Does it ask for something that the edge does not know?
    pub fn is_unanswerable(&self) -> bool {
        match &self.demand {
            Demand::Unanswerable => true,
            Demand::Group(_, members) => members.iter().any(Self::is_unanswerable),
            _ => false,
        }
    }

    /// It, and all that is in it.
    pub fn each(&self, take: &mut impl FnMut(&Demand)) {
        take(&self.demand);
        if let Demand::Group(_, members) = &self.demand {
            for member in members {
                member.each(take);
            }
        }
    }
}

impl HostAccess {
    /// May everybody come in?
    pub fn is_open(&self) -> bool {
        let names_all =
            |client: &(Methods, Client)| client.0 == Methods::All && client.1 == Client::All;
        let deny_last = self
            .order
            .iter()
            .any(|(_, order)| *order != Order::DenyAllow);
        let denied = self.deny.iter().any(|client| client.1 != Client::Name);
        let allowed = self.allow.iter().any(names_all);
        if deny_last {
            allowed && !denied
        } else {
            allowed || !denied
        }
    }

    /// Is all of it for every method?
    pub fn is_for_all(&self) -> bool {
        let orders = self.order.iter().map(|(methods, _)| methods);
        let satisfied = self.satisfy.iter().map(|(methods, _)| methods);
        let clients = self.named().map(|(methods, _)| methods);
        let mut all = orders.chain(satisfied).chain(clients);
        all.all(|methods| *methods == Methods::All)
    }

    /// Whom it names.
    pub fn clients(&self) -> impl Iterator<Item = &Client> {
        self.named().map(|(_, client)| client)
    }

    fn named(&self) -> impl Iterator<Item = &(Methods, Client)> {
        self.allow.iter().chain(&self.deny)
    }
}
