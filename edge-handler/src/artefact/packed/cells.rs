//! Values that are made when they are first asked for.
//!
//! In: how many there may be, and what makes one. Out: [`Cells`], which gives references. Absent: bytes.

use std::sync::OnceLock;

/// Room for values of one type.
#[derive(Debug)]
pub struct Cells<T> {
    pages: Box<[OnceLock<Page<T>>]>,
}

/// Room for [`PAGE`] values: made when the first of them is asked for.
type Page<T> = Box<[OnceLock<Option<Box<T>>>]>;

/// Values in a page.
const PAGE: usize = 64;

impl<T> Default for Cells<T> {
    fn default() -> Self {
        Self {
            pages: Box::default(),
        }
    }
}

impl<T> Cells<T> {
    /// Room for `count` values.
    pub fn new(count: usize) -> Self {
        let pages = count.div_ceil(PAGE);
        Self {
            pages: (0..pages).map(|_| OnceLock::new()).collect(),
        }
    }

    /// The value at `index`, which `make` makes the first time; `None` beyond the end, or when it cannot be
    /// made.
    pub fn get(&self, index: usize, make: impl FnOnce() -> Option<T>) -> Option<&T> {
        let page = self.pages.get(index / PAGE)?.get_or_init(empty_page);
        let cell = page.get(index % PAGE)?;
        cell.get_or_init(|| make().map(Box::new)).as_deref()
    }
}

fn empty_page<T>() -> Page<T> {
    (0..PAGE).map(|_| OnceLock::new()).collect()
}
