//! Prints every line that redirects, with its place, as a server reads them.
//!
//! `cargo run --example find_redirects -- /etc/apache2/apache2.conf`

mod disk;

use std::os::unix::ffi::OsStringExt;

use edgewright_parser::load::{Item, LoadOptions, load};
use edgewright_parser::sources::Sources;
use edgewright_parser::syntax::{Directive, Flag, Kind};

fn main() {
    let paths: Vec<Vec<u8>> = std::env::args_os()
        .skip(1)
        .map(OsStringExt::into_vec)
        .collect();
    let loaded = load(&paths, &disk::Disk, &LoadOptions::default());
    print_redirects(&loaded.items, &loaded.reader.sources);
}

fn print_redirects(items: &[Item], sources: &Sources) {
    for item in items {
        match item {
            Item::Directive(directive) if redirects(directive) => {
                let place = sources.display(sources.place(directive.origin.span));
                let text = sources.text(directive.origin.span).unwrap_or_default();
                println!("{place}: {}", String::from_utf8_lossy(text));
            }
            Item::Section(section) => print_redirects(&section.items, sources),
            Item::Directive(_) | Item::Refused(_) | Item::Skipped(_) => {}
        }
    }
}

fn redirects(directive: &Directive) -> bool {
    match &directive.kind {
        Kind::Redirect(_) => true,
        Kind::RewriteRule(rule) => {
            let mut flags = rule.flags.iter();
            flags.any(|flag| matches!(flag.value, Flag::Redirect(_)))
        }
        _ => false,
    }
}
