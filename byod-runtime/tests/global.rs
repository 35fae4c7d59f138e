//! The instance that a process has one of. Each test is a process of its own, as it
//! would be in a service.

use std::process::{Command, Output};

use byod_runtime::{Byod, EncryptionKey, Error};

const URL: &str = "https://happy-animal-123.convex.cloud";

/// Runs the test of this file again, in a process with this environment alone.
fn process(test: &str, environment: &[(&str, &str)]) -> Output {
    let program = std::env::current_exe().unwrap();
    let test = format!("global::{test}");
    Command::new(program)
        .args(["--exact", &test, "--ignored"])
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

fn assert_passes(test: &str, environment: &[(&str, &str)]) {
    let output = process(test, environment);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("1 passed"), "{printed}");
}

#[test]
fn it_is_made_from_the_environment_once() {
    let key = "0".repeat(64);
    let environment = [
        ("CONVEX_URL", URL),
        ("CONVEX_DEPLOY_KEY", "prod:happy-animal-123|secret"),
        ("BYOD_ENCRYPTION_KEY", key.as_str()),
    ];
    assert_passes("in_a_process_with_the_variables", &environment);
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn in_a_process_with_the_variables() {
    let threads: Vec<_> = (0..8)
        .map(|_| std::thread::spawn(|| Byod::global().unwrap()))
        .collect();
    let first = Byod::global().unwrap();
    for thread in threads {
        assert!(std::ptr::eq(thread.join().unwrap(), first));
    }
    let error = Byod::set_global(built()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("before anything calls `Byod::global`"),
        "{error}"
    );
}

#[test]
fn a_missing_variable_can_be_tried_again() {
    assert_passes("in_a_process_without_variables", &[]);
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn in_a_process_without_variables() {
    for _ in 0..2 {
        let error = Byod::global().unwrap_err();
        assert!(matches!(error, Error::Config { .. }), "{error}");
        assert!(error.to_string().contains("CONVEX_URL"), "{error}");
    }
    Byod::set_global(built()).unwrap();
    assert_eq!(Byod::global().unwrap().main_client().url(), URL);
    Byod::set_global(built()).unwrap_err();
}

fn built() -> Byod {
    Byod::builder()
        .main_url(URL)
        .deploy_key("prod:happy-animal-123|secret")
        .encryption_key(EncryptionKey::parse("key").unwrap())
        .build()
        .unwrap()
}
