//! `byod-react`'s own tests, against the gateway.

use std::process::Command;

use super::start;
use crate::support::Service;
use crate::support::node::Node;

#[tokio::test(flavor = "multi_thread")]
async fn the_hooks_and_the_form_show_what_the_gateway_says() {
    if Node::get().is_none() {
        return;
    }
    for react in ["19", "18"] {
        let gateway = start(Service::start().await).await;
        let alices = &gateway.service.alices;
        let mut tests = Command::new("node");
        tests
            .args(["test/run.mjs", react])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../byod-react"))
            .env("BYOD_GATEWAY", &gateway.url)
            .env("BYOD_TOKEN", &gateway.alices_token)
            .env("BYOD_DEPLOYMENT", alices.url())
            .env("BYOD_DEPLOY_KEY", alices.deploy_key());
        let output = tokio::task::spawn_blocking(move || tests.output())
            .await
            .unwrap()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        assert!(
            output.status.success(),
            "React {react}:\n{}",
            String::from_utf8_lossy(&text)
        );
    }
}

#[test]
fn the_package_has_its_code_and_types_and_nothing_else() {
    if Node::get().is_none() {
        return;
    }
    let mut tests = Command::new("node");
    tests.args(["test/run.mjs", "package"]);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../byod-react");
    let output = tests.current_dir(folder).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&text)
    );
}
