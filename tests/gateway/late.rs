//! What main can't be asked for in time.

use std::time::Duration;

use byod_gateway::Settings;
use byod_runtime::{Byod, EncryptionKey};
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::network::{Network, Way};
use super::raw::{Heard, Raw};
use super::sync::Instance;
use crate::support::Service;

/// A mutation that waits for main is no longer sent once a call of it would be over: the user's data may be elsewhere by
/// the time at which main is back. The client is let go of, and asks again, of wherever that is then.
#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_that_main_is_out_of_reach_for_is_not_sent_later() {
    let service = Service::start().await;
    let network = Network::start(Way::To(service.main.address())).await;
    let byod = Byod::builder()
        .main_url(format!("http://{}", network.address))
        .deploy_key(service.main.deploy_key())
        .encryption_key(EncryptionKey::parse("only for tests").unwrap())
        .tables(byod_examples::TABLES)
        .functions(byod_examples::FUNCTIONS)
        .timeout(Duration::from_secs(1))
        .development(true);
    let app = byod_gateway::router(byod.build().unwrap(), Settings::default());
    let gateway = Instance::of(app);
    let mut raw = Raw::silent(&gateway.address.to_string()).await.unwrap();
    raw.connect().await;
    raw.is("bob", &service.main.token("bob").unwrap()).await;
    let note = |title: &str| json!({"title": title, "content": "words"});
    raw.mutate("notes:create", note("in time")).await;
    raw.until("MutationResponse").await;
    assert_eq!(service.main.count("notes"), 1);

    network.goes(Way::Dead);
    raw.mutate("notes:create", note("late")).await;
    let ended = timeout(Duration::from_secs(20), raw.end()).await;
    let ended = ended.expect("it is let go of");
    assert!(matches!(ended, Heard::Closed(1011, _)), "{ended:?}");
    network.goes(Way::To(service.main.address()));
    // Who is still there is opened anew within a second.
    sleep(Duration::from_secs(3)).await;
    assert_eq!(service.main.count("notes"), 1);
}
