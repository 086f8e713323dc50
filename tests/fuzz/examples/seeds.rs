//! Writes inputs to begin with, and says which targets there are.
//!
//! In: the folder to write to. Out: for the target `configuration` a file for each of `tests/cases`;
//! printed, the name of each target and its longest input. Absent: inputs of the other targets; those
//! in `kept` are enough.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use edgewright_test_fuzz::{CONFIGURATION, TARGETS};
use edgewright_test_support::cases::{self, Place};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::args_os().nth(1).ok_or("seeds FOLDER")?);
    let folder = folder.join(CONFIGURATION.name);
    fs::create_dir_all(&folder)?;
    let place = Place::new("/srv", "h.test");
    let mut number = 0;
    for file in cases::all()? {
        for case in file.cases {
            let mut text = case.main(&place) + &case.virtual_hosts("*:80", &place);
            for (path, content) in case.files(&place) {
                text += &format!("-- {path}\n{content}");
            }
            if text.len() <= CONFIGURATION.longest_input {
                write(&folder, number, &text)?;
                number += 1;
            }
        }
    }
    for target in TARGETS {
        println!("{} {}", target.name, target.longest_input);
    }
    Ok(())
}

fn write(folder: &Path, number: usize, text: &str) -> std::io::Result<()> {
    fs::write(folder.join(format!("case-{number}")), text)
}
