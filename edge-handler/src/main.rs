//! The function's process: `bootstrap`.
//!
//! In: invocations from Lambda's Runtime API. Out: replies. Absent: everything else; see
//! `lambda::function`. The files it reads lie beside the binary.

use std::path::{Path, PathBuf};

use edgewright_engine::lambda::function::Function;
use edgewright_engine::lambda::journal::Journal;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;

fn main() -> Result<(), Error> {
    let variable = |name: &str| std::env::var(name).ok();
    let function = Function::load(&folder(), variable, Journal::standard_error());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        function.warm_up().await;
        let handle = |event: LambdaEvent<Box<RawValue>>| {
            let function = &function;
            async move { Ok::<_, Error>(function.handle(event.payload.get().as_bytes()).await) }
        };
        lambda_runtime::run(service_fn(handle)).await
    })
}

/// Where the binary lies: after `exec` the working folder may be another.
fn folder() -> PathBuf {
    let binary = std::env::current_exe().unwrap_or_default();
    binary.parent().map(Path::to_owned).unwrap_or_default()
}
