//! `edgewright rule`: what a code means.

use anyhow::{Result, anyhow};

use super::{Exit, say};
use crate::args::Rule;
use crate::findings::codes::{self, Page};
use crate::findings::select::Selector;

/// Prints the page of a code, or lists codes.
///
/// # Errors
/// There is no such code.
pub fn run(arguments: &Rule) -> Result<Exit> {
    let Some(name) = &arguments.code else {
        return listed(codes::pages().iter());
    };
    let pages = codes::pages().iter();
    match Selector::named(name).map_err(|error| anyhow!(error))? {
        Selector::Code(code) => {
            for page in pages.filter(|page| page.code == code) {
                say(&format!("{code} ({})\n\n{}\n", page.group.name, page.text))?;
            }
            Ok(Exit::Clean)
        }
        Selector::Group(group) => listed(pages.filter(|page| page.group.name == group)),
    }
}

/// Codes with what they mean, group by group.
fn listed<'p>(pages: impl Iterator<Item = &'p Page>) -> Result<Exit> {
    let mut text = String::new();
    let mut group = "";
    for page in pages {
        if page.group.name != group {
            let gap = if group.is_empty() { "" } else { "\n" };
            group = page.group.name;
            text += &format!("{gap}{group}: {}\n", page.group.title);
        }
        text += &format!("  {:<28} {}\n", page.code, page.summary());
    }
    say(&text)?;
    Ok(Exit::Clean)
}
