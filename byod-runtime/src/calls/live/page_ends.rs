//! Where pages end that are asked for from time to time: what a journal says on a socket.

use std::collections::BTreeMap;

use byod_sync::Json;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};

/// What the journals begin with that are of no deployment but of here.
const MARK: &str = "ends at ";

/// The longest end that is kept, in bytes, as of a journal on a socket: each query keeps one, and it is sent each time.
const LONGEST: usize = 64 << 10;

/// A journal that says where a page ended.
pub(super) fn journal(end: &str) -> String {
    format!("{MARK}{end}")
}

/// Where a page ended, by such a journal; `None` of one that a deployment gave.
pub(super) fn of_journal(journal: &str) -> Option<&str> {
    journal.strip_prefix(MARK)
}

/// Where a page ended that gave that value; `None` of what is no page, or says more than may be kept.
pub(super) fn of_value(value: &Json) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Page {
        #[serde(rename = "page")]
        _rows: Vec<serde::de::IgnoredAny>,
        continue_cursor: String,
    }

    let page: Option<Page> = value.read().ok();
    let end = page.map(|page| page.continue_cursor);
    end.filter(|end| end.len() <= LONGEST)
}

type Object = BTreeMap<String, Box<RawValue>>;

const OPTIONS: &str = "paginationOpts";
const END: &str = "endCursor";

/// Whether the arguments are those of a page that doesn't say itself where it ends.
pub(super) fn is_open(args: &Json) -> bool {
    open(args).is_some()
}

/// Such arguments, and their options.
fn open(args: &Json) -> Option<(Object, Object)> {
    let args: Object = args.read().ok()?;
    let options: Object = serde_json::from_str(args.get(OPTIONS)?.get()).ok()?;
    let is_open = options.get(END).is_none_or(|end| end.get() == "null");
    (options.contains_key("cursor") && is_open).then_some((args, options))
}

/// The arguments of a page that is to end there; `None` where they are no page's, or say themselves where it ends.
pub(super) fn with_end(args: &Json, end: &str) -> Option<Json> {
    let (mut args, mut options) = open(args)?;
    options.insert(END.to_owned(), to_raw_value(end).ok()?);
    args.insert(OPTIONS.to_owned(), to_raw_value(&options).ok()?);
    Json::of(&args).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_where_it_ended() {
        let json = |text: &str| Json::parse(text).unwrap();
        let page = json(r#"{"page": [{"a": 1}], "isDone": false, "continueCursor": "c"}"#);
        assert_eq!(of_value(&page).as_deref(), Some("c"));
        for other in [
            "null",
            "[1]",
            r#"{"continueCursor": "c"}"#,
            r#"{"page": []}"#,
        ] {
            assert_eq!(of_value(&json(other)), None, "{other}");
        }
        let long = format!(
            r#"{{"page": [], "continueCursor": "{}"}}"#,
            "c".repeat(LONGEST + 1)
        );
        assert_eq!(of_value(&json(&long)), None);
        assert_eq!(of_journal(&journal("c d")), Some("c d"));
        assert_eq!(of_journal("c"), None);

        let open = json(r#"{"id": "x", "paginationOpts": {"cursor": null, "numItems": 3.0}}"#);
        assert_eq!(
            with_end(&open, "c").unwrap().get(),
            r#"{"id":"x","paginationOpts":{"cursor":null,"endCursor":"c","numItems":3.0}}"#
        );
        for other in [
            "{}",
            "[]",
            r#"{"paginationOpts": {"numItems": 3.0}}"#,
            r#"{"paginationOpts": {"cursor": null, "endCursor": "b"}}"#,
        ] {
            assert!(
                !is_open(&json(other)) && with_end(&json(other), "c").is_none(),
                "{other}"
            );
        }
    }
}
