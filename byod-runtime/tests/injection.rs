//! The arguments that only the user's deployment takes.

use crate::support::world::World;
use byod_runtime::codec::Injection;
use byod_runtime::{ConnectionStatus, FunctionInfo, FunctionType, Mutation, Runs};

#[tokio::test]
async fn the_time_is_read_once_a_call() {
    // So many stamps that writing them takes longer than the clock stands still.
    const STAMPS: usize = 50_000;
    let inject: Vec<_> = (0..STAMPS)
        .map(|number| (&*format!("at{number}").leak(), Injection::Now))
        .collect();
    let function = FunctionInfo {
        table: "notes",
        kind: FunctionType::Mutation,
        runs: Runs::User,
        switches: &["notes"],
        path: "notes:create",
        head: r#"{"path":"notes:create","format":"convex_encoded_json","args":"#,
        inject: inject.leak(),
        mirror: &[],
        outbox: false,
        schema_version: 0,
        takes: &[],
    };
    let world = World::new().await;
    world
        .save("a", "local|key", ConnectionStatus::Connected)
        .await;
    let call = Mutation::<String>::__new(&world.session("a"), Box::leak(Box::new(function)), &());
    call.await.unwrap();
    let request = world.users.requests().pop().unwrap();
    let args = request.body["args"].as_object().unwrap();
    assert_eq!(args.len(), STAMPS);
    assert!(args.values().all(|stamp| stamp == &args["at0"]));
}
