//! Whose word is taken for who the client is.
//!
//! In: nothing. Out: [`RemoteIp`]. Absent: taking it; see `evaluate::remote`.

use serde::{Deserialize, Serialize};

use crate::model::expression::Subnet;

/// `mod_remoteip` on one host (`remoteip_config_t`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RemoteIp {
    /// `RemoteIPHeader`: the header with the addresses, the nearest last.
    pub header: Vec<u8>,
    /// `RemoteIPInternalProxy` and `RemoteIPTrustedProxy`, in order. Where there are none, every client's word is taken.
    pub proxies: Vec<(Subnet, Trust)>,
}

/// How far a proxy is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Trust {
    /// It may name any address.
    Internal,
    /// It may name public addresses only.
    Public,
}
