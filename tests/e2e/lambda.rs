//! Lambda, as far as a function's process can tell: the unpacked zip file, Node.js with Lambda's own
//! runtime client, and the Runtime API.
//!
//! In: a zip file that `edgewright package` wrote. Out: [`Lambda`], which takes events. Absent:
//! limits of time and memory, and freezing between events.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::runtime_api::RuntimeApi;

/// A Node.js that Lambda offers, by the name it is installed under.
#[derive(Debug, Clone, Copy)]
pub struct Node(pub &'static str);

/// Those that Lambda@Edge takes.
pub const NODES: [Node; 2] = [Node("node-22"), Node("node-24")];

/// How the launcher can start the binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// As this Node.js offers it: in the process's place.
    InPlace,
    /// As a child, because `process.execve` is missing, as in older versions.
    AsChild,
}

/// A function that runs.
pub struct Lambda {
    api: RuntimeApi,
    process: Child,
    folder: TempDir,
}

impl Lambda {
    /// Unpacks `zip` and lets `node` load it.
    pub fn start(zip: &Path, node: Node, start: Start) -> Self {
        let folder = tempfile::tempdir().unwrap();
        unpack(zip, &folder.path().join("task"));
        Self::of_folder(folder, node, start)
    }

    /// As [`Lambda::start`], with a binary to which something has been done.
    pub fn start_damaged(zip: &Path, node: Node, damage: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let task = folder.path().join("task");
        unpack(zip, &task);
        damage(&task.join("bootstrap"));
        Self::of_folder(folder, node, Start::InPlace)
    }

    fn of_folder(folder: TempDir, Node(node): Node, start: Start) -> Self {
        let installed = installed();
        let task = folder.path().join("task");
        let api = RuntimeApi::start();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let mut command = Command::new(installed.join(node).join("bin/node"));
        if start == Start::AsChild {
            command.arg("--import=data:text/javascript,delete process.execve");
        }
        let process = command
            .arg(installed.join("aws-lambda-ric/index.mjs"))
            .env_clear()
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", api.address().as_str()),
                ("AWS_LAMBDA_FUNCTION_NAME", "us-east-1.edgewright"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
                (
                    "AWS_LAMBDA_LOG_GROUP_NAME",
                    "/aws/lambda/us-east-1.edgewright",
                ),
                ("AWS_LAMBDA_LOG_STREAM_NAME", "1"),
                ("AWS_REGION", "us-east-1"),
                ("AWS_ACCESS_KEY_ID", "test"),
                ("AWS_SECRET_ACCESS_KEY", "test"),
                ("AWS_SESSION_TOKEN", "test"),
                ("_HANDLER", "index.handler"),
            ])
            .env("TMPDIR", folder.path())
            .env("LAMBDA_TASK_ROOT", &task)
            .current_dir(&task)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Self {
            api,
            process,
            folder,
        }
    }

    /// What the function returns for `event`.
    pub fn answer(&self, event: &str) -> String {
        let answered = self.api.invoke(event);
        assert_eq!(answered.how, "response", "{}", answered.body);
        answered.body
    }

    /// What it wrote.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// The program that the process runs now, which is no longer Node.js when it was replaced.
    pub fn program(&self) -> String {
        let link = format!("/proc/{}/exe", self.process.id());
        let program = fs::read_link(link).unwrap();
        program.file_name().unwrap().to_string_lossy().into_owned()
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        // A child of the process ends with the Runtime API.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// Where `scripts/install-lambda` puts everything.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/lambda/node_modules");
    assert!(
        folder.join("aws-lambda-ric/rapid-client.node").is_file(),
        "Lambda's runtime client is not installed: run scripts/install-lambda"
    );
    folder
}

/// Unpacks as Lambda does, permissions included.
fn unpack(zip: &Path, folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let bytes = fs::read(zip).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let path = folder.join(file.name().unwrap().as_ref());
        std::io::copy(&mut file, &mut fs::File::create(&path).unwrap()).unwrap();
        permit(&path, file.unix_mode().unwrap() & 0o777);
    }
}

/// Gives a file these permissions.
pub fn permit(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
