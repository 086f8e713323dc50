//! `edgewright verify` on the example site: Apache and edgewright agree.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

#[test]
fn the_example_site_is_answered_as_its_apache_does() {
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/legacy-site/httpd.conf");
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("access.log");
    // What www.conf includes is not the shop's.
    let line = r#"shop.harbourbooks.example:80 192.0.2.1 - - [x] "GET /news HTTP/1.1" 200 5"#;
    std::fs::write(&log, line).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_edgewright"))
        .args(["verify", "--format", "json", "--log"])
        .arg(log)
        .arg(site)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout).expect(&said);
    assert_eq!(
        report["differences"],
        Value::Array(Vec::new()),
        "{report:#}"
    );
    assert_eq!(output.status.code(), Some(0), "{said}");
    let number = |name: &str| report[name].as_u64().unwrap();
    assert!(number("compared") >= 900, "{report:#}");
    assert!(number("fired") * 10 >= number("rules") * 9, "{report:#}");
}
