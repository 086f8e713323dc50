//! How much work one decision may take.
//!
//! In: a number of steps. Out: [`Budget`], which is told of work before it is done, and says when it is used up.
//! Absent: a clock. Steps are counted, so the same request ends in the same way on every machine.

use std::cell::Cell;

/// What one decision may take at the edge: about a millisecond on one core of a machine of 2024. A step takes ten to
/// twenty nanoseconds.
pub const DECISION_STEPS: u64 = 60_000;

/// What it may take besides in searches that Apache needs millions of tries for: one to three milliseconds more.
pub const RESERVE_STEPS: u64 = 110_000;

/// What a person reads where a decision takes more.
pub const OVER_BUDGET: &str = "the decision takes more steps than its budget";

/// What one decision may still take. A step is an instruction of a pattern, a few bytes compared or copied, a part of a
/// rule.
#[derive(Debug)]
pub struct Budget {
    left: Cell<u64>,
    reserve: Cell<u64>,
    searches: Searches,
}

/// What ends a decision: a number of steps, and what ends a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    steps: u64,
    searches: Searches,
}

/// What ends a search in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Searches {
    /// Apache's limits: ten million tries for a pattern at each place of a text.
    AsApache,
    /// The steps that are left.
    BySteps,
}

/// The budget of a decision is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent;

impl Allowance {
    /// Apache's own limits for searches. Apache has none for a request; here it is some ten to twenty seconds.
    pub const APACHE: Self = Self {
        steps: 1_000_000_000,
        searches: Searches::AsApache,
    };

    /// So many steps, whatever Apache would do with more of them.
    pub const fn steps(steps: u64) -> Self {
        Self {
            steps,
            searches: Searches::BySteps,
        }
    }
}

impl Default for Allowance {
    fn default() -> Self {
        Self::APACHE
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(Allowance::default())
    }
}

impl Budget {
    /// A fresh budget.
    #[inline]
    pub fn new(allowance: Allowance) -> Self {
        Self {
            left: Cell::new(allowance.steps),
            reserve: Cell::new(RESERVE_STEPS),
            searches: allowance.searches,
        }
    }

    /// Are the limits of searches Apache's own ([`Allowance::APACHE`])?
    pub fn is_apaches(&self) -> bool {
        self.searches == Searches::AsApache
    }

    /// Steps that are left.
    pub fn left(&self) -> u64 {
        self.left.get()
    }

    /// Steps that were taken of an allowance, and of the reserve.
    pub fn used(&self, allowance: Allowance) -> u64 {
        (allowance.steps + RESERVE_STEPS).saturating_sub(self.left.get() + self.reserve.get())
    }

    /// Takes steps off.
    ///
    /// # Errors
    /// There were not so many left; now there are none.
    #[inline]
    pub fn spend(&self, steps: u64) -> Result<(), Spent> {
        let left = self.left.get();
        self.left.set(left.saturating_sub(steps));
        if left <= steps { Err(Spent) } else { Ok(()) }
    }

    /// Steps that are left, and those of the reserve.
    pub fn purse(&self) -> (u64, u64) {
        (self.left.get(), self.reserve.get())
    }

    /// Says what a search left of both.
    pub fn settle(&self, (left, reserve): (u64, u64)) {
        self.left.set(left);
        self.reserve.set(reserve);
    }

    /// Says that what is left is not enough.
    pub fn use_up(&self) {
        self.left.set(0);
    }

    /// Is nothing left?
    #[inline]
    pub fn is_spent(&self) -> bool {
        self.left.get() == 0
    }
}
