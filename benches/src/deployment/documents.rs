//! What the deployment answers, prepared before anybody asks.

use std::fmt::Write as _;

/// The value of `conversations:list`: that many documents, as a deployment prints
/// them, with the fields that people mostly set.
pub fn conversations(count: usize) -> String {
    let mut value = String::from("[");
    for number in 0..count {
        if number > 0 {
            value.push(',');
        }
        let created = 1_700_000_000_000_u64 + number as u64 * 61_007;
        let _ = write!(
            value,
            r#"{{"_creationTime":{created}.5137,"_id":"k57d8r2v6b1jw3a9q0m4n5p7s8{number:06}","archived":false,"createdAt":{created},"lastMessageAt":{},"model":"gpt-5-mini","pinned":{},"settings":{{"temperature":0.7,"tools":["web_search","memory"]}},"systemPrompt":"You are a helpful assistant. Answer briefly.","title":"Conversation {number} about the weather in spring","updatedAt":{},"userId":"user_2abcdefghijklmnop"}}"#,
            created + 1,
            number.is_multiple_of(7),
            created + 2,
        );
    }
    value.push(']');
    value
}

/// The answer of a function that returned this value.
pub fn success(value: &str) -> String {
    format!(r#"{{"status":"success","value":{value},"logLines":[]}}"#)
}
