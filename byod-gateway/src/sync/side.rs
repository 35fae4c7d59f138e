//! Which of the deployments, and what is only of use there.

use byod_runtime::Deployment;
use byod_sync::Json;
use serde::Deserialize;
use serde::de::{Error as _, IgnoredAny};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

/// What clients of npm begin a paginated query again for.
pub(super) const INVALID_CURSOR: &str = "InvalidCursor: This page was of another deployment: where the data is has changed. Begin with the first page.";

/// Which of the deployments something is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Main,
    /// A user's own, told from others.
    Own([u8; 8]),
}

impl Side {
    pub(super) fn of(deployment: &Deployment) -> Self {
        if !deployment.is_user() {
            return Self::Main;
        }
        let digest = Sha256::digest(deployment.url());
        let mut own = [0; 8];
        own.copy_from_slice(&digest[..8]);
        Self::Own(own)
    }

    pub(super) fn is_own(self) -> bool {
        matches!(self, Self::Own(_))
    }

    /// A journal as clients are given it, with the deployment that it is of.
    pub(super) fn journal(self, journal: &str) -> String {
        match self {
            Self::Main => format!("main {journal}"),
            Self::Own(own) => format!("{} {journal}", hex::encode(own)),
        }
    }

    /// The journal that a client gives back; nothing that was not given by a gateway is of any use.
    pub(super) fn of_journal(journal: &str) -> Option<(Self, String)> {
        let (side, journal) = journal.split_once(' ')?;
        let side = match side {
            "main" => Self::Main,
            own => {
                let mut digest = [0; 8];
                hex::decode_to_slice(own, &mut digest).ok()?;
                Self::Own(digest)
            }
        };
        Some((side, journal.to_owned()))
    }
}

/// Whether a query begins or ends at a cursor, which means nothing on another deployment.
pub(super) fn has_cursor(args: &Json) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Args {
        pagination_opts: Option<Page>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Page {
        cursor: Option<IgnoredAny>,
        end_cursor: Option<IgnoredAny>,
    }

    let args: Option<(Args,)> = args.read().ok();
    let page = args.and_then(|(args,)| args.pagination_opts);
    page.is_some_and(|page| page.cursor.is_some() || page.end_cursor.is_some())
}

/// The object that arguments are: an array of one.
pub(super) fn only(args: &Json) -> Result<Json, serde_json::Error> {
    let args: Vec<&RawValue> = args.read()?;
    match args[..] {
        [] => Json::parse("{}"),
        [args] => Ok(args.into()),
        _ => Err(serde_json::Error::custom("they are an array of one object")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_says_which_deployment_it_is_of() {
        for side in [Side::Main, Side::Own([7; 8])] {
            let given = side.journal("a b");
            assert_eq!(Side::of_journal(&given), Some((side, "a b".to_owned())));
        }
        for other in ["", "journal", "nowhere x", "07 x"] {
            assert_eq!(Side::of_journal(other), None, "{other}");
        }
    }

    #[test]
    fn the_first_page_has_no_cursor() {
        for (args, expected) in [
            (
                r#"[{"paginationOpts": {"numItems": 3.0, "cursor": "x"}}]"#,
                true,
            ),
            (
                r#"[{"paginationOpts": {"numItems": 3.0, "cursor": null, "endCursor": "x"}}]"#,
                true,
            ),
            (
                r#"[{"paginationOpts": {"numItems": 3.0, "cursor": null}}]"#,
                false,
            ),
            (r#"[{"cursor": "x"}]"#, false),
            (r#"[{}]"#, false),
            (r#"[]"#, false),
        ] {
            assert_eq!(has_cursor(&Json::parse(args).unwrap()), expected, "{args}");
        }
    }
}
