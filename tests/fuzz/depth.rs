//! Nesting of 10,000 levels is an error in whatever reads data from outside, on the
//! stack that a thread has by default.

use byod_fuzz_targets::TARGETS;

const LEVELS: usize = 10_000;

fn nested(open: &str, inner: &str, close: &str) -> String {
    open.repeat(LEVELS) + inner + &close.repeat(LEVELS)
}

#[test]
fn nesting_is_an_error_and_not_the_end() {
    let arrays = nested("[", "1", "]");
    let objects = nested(r#"{"a":"#, "1", "}");
    let optional = nested(r#"{"type":"array","value":"#, r#"{"type":"any"}"#, "}");
    for target in TARGETS {
        for deep in [&arrays, &objects, &optional] {
            // Wherever the format has a value of any kind.
            for around in [
                "@",
                "\0@",
                "\0{\"status\":\"success\",\"value\":@}",
                "\0{\"value\":@,\"status\":\"success\"}",
                "\0{\"status\":\"error\",\"errorMessage\":\"no\",\"errorData\":@}",
                "\0{\"status\":\"error\",\"errorMessage\":@}",
                "\0{\"logLines\":@,\"status\":\"success\",\"value\":1}",
                "\0{\"results\":[@]}",
                "\0{\"results\":[{\"status\":\"success\",\"value\":@}]}",
                "\0{\"results\":[{\"status\":\"error\",\"errorMessage\":\"no\",\"errorData\":@}]}",
                "\u{3}{\"code\":@,\"message\":@}",
                "{\"_id\":\"a\",\"userId\":\"a\",\"connectionStatus\":\"pending\",\"new\":@}",
                "{\"_id\":\"a\",\"userId\":@,\"connectionStatus\":@}",
                "{\"format\":1,\"main\":@,\"inject\":@}",
                "{\"format\":1,\"main\":{\"convex\":\"c\",\"schema\":{\"tables\":[{\"tableName\":\"a\",\"documentType\":@}]}}}",
                "main = @",
                "[main]\nconvex = @",
                "[user]\ntables = @",
            ] {
                (target.run)(around.replace('@', deep).as_bytes());
            }
        }
        (target.run)(nested("[", "a", "]").as_bytes());
        (target.run)(format!("[{}]\nb = 1", vec!["a"; LEVELS].join(".")).as_bytes());
        (target.run)(format!("main = {}", nested("{a=", "1", "}")).as_bytes());
        (target.run)(format!("{} = 1", vec!["a"; LEVELS].join(".")).as_bytes());
    }
}
