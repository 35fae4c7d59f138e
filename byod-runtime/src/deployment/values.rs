//! How many values an answer holds: what it takes in memory doesn't depend on its size
//! alone.

/// How many values an object counts as beside its members, for most types that hold one
/// need room for a map.
const OBJECT: usize = 8;

/// The most values that three bytes can hold: `{},`.
const IN_THREE_BYTES: usize = OBJECT + 1;

/// Whether there are more than `limit` values in a text of JSON. What isn't JSON has
/// some number of them too.
pub(crate) fn more_than(limit: usize, json: &[u8]) -> bool {
    // Most answers are short and need not be looked at.
    if json.len().saturating_mul(IN_THREE_BYTES) / 3 < limit {
        return false;
    }
    let mut count = 1_usize;
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        count += match byte {
            b',' | b'[' => 1,
            b'{' => OBJECT,
            b'"' => {
                skip_string(&mut bytes);
                0
            }
            _ => 0,
        };
        if count > limit {
            return true;
        }
    }
    false
}

/// Goes behind the end of a string that has begun.
fn skip_string(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_and_what_stands_in_strings_is_none() {
        for (json, count) in [
            ("1", 1),
            (r#""[,{\"[,\\""#, 1),
            ("[1,2,3]", 4),
            (r#"{"a,[":1}"#, 9),
            (r#"[{"a":[1,2],"b":"\\"},"]"]"#, 14),
            (r#""unfinished [,,"#, 1),
        ] {
            let json = format!("{json}{}", " ".repeat(60));
            assert!(!more_than(count, json.as_bytes()), "{json}");
            assert!(more_than(count - 1, json.as_bytes()), "{json}");
        }
    }

    #[test]
    fn a_short_text_can_hold_no_more_than_is_taken_for_granted() {
        for json in ["{},".repeat(1000), "[],".repeat(1000), "1,".repeat(1500)] {
            let most = json.len() * IN_THREE_BYTES / 3;
            assert!(!more_than(most + 1, json.as_bytes()));
            // Looked at, there are no more.
            let count = (0..=most + 1).find(|count| !more_than(*count, json.as_bytes()));
            assert!(count.unwrap() <= most + 1);
        }
    }
}
