/// The name in `candidates` that `name` was probably meant to be, if one is close.
///
/// Close is: equal but for case and underscores (`user_id`, `userId`), or at
/// most a third of the name's letters away.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(name);
    let limit = (folded.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&folded, &fold(candidate)),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn fold(name: &str) -> String {
    name.chars()
        .filter(|c| *c != '_')
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_meant() {
        let tables = ["conversations", "messages", "userPreferences"];
        assert_eq!(nearest("conversation", tables), Some("conversations"));
        assert_eq!(nearest("mesages", tables), Some("messages"));
        assert_eq!(nearest("user_preferences", tables), Some("userPreferences"));
        assert_eq!(nearest("zebras", tables), None);
    }
}
