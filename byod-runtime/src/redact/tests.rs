use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use proptest::prelude::*;

use super::*;

const KEY: &str = "prod:happy-animal-123|eyJ2/geheim+geheim==";

fn secrets() -> Secrets {
    Secrets::new([KEY, "eyJ2/geheim+geheim=="])
}

#[test]
fn a_text_without_secrets_stays_as_it_is() {
    for text in [
        "",
        "no",
        r"C:\dir %zz &amp; \u12 100% &#x; ☃",
        "prod:happy-animal-123 is paused",
    ] {
        assert!(matches!(secrets().redact(text), Cow::Borrowed(kept) if kept == text));
    }
    assert_eq!(Secrets::default().redact(KEY), KEY);
}

#[test]
fn every_usual_form_is_found() {
    let hex = hex::encode(KEY);
    for form in [
        KEY,
        &KEY.to_uppercase(),
        "prod%3Ahappy-animal-123%7CeyJ2%2Fgeheim%2Bgeheim%3D%3D",
        "prod%3ahappy-animal-123%7ceyJ2/geheim+geheim==",
        r"prod:happy-animal-123|eyJ2\/geheim+geheim==",
        r"prod:happy-animal-123|eyJ2\\\/geheim+geheim==",
        r"prod\u003ahappy-animal-123\u007CeyJ2/geheim+geheim\u003d\u003d",
        "prod&colon;happy-animal-123&#124;eyJ2&#x2F;geheim&plus;geheim&#61;&equals;",
        &hex,
        &hex.to_uppercase(),
        "eyJ2%2Fgeheim%2Bgeheim%3D%3D",
    ] {
        let echo = format!("no: {form}!");
        assert_eq!(secrets().redact(&echo), "no: …!", "{form}");
    }
}

#[test]
fn base64_is_found_wherever_the_secret_begins_in_it() {
    for before in ["", "a", "ab", "abc", "Convex "] {
        for behind in ["", ":", "::", ":x:y"] {
            let whole = format!("{before}{KEY}{behind}");
            for code in [STANDARD.encode(&whole), URL_SAFE.encode(&whole)] {
                assert_eq!(secrets().redact(&format!("({code})")), "(…)", "{whole}");
            }
        }
    }
}

#[test]
fn a_secret_is_found_that_looks_like_an_escape_itself() {
    for secret in [
        "100%41\\u0041",
        "a&amp;b%2Fc",
        "%7c%7c%7c",
        "straße-☃-GEHEIM",
    ] {
        let secrets = Secrets::new([secret]);
        let json = serde_json::to_string(secret).unwrap();
        let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for echo in [secret, &json, &percent, &secret.to_uppercase()] {
            let kept = secrets.redact(echo).replace(['"', '…'], "");
            assert_eq!(kept, "", "{secret} as {echo}");
        }
    }
}

#[test]
fn a_limit_cuts_no_secret_in_two() {
    let secrets = secrets();
    let percent: String = KEY.bytes().map(|byte| format!("%{byte:02X}")).collect();
    for before in 0..60 {
        for echo in [KEY, &percent] {
            let text = format!("{}{echo} and more {echo}", "x".repeat(before));
            let short = secrets.shortened(&text, 50);
            assert!(short.chars().count() <= 51, "{short}");
            assert!(short.starts_with(&"x".repeat(before.min(50))), "{short}");
            for piece in ["prod", "%70", "happy", "geheim"] {
                assert!(!short.contains(piece), "{short}");
            }
        }
    }
    assert_eq!(secrets.shortened("short", 5), "short");
    assert_eq!(secrets.shortened("shorter", 5), "short…");
    assert_eq!(secrets.shortened(&format!("no {KEY}"), 3), "no …");
}

#[test]
fn a_value_is_redacted_at_every_depth() {
    let json = serde_json::json!({"a": [{"eyJ2/geheim+geheim==": KEY, "n": {"$integer": "KgAAAAAAAAA="}}]});
    let mut value: Value = serde_json::from_value(json).unwrap();
    secrets().redact_value(&mut value);
    assert_eq!(
        serde_json::to_string(&value).unwrap(),
        r#"{"a":[{"n":{"$integer":"KgAAAAAAAAA="},"…":"…"}]}"#
    );
}

#[test]
fn debug_shows_nothing() {
    assert_eq!(format!("{:?}", secrets()), "Secrets");
}

proptest! {
    #[test]
    fn any_secret_is_found_in_any_mixture_of_escapes(
        secret in "[ -~äß鍵☃]{4,40}",
        escapes in prop::collection::vec(0u8..7, 40),
        before in "[a-z %&\\\\]{0,10}",
    ) {
        let escaped: String = secret.chars().zip(&escapes).map(|(c, escape)| match escape {
            0 => c.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect(),
            1 => format!("\\u{:04x}", u32::from(c)),
            2 => format!("&#{};", u32::from(c)),
            3 => format!("&#x{:X};", u32::from(c)),
            // These would begin another escape.
            4 if !matches!(c, 'u' | 'x') => format!("\\{c}"),
            _ => c.to_string(),
        }).collect();
        // What a mixture means is not always one thing: only clear ones are judged.
        prop_assume!(!secret.contains(['%', '&', '\\', '#', ';']));
        let text = format!("{before} {escaped}");
        let kept = Secrets::new([&*secret]).redact(&text).into_owned();
        let expected = format!("{before} …");
        let same = kept.trim_end_matches('…').trim_end_matches('\\') == expected.trim_end_matches('…').trim_end_matches('\\');
        prop_assert!(same, "{} in {}: {}", secret, text, kept);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}|[%&\\\\#x;u{}0-9a-f☃]{0,60}", limit in 0usize..70) {
        let secrets = Secrets::new(["%25", "abcd", "\\u{41}", &text]);
        let short = secrets.shortened(&text, limit);
        prop_assert!(short.chars().count() <= limit + 1);
    }
}
