//! The registry of functions, and the file that it is made of.

use std::path::Path;

use byod_placed_tests::{FUNCTIONS, MANIFEST, TABLES};
use byod_runtime::{FunctionType, Router, Runs};

#[test]
fn the_registry_has_every_public_function_where_it_runs() {
    const ROUTER: Router = Router::new(TABLES).with_functions(FUNCTIONS);
    let manifest = byod_local::read_manifest(MANIFEST).unwrap();
    assert_eq!(FUNCTIONS.len(), manifest.main.functions.len());
    for (path, function) in &manifest.main.functions {
        let found = ROUTER.function(&path.to_string()).unwrap();
        assert_eq!(found.path, path.to_string());
        assert_eq!(found.kind, function.function_type);
        match (manifest.runs(path), found.runs) {
            (byod_schema::Runs::User, Runs::User) => {}
            (byod_schema::Runs::Main, Runs::Main { sees_no_connected }) => {
                assert_eq!(sees_no_connected, path.module == "admin/tags", "{path}");
            }
            (byod_schema::Runs::Main, Runs::Asks) => assert_eq!(path.to_string(), "chat:answer"),
            (
                byod_schema::Runs::Refused { refusal, reason },
                Runs::Refused {
                    refusal: found,
                    reason: said,
                },
            ) => assert_eq!((refusal, &*reason), (found, said), "{path}"),
            other => panic!("{path}: {other:?}"),
        }
        let is_injected = found.runs == Runs::User;
        assert_eq!(!found.inject.is_empty(), is_injected, "{path}");
    }
    let send = ROUTER.function("chat:sendMessage").unwrap();
    assert_eq!(send.kind, FunctionType::Mutation);
    assert_eq!(send.switches, ["conversations", "messages"]);
    assert_eq!(
        ROUTER.function("messages:report").unwrap().switches,
        ["messages"]
    );
}

#[test]
fn the_file_of_the_functions_is_of_these_projects() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("byod.toml");
    let builder = byod_build::Builder::new().config(&config);
    let (manifest, digest) = builder.read_with_digest().unwrap();
    let mut placements = manifest.placements.unwrap();
    let digest = digest.unwrap();
    if std::env::var_os("BYOD_PLACED_WRITE").is_some() {
        placements.digest = digest.clone();
        builder.write_placements(&placements).unwrap();
    }
    assert_eq!(
        placements.digest, digest,
        "write it with BYOD_PLACED_WRITE=1"
    );
}
