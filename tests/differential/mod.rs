//! `byod-local` against Convex's own code: the same calls of the same project
//! give the same results and the same errors.

mod calls;
mod example;
mod http_api;
mod sides;
mod words;

use crate::support::node::{Node, NodeDeployment};
use byod_local::LocalDeployment;
use proptest::collection::vec;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tokio::runtime::Runtime;

use calls::{Call, any_call};
use sides::Side;

/// The example's user project, by `byod-local` and by `convex-test`.
async fn deploy(node: &'static Node) -> (LocalDeployment, NodeDeployment) {
    let manifest = byod_local::read_manifest(byod_examples::MANIFEST).unwrap();
    let lock = include_str!("../../examples/byod/convex/byod.lock.json");
    let lock: serde_json::Value = serde_json::from_str(lock).unwrap();
    let version = lock["schemaVersion"].as_u64().unwrap();
    let local = example::user(&manifest)
        .name("users")
        .shared()
        .schema_version(version.try_into().unwrap());
    let local = local.start().await;
    // Alice and Carol both call.
    (local.unwrap(), node.deploy_shared("users"))
}

#[test]
fn any_sequence_of_calls_gives_the_same() {
    let Some(node) = Node::get() else { return };
    let runtime = Runtime::new().unwrap();
    let config = Config {
        // 64, unless PROPTEST_CASES asks for more.
        cases: Config::default().cases / 4,
        max_shrink_iters: 300,
        failure_persistence: None,
        ..Config::default()
    };
    let law = |calls: Vec<Call>| runtime.block_on(give_the_same(node, &calls));
    if let Err(failure) = TestRunner::new(config).run(&vec(any_call(), 1..30), law) {
        panic!("{failure}");
    }
}

async fn give_the_same(node: &'static Node, calls: &[Call]) -> Result<(), TestCaseError> {
    let (local, node) = deploy(node).await;
    let mut local_side = Side::new(local.url(), local.deploy_key());
    let mut node_side = Side::new(node.url(), node.deploy_key.clone());
    for (step, call) in calls.iter().enumerate() {
        let several = local_side.mistakes(call) > 1;
        let ours = local_side.run(call).await;
        let ours = ours.map_err(|error| words::of_backend(&error, several));
        let convexs = node_side.run(call).await;
        let convexs = convexs.map_err(|error| words::of_convex_test(&error, several));
        if ours != convexs {
            let differ = format!(
                "call {step}, {call:?}:\nbyod-local gives  {ours:#?}\nconvex-test gives {convexs:#?}"
            );
            return Err(TestCaseError::fail(differ));
        }
    }
    Ok(())
}
