//! Where pages end that are asked for from time to time: what a journal says on a socket.

use std::collections::BTreeMap;

use byod_sync::Json;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};

/// What the journals begin with that are of no deployment but of here.
const MARK: &str = "ends at ";

/// A journal that says where a page ended.
pub(super) fn journal(end: &str) -> String {
    format!("{MARK}{end}")
}

/// Where a page ended, by such a journal; `None` of one that a deployment gave.
pub(super) fn of_journal(journal: &str) -> Option<&str> {
    journal.strip_prefix(MARK)
}

/// Where a page ended that gave that value; `None` of what is no page.
pub(super) fn of_value(value: &Json) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Page {
        #[serde(rename = "page")]
        _rows: Vec<serde::de::IgnoredAny>,
        continue_cursor: String,
    }

    // Most values are none, and are read no further than that shows.
    let page: Option<Page> = value.read().ok();
    page.map(|page| page.continue_cursor)
}

/// The arguments of a page that is to end there; `None` where they are no page's, or say themselves where it ends.
pub(super) fn with_end(args: &Json, end: &str) -> Option<Json> {
    const OPTIONS: &str = "paginationOpts";
    const END: &str = "endCursor";

    type Object = BTreeMap<String, Box<RawValue>>;
    let mut args: Object = args.read().ok()?;
    let mut options: Object = serde_json::from_str(args.get(OPTIONS)?.get()).ok()?;
    let is_open = options.get(END).is_none_or(|end| end.get() == "null");
    if !options.contains_key("cursor") || !is_open {
        return None;
    }
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
            assert!(with_end(&json(other), "c").is_none(), "{other}");
        }
    }
}
