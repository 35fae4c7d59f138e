//! Names that Rust has other uses for, and names that come out equal.

use byod_runtime::byod_table;

#[byod_table(location = "main")]
pub struct OddNames;

fn main() {
    let json = r#"{"2fa": true, "self": "s", "state": "a_b", "type": "t", "userId": "1", "user_id": "2"}"#;
    let odd: OddNames = serde_json::from_str(json).unwrap();
    assert_eq!((odd.r#type.as_str(), odd.self_.as_str(), odd._2fa), ("t", "s", true));
    assert_eq!((odd.user_id.as_str(), odd.user_id2.as_str()), ("1", "2"));
    assert_eq!(odd.state, odd_names::State::AB2);
    for (state, text) in [
        (odd_names::State::AB, "a-b"),
        (odd_names::State::AB2, "a_b"),
        (odd_names::State::Empty, ""),
        (odd_names::State::Unknown, "unknown"),
    ] {
        assert_eq!(state.as_str(), text);
    }
    let newer = serde_json::from_str(r#""new""#).unwrap();
    assert!(matches!(newer, odd_names::State::Unknown2(_)));
    let back: serde_json::Value = serde_json::to_value(&odd).unwrap();
    assert_eq!(back, serde_json::from_str::<serde_json::Value>(json).unwrap());
}
