//! Times of the standard library and of three crates, in `v.number()` fields.

use std::time::{Duration, SystemTime};

use byod_runtime::Doc;
use byod_types_tests::with_times::Times;
use serde_json::json;

fn document(chrono: serde_json::Value) -> Result<Doc<Times>, serde_json::Error> {
    serde_json::from_value(json!({
        "_id": "t1", "_creationTime": 1_700_000_000_000.123_3,
        "system": -0.5, "chrono": chrono, "jiff": [0, 1_700_000_000_000.25], "time": null,
    }))
}

#[test]
fn a_number_is_a_time() {
    let doc = document(json!(1_700_000_000_123.5)).unwrap();
    assert_eq!(
        doc.system,
        SystemTime::UNIX_EPOCH - Duration::from_micros(500)
    );
    assert_eq!(
        doc.chrono.unwrap().timestamp_micros(),
        1_700_000_000_123_500
    );
    assert_eq!(doc.jiff[1].to_string(), "2023-11-14T22:13:20.00025Z");
    assert_eq!(doc.time, None);
    let created: time::OffsetDateTime = doc.created_at().unwrap();
    assert_eq!(
        (created.unix_timestamp(), created.microsecond()),
        (1_700_000_000, 123)
    );
    // Written back, every number is the one that came.
    let written = serde_json::to_value(&doc).unwrap();
    assert_eq!(written["chrono"], json!(1_700_000_000_123.5));
    assert_eq!(written["system"], json!(-0.5));
    assert_eq!(written["_creationTime"], json!(1_700_000_000_000.123_3));
    assert_eq!(written["jiff"], json!([0, 1_700_000_000_000.25]));
}

#[test]
fn what_is_no_time_names_the_field() {
    for number in [json!({"$float": "AAAAAAAA+H8="}), json!(1e300)] {
        let error = document(number).unwrap_err().to_string();
        assert!(error.starts_with("`chrono`: "), "{error}");
        assert!(
            error.contains("expected milliseconds since 1970"),
            "{error}"
        );
    }
}
