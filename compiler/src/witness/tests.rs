#![expect(clippy::unwrap_used, reason = "a failed test should say so")]

use crate::testing::*;
use super::*;
