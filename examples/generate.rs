//! Writes a configuration of the size this project began with.
//!
//! ```text
//! cargo run --release --example generate -- --rules 60000 --conditions 13000 > rules.conf
//! ```
//! `--seed N` chooses another one of that size, `--requests FILE` also writes requests that its
//! rules were written for, one JSON object per line, as `edgewright replay` reads them.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use edgewright_test_support::seed_site::{SEED_SIZED, Size, generate};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("generate: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let (size, requests) = arguments()?;
    let generated = generate(size);
    if let Some(file) = requests {
        let mut lines = String::new();
        for request in &generated.requests {
            writeln!(lines, "{request}")?;
        }
        std::fs::write(&file, lines).map_err(|error| format!("{file}: {error}"))?;
    }
    std::io::stdout().write_all(generated.config.as_bytes())?;
    Ok(())
}

fn arguments() -> Result<(Size, Option<String>), Box<dyn Error>> {
    let mut size = SEED_SIZED;
    let mut requests = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments
            .next()
            .ok_or_else(|| format!("{name} needs a value"))?;
        let number = || {
            value
                .parse::<u64>()
                .map_err(|_| format!("{name} {value}: not a number"))
        };
        match name.as_str() {
            "--rules" => size.rules = usize::try_from(number()?)?,
            "--conditions" => size.conditions = usize::try_from(number()?)?,
            "--seed" => size.seed = number()?,
            "--requests" => requests = Some(value),
            _ => {
                return Err(
                    format!("{name}: there are --rules, --conditions, --seed, --requests").into(),
                );
            }
        }
    }
    Ok((size, requests))
}
