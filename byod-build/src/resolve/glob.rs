//! Patterns with `*`, as descriptions of packages have them. Whoever wrote one, matching
//! takes time by the product of both lengths at the most.

/// Whether a path, seen from the pattern's folder, is meant: `*` stands for anything within
/// a name, `**` for any number of folders.
pub(crate) fn path_matches(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    fits(&pattern, &path, is_folders, |part, name| {
        name_matches(part, name)
    })
}

/// Whether one part of a pattern means a name.
pub(crate) fn name_matches(part: &str, name: &str) -> bool {
    let part: Vec<char> = part.chars().collect();
    let name: Vec<char> = name.chars().collect();
    fits(&part, &name, |sign| *sign == '*', |sign, c| sign == c)
}

/// Whether a part of a pattern stands for any number of folders.
fn is_folders(part: &&str) -> bool {
    part.len() > 1 && part.chars().all(|c| c == '*')
}

/// Whether `pattern` fits all of `text`, where a star in it stands for any stretch. Where
/// what follows a star fails, the star takes one more; those before it never have to.
fn fits<P, T>(
    pattern: &[P],
    text: &[T],
    is_star: impl Fn(&P) -> bool,
    is_same: impl Fn(&P, &T) -> bool,
) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut star = None;
    while let Some(next) = text.get(read) {
        match (pattern.get(at), star) {
            (Some(part), _) if is_star(part) => {
                star = Some((at + 1, read));
                at += 1;
            }
            (Some(part), _) if is_same(part, next) => {
                at += 1;
                read += 1;
            }
            (_, Some((behind, taken))) => {
                star = Some((behind, taken + 1));
                (at, read) = (behind, taken + 1);
            }
            (_, None) => return false,
        }
    }
    pattern[at..].iter().all(is_star)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_means_names() {
        assert!(name_matches("*", "any"));
        assert!(name_matches("app-*", "app-web"));
        assert!(name_matches("a*b*c", "aXbYc"));
        assert!(name_matches("*é", "caféé"));
        assert!(name_matches("a*", "a"));
        assert!(!name_matches("app-*", "web"));
        assert!(!name_matches("*-kit", "kit"));
        assert!(!name_matches("a*b", "abc"));
    }

    #[test]
    fn a_pattern_means_paths() {
        assert!(path_matches("**/x.js", "x.js"));
        assert!(path_matches("a/**/x/*.js", "a/x/b/x/y.js"));
        assert!(path_matches("a/**", "a/b/c.js"));
        assert!(path_matches("a/***/c.js", "a/b/b/c.js"));
        assert!(!path_matches("a/*", "a/b/c.js"));
        assert!(!path_matches("**/x.js", "a/y.js"));
    }

    #[test]
    fn what_could_be_tried_in_ever_so_many_ways_ends() {
        let name = "a".repeat(250);
        assert!(!name_matches(&("*a".repeat(100) + "b"), &name));
        let path = "a/".repeat(500) + "a";
        assert!(!path_matches(&("**/a/".repeat(100) + "b"), &path));
    }
}
