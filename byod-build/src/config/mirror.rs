//! `mirror`, `published` and `never_mirror`: of which of main's tables users' deployments
//! have copies.

use toml::de::DeTable;

use super::entries::{Entry, Named, Reader};
use super::names::{not_a_field, not_a_table};

/// The fields that never leave main: `table.field`, or a field's name.
pub(super) fn never(reader: &Reader<'_>, user: &DeTable) -> Vec<Named> {
    let expected = "`user.never_mirror` must be a list of fields that never leave main: `never_mirror = [\"users.email\"]`, or a field's name for all tables";
    let field = |item: &Entry| {
        let text = item.get_ref().as_str();
        let is_named = |text: &&str| match text.split_once('.') {
            Some((table, field)) => not_a_table(table).is_none() && not_a_field(field).is_none(),
            None => not_a_field(text).is_none(),
        };
        let Some(text) = text.filter(is_named) else {
            reader.wrong_at(item, expected.to_owned());
            return None;
        };
        Some(Named {
            text: text.to_owned(),
            line: reader.line(&item.span()),
        })
    };
    let list = reader.list(user, "never_mirror", expected);
    list.filter_map(field).collect()
}

/// What the section says of tables that copies depend on.
pub(super) struct Copied<'c> {
    /// The users' own tables.
    pub(super) tables: &'c [Named],
    pub(super) mirror: &'c [Named],
    pub(super) published: &'c [Named],
    pub(super) never: &'c [Named],
    pub(super) owner: &'c [(Named, Named)],
}

/// What is mirrored or published is main's, and one of both.
pub(super) fn check(reader: &Reader<'_>, copied: &Copied<'_>) {
    let lists = [("mirror", copied.mirror), ("published", copied.published)];
    for (key, list) in lists {
        for table in list {
            let mut of_users = copied.tables.iter();
            if of_users.any(|of_users| of_users.text == table.text) {
                let message = format!(
                    "`{}` is in `user.tables`, so it is where the user's data is already. Remove it from `user.{key}`",
                    table.text
                );
                reader.wrong(Some(table.line), message);
            }
        }
    }
    for table in copied.published {
        let mut mirrored = copied.mirror.iter();
        if mirrored.any(|mirrored| mirrored.text == table.text) {
            let message = format!(
                "`{}` is in `user.mirror`, of which each user gets their own documents, and in `user.published`, of which everybody gets all. Remove it from one",
                table.text
            );
            reader.wrong(Some(table.line), message);
            continue;
        }
        let mut owned = copied.owner.iter();
        if owned.any(|(owned, _)| owned.text == table.text) {
            let message = format!(
                "`{}` has an owner in [user.owner], so it can't be in `user.published`, of which everybody gets all. Name it in `user.mirror`",
                table.text
            );
            reader.wrong(Some(table.line), message);
        }
    }
    let has_any = lists.iter().any(|(_, list)| !list.is_empty());
    if let (Some(field), false) = (copied.never.first(), has_any) {
        let message = "`user.never_mirror` is there without `user.mirror` and `user.published`: nothing leaves main. Remove it, or name tables in `user.mirror`";
        reader.wrong(Some(field.line), message.to_owned());
    }
}
