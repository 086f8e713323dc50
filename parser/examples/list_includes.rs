//! Prints which files a configuration leads to, each below the one that includes it.
//!
//! `cargo run --example list_includes -- /etc/apache2/apache2.conf`

mod disk;

use std::os::unix::ffi::OsStringExt;

use edgewright_parser::diagnostic::Severity;
use edgewright_parser::load::{LoadOptions, Recording, load};
use edgewright_parser::transcript::Event;

fn main() {
    let paths: Vec<Vec<u8>> = std::env::args_os()
        .skip(1)
        .map(OsStringExt::into_vec)
        .collect();
    let mut options = LoadOptions::default();
    options.recording = Recording::On;
    let reader = load(&paths, &disk::Disk, &options).reader;
    let mut depth = 0;
    for event in reader
        .transcript
        .iter()
        .flat_map(|transcript| &transcript.events)
    {
        match event {
            Event::Begins(file) => {
                let name = reader
                    .sources
                    .get(*file)
                    .map_or("?", |source| source.name.as_str());
                println!("{:depth$}{name}", "");
                depth += 2;
            }
            Event::Ends => depth -= 2,
            Event::Line(_) => {}
        }
    }
    for said in reader
        .diagnostics
        .iter()
        .filter(|said| said.severity == Severity::Error)
    {
        let place = said
            .span
            .map(|span| reader.sources.display(reader.sources.place(span)));
        eprintln!("{}: {said}", place.unwrap_or_default());
    }
}
