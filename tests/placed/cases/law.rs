//! The law that holds for all functions, records and switches.

use byod_placed_tests::MANIFEST;
use byod_runtime::{ConnectionStatus, FunctionType, Location, Outcome, Rollout};

use crate::service::Service;

/// Said without the code's words.
#[tokio::test]
async fn no_connected_user_reaches_main_with_what_touches_users_tables() {
    const SWITCHES: [Rollout; 3] = [Rollout::Off, Rollout::ReadOnly, Rollout::On];
    let manifest = byod_local::read_manifest(MANIFEST).unwrap();
    let service = Service::start().await;
    let rollout = service.byod.rollout();
    let (mut served, mut refused) = (0, 0);
    for status in [
        None,
        Some(ConnectionStatus::Pending),
        Some(ConnectionStatus::Disconnected),
        Some(ConnectionStatus::Connected),
        Some(ConnectionStatus::Error),
    ] {
        if let Some(status) = status.clone() {
            service.save(status).await;
        }
        let is_connected = status == Some(ConnectionStatus::Connected);
        let is_blocked = status == Some(ConnectionStatus::Error);
        for combination in 0..27 {
            let of = ["conversations", "messages", "tags"].map({
                let mut left = combination;
                move |table| {
                    let switch = SWITCHES[left % 3];
                    left /= 3;
                    (table, switch)
                }
            });
            rollout.set_all(Rollout::On);
            of.iter()
                .for_each(|(table, switch)| rollout.set(table, *switch));
            for (path, function) in &manifest.main.functions {
                let said = format!("{path} {status:?} {of:?}");
                let name = path.to_string();
                let found = service.byod.client_for_function(&name, &*service.alice_id);
                let found = found.await.map(|found| found.deployment.location());
                let placement = manifest.placement(path);
                let touches = placement.map(|it| it.touches()).unwrap_or_default();
                // A table's own module goes by the table's switch.
                let by: Vec<Rollout> = of
                    .iter()
                    .filter(|(table, _)| match &*path.module {
                        "messages" => *table == "messages",
                        _ => touches.contains(table),
                    })
                    .map(|(_, switch)| *switch)
                    .collect();
                // What asks for users' data wants their token, which such a client hasn't.
                let is_mains =
                    manifest.runs(path) == byod_schema::Runs::Main && !manifest.asks_users(path);
                let all_off = !by.is_empty() && by.iter().all(|switch| *switch == Rollout::Off);
                if is_mains || !(is_connected || is_blocked) || all_off {
                    assert_eq!(found.unwrap(), Location::Main, "{said}");
                    continue;
                }
                let may = is_connected
                    && manifest.runs(path) == byod_schema::Runs::User
                    && by.iter().all(|switch| match switch {
                        Rollout::Off => false,
                        Rollout::ReadOnly => function.function_type == FunctionType::Query,
                        Rollout::On => true,
                    });
                match found {
                    Ok(location) => {
                        assert_eq!((location, may), (Location::User, true), "{said}");
                        served += 1;
                    }
                    Err(error) => {
                        assert!(!may, "{said}: {error}");
                        assert_eq!(error.outcome(), Outcome::NotExecuted, "{said}");
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(served > 100 && refused > 100, "{served} {refused}");
}
