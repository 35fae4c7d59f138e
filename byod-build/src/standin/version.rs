//! The versions of packages, and those that stand-ins were compared with.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

/// `major.minor.patch`; what comes before a version has the same numbers.
pub(crate) type Version = [u64; 3];

/// The versions from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Versions {
    pub(crate) first: Version,
    /// Inclusive.
    pub(crate) last: Version,
}

impl Versions {
    /// Those that the stand-in for a module of a package was compared with; `None` where
    /// all are taken.
    pub(crate) fn of_standin(module: &str, package: &str) -> Option<Self> {
        static KNOWN: OnceLock<BTreeMap<String, Versions>> = OnceLock::new();
        let known = KNOWN.get_or_init(known);
        let is_of_package = module.starts_with(package);
        let own = known.get(module).filter(|_| is_of_package);
        own.or_else(|| known.get(package)).copied()
    }

    pub(crate) fn meets(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// What a dependency of a `package.json` allows; `None` where its words are other
    /// ones than those of versions, or it allows any.
    pub(crate) fn allowed(range: &str) -> Option<Self> {
        const END: u64 = u64::MAX;
        let range = range.trim();
        let text = range.trim_start_matches(['^', '~', '>', '<', '=', 'v', ' ']);
        let numbers: Vec<u64> = text
            .split(['-', '+', ' '])
            .next()?
            .split('.')
            .map_while(|part| part.parse().ok())
            .collect();
        let number = |index: usize| numbers.get(index).copied();
        let major = number(0)?;
        let first = [major, number(1).unwrap_or(0), number(2).unwrap_or(0)];
        let any_patch = [major, first[1], END];
        let last = match range.as_bytes().first()? {
            b'<' => return None,
            b'>' => [END; 3],
            b'^' if major > 0 || number(1).is_none() => [major, END, END],
            b'^' if first[1] > 0 || number(2).is_none() => any_patch,
            b'^' => first,
            b'~' if number(1).is_none() => [major, END, END],
            b'~' => any_patch,
            _ if number(1).is_none() => [major, END, END],
            _ if number(2).is_none() => any_patch,
            _ => first,
        };
        // Several ranges: whatever any of them allows.
        let others = range.split("||").skip(1).map(Self::allowed);
        let mut whole = Self { first, last };
        for other in others {
            let other = other?;
            whole.first = whole.first.min(other.first);
            whole.last = whole.last.max(other.last);
        }
        Some(whole)
    }

    /// The one version that a text is.
    pub(crate) fn exactly(version: &str) -> Option<Self> {
        let is_version = version.starts_with(|c: char| c.is_ascii_digit());
        let only = Self::allowed(version).filter(|_| is_version)?;
        (only.first == only.last).then_some(only)
    }
}

fn known() -> BTreeMap<String, Versions> {
    #[derive(Deserialize)]
    struct Compared {
        first: String,
        last: String,
    }
    let json = include_str!("versions.json");
    let compared: BTreeMap<String, Compared> = serde_json::from_str(json).unwrap_or_default();
    compared
        .into_iter()
        .filter_map(|(package, Compared { first, last })| {
            let (first, last) = (Versions::exactly(&first)?, Versions::exactly(&last)?);
            let versions = Versions {
                first: first.first,
                last: last.last,
            };
            Some((package, versions))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_standin_says_which_versions_it_was_compared_with() {
        assert!(known().len() > 15);
        for (package, versions) in known() {
            assert!(versions.first <= versions.last, "{package}");
        }
    }

    #[test]
    fn what_a_dependency_allows() {
        let allows = |range: &str, version: &str| {
            let version = Versions::exactly(version).unwrap();
            Versions::allowed(range).is_none_or(|allowed| allowed.meets(version))
        };
        for (range, version) in [
            ("0.3.0", "0.3.0"),
            ("^0.3.0", "0.3.9"),
            ("~1.2.3", "1.2.9"),
            ("^1.2.3", "1.9.0"),
            ("1", "1.5.0"),
            ("1.x", "1.5.0"),
            ("*", "9.9.9"),
            ("latest", "9.9.9"),
            (">=0.2", "9.9.9"),
            ("^1 || ^3", "3.1.0"),
            ("workspace:*", "1.0.0"),
            ("<2", "1.0.0"),
        ] {
            assert!(allows(range, version), "{range} {version}");
        }
        for (range, version) in [
            ("0.3.0", "0.4.16"),
            ("^0.3.0", "0.4.0"),
            ("^0.0.3", "0.0.4"),
            ("~1.2.3", "1.3.0"),
            ("^1.2.3", "2.0.0"),
            ("^1.2.3", "1.2.2"),
            ("2.x", "1.5.0"),
            (">=2", "1.0.0"),
        ] {
            assert!(!allows(range, version), "{range} {version}");
        }
    }
}
