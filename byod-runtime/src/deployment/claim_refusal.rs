//! How a function of a user's deployment says that it is not the caller's.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::Claim;

/// The code of the data that functions throw for who may not call them.
const CODE: &str = "byod_claim";

/// The data of such an error is no longer than this, in bytes.
const LONGEST: usize = 4096;

/// Whose the deployment is, if the data of a function's error says that it is not
/// the caller's.
pub(crate) fn refusal(data: &RawValue) -> Option<Claim> {
    #[derive(Deserialize)]
    struct Refusal<'a> {
        #[serde(borrow)]
        code: Cow<'a, str>,
        #[serde(borrow)]
        claim: Cow<'a, str>,
    }
    if data.get().len() > LONGEST {
        return None;
    }
    let Refusal { code, claim } = serde_json::from_str(data.get()).ok()?;
    match (&*code, &*claim) {
        (CODE, "unclaimed") => Some(Claim::Unclaimed),
        (CODE, "somebody else's") => Some(Claim::SomebodyElses),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_functions_own_refusal_is_one() {
        let refusal = |json: &str| {
            let data: &RawValue = serde_json::from_str(json).unwrap();
            super::refusal(data)
        };
        let of = |claim: &str| {
            refusal(&format!(
                r#"{{"message": "m", "code": "byod_claim", "claim": "{claim}"}}"#
            ))
        };
        assert_eq!(of("unclaimed"), Some(Claim::Unclaimed));
        assert_eq!(of("somebody else's"), Some(Claim::SomebodyElses));
        assert_eq!(of("yours"), None);
        assert_eq!(of(&"x".repeat(LONGEST)), None);
        for other in [
            r#""byod_claim""#,
            r#"{"code": "byod_claim"}"#,
            r#"{"code": "x", "claim": "unclaimed"}"#,
            "[1]",
            "null",
        ] {
            assert_eq!(refusal(other), None, "{other}");
        }
    }
}
