//! `mirror` and `never_mirror`: of which of main's tables users' deployments have copies.

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

/// What is mirrored is main's.
pub(super) fn check(reader: &Reader<'_>, tables: &[Named], mirrored: &[Named], never: &[Named]) {
    for table in mirrored {
        let mut of_users = tables.iter();
        if of_users.any(|of_users| of_users.text == table.text) {
            let message = format!(
                "`{}` is in `user.tables`, so it is where the user's data is already. Remove it from `user.mirror`",
                table.text
            );
            reader.wrong(Some(table.line), message);
        }
    }
    if let (Some(field), true) = (never.first(), mirrored.is_empty()) {
        let message = "`user.never_mirror` is there without `user.mirror`: nothing leaves main. Remove it, or name tables in `user.mirror`";
        reader.wrong(Some(field.line), message.to_owned());
    }
}
