//! `byod-react`'s own tests, against the gateway.

use std::fs::File;
use std::num::NonZeroU32;
use std::path::Path;
use std::process::{Command, Output};

use super::start_with;
use crate::support::Service;
use crate::support::node::Node;

/// Runs one of the package's scripts, one at a time: the first one installs what they need. Whoever builds the example
/// app's page waits, too.
pub(super) fn run(script: &mut Command) -> Output {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../byod-react");
    let one = File::create(folder.join(".install.lock")).unwrap();
    one.lock().unwrap();
    script.current_dir(folder).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hooks_and_the_form_show_what_the_gateway_says() {
    if Node::get().is_none() {
        return;
    }
    for react in ["19", "18"] {
        // The tests connect and fail to more often than a person does.
        let gateway = start_with(Service::start().await, |settings| {
            settings.connects_per_minute(NonZeroU32::new(1_000).unwrap())
        })
        .await;
        let alices = &gateway.service.alices;
        let mut tests = Command::new("node");
        tests
            .args(["test/run.mjs", react])
            .env("BYOD_GATEWAY", &gateway.url)
            .env("BYOD_TOKEN", &gateway.alices_token)
            .env("BYOD_OTHERS_TOKEN", &gateway.bobs_token)
            .env("BYOD_DEPLOYMENT", alices.url())
            .env("BYOD_DEPLOY_KEY", alices.deploy_key());
        let output = tokio::task::spawn_blocking(move || run(&mut tests))
            .await
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        assert!(
            output.status.success(),
            "React {react}:\n{}",
            String::from_utf8_lossy(&text)
        );
        gateway.told_each_their_own();
        let brought = |token: &str, text: &str| gateway.network.brought.has(Some(token), text);
        let hers = &*gateway.alices_token;
        assert!(
            brought(hers, "\"enabled\":true") && !brought(&gateway.bobs_token, "\"enabled\":true")
        );
        assert!(!brought(hers, &gateway.service.alices.deploy_key()));
    }
}

#[test]
fn the_package_has_its_code_and_types_and_nothing_else() {
    if Node::get().is_none() {
        return;
    }
    let mut tests = Command::new("node");
    tests.args(["test/run.mjs", "package"]);
    let output = run(&mut tests);
    let text = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&text)
    );
}
