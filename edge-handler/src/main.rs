//! The function's process: `bootstrap`.
//!
//! In: invocations from Lambda's Runtime API. Out: replies. Absent: everything else; see
//! `lambda::function`. The files it reads lie beside the binary, or in the folder of `--folder`.
//!
//! `bootstrap --check` answers one event that it has itself, and ends: with 0, or with 1 and a word on standard error. What
//! starts the function runs that first.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use edgewright_engine::lambda::function::Function;
use edgewright_engine::lambda::journal::Journal;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;

fn main() -> Result<ExitCode, Error> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let variable = |name: &str| std::env::var(name).ok();
    let function = Function::load(&folder(&words), variable, Journal::standard_error());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    if words.iter().any(|word| word == "--check") {
        return Ok(match runtime.block_on(async { function.check() }) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        });
    }
    runtime.block_on(async {
        function.warm_up().await;
        let handle = |event: LambdaEvent<Box<RawValue>>| {
            let function = &function;
            async move { Ok::<_, Error>(function.handle(event.payload.get().as_bytes()).await) }
        };
        lambda_runtime::run(service_fn(handle)).await
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Where the files lie: after `exec` the working folder may be another, and the binary a copy elsewhere.
fn folder(words: &[String]) -> PathBuf {
    let named = words.iter().skip_while(|word| *word != "--folder").nth(1);
    if let Some(named) = named {
        return PathBuf::from(named);
    }
    let binary = std::env::current_exe().unwrap_or_default();
    binary.parent().map(Path::to_owned).unwrap_or_default()
}
