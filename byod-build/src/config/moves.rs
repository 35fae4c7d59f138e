//! `[user.move]`: that users' data moves between main and their deployments, and how.

use byod_schema::Moves;
use toml::de::DeTable;

use super::entries::Reader;
use super::names::not_a_field;

/// The section, where there is one: it may be empty.
pub(super) fn moves(reader: &Reader<'_>, user: &DeTable) -> Option<Moves> {
    let section = reader.table(user, "move")?;
    reader.known_keys(section, "user.move.", &["createdAt"]);
    let named = reader.string(section, "user.move.", "createdAt");
    if let Some(named) = &named
        && let Some(reason) = not_a_field(&named.text)
    {
        let message = format!(
            "`user.move.createdAt` is no field that Convex takes: it {reason}. Name the one that holds when a document was made"
        );
        reader.wrong(Some(named.line), message);
    }
    Some(Moves {
        created_at: named.map(|named| named.text),
    })
}
