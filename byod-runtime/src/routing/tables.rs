use byod_schema::Location;

use crate::codec::{FunctionInfo, Runs};

/// A table of the service, and where it lives.
///
/// ```
/// use byod_runtime::{Location, TableInfo};
///
/// /// What `tables!()` lists, and `table!("notes")` is.
/// const NOTES: TableInfo = TableInfo { name: "notes", location: Location::User };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableInfo {
    /// The name, as Convex knows it.
    pub name: &'static str,
    /// On which of the two deployments it lives.
    pub location: Location,
}

/// Says where a table lives, for names known only at run time. Names known when
/// compiling are checked there, by `table!("name")`.
///
/// ```
/// use byod_runtime::{Location, Router, TableInfo};
///
/// const ROUTER: Router = Router::new(&[
///     TableInfo { name: "users", location: Location::Main },
///     TableInfo { name: "notes", location: Location::User },
/// ]);
/// assert_eq!(ROUTER.location("notes"), Location::User);
/// assert!(ROUTER.is_main_table("users"));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Router {
    tables: &'static [TableInfo],
    functions: &'static [FunctionInfo],
}

impl Router {
    /// A router for these tables, as `tables!()` lists them. It knows no functions.
    pub const fn new(tables: &'static [TableInfo]) -> Self {
        Self {
            tables,
            functions: &[],
        }
    }

    /// The same router with main's functions, as `functions!()` lists them: in the order
    /// of their modules and names.
    #[must_use]
    pub const fn with_functions(self, functions: &'static [FunctionInfo]) -> Self {
        Self { functions, ..self }
    }

    /// Every public function of main.
    pub const fn functions(&self) -> &'static [FunctionInfo] {
        self.functions
    }

    /// The public function of main that has this path, if there is one. As for Convex,
    /// `chat.js:send` is `chat:send`, and `chat` is `chat:default`.
    pub fn function(&self, path: &str) -> Option<&'static FunctionInfo> {
        let wanted = parts(path);
        let found = self
            .functions
            .binary_search_by(|function| parts(function.path).cmp(&wanted));
        self.functions.get(found.ok()?)
    }

    /// Whether a function may leave something for main on users' deployments.
    pub(super) fn leaves_rows(&self) -> bool {
        self.functions.iter().any(|function| function.outbox)
    }

    /// Whether a function reads copies of main's documents on users' deployments.
    pub(super) fn reads_copies(&self) -> bool {
        let mut functions = self.functions.iter();
        functions.any(|function| function.runs == Runs::User && !function.mirror.is_empty())
    }

    /// Every table.
    pub const fn tables(&self) -> &'static [TableInfo] {
        self.tables
    }

    /// The table of that name, if there is one.
    pub fn table(&self, name: &str) -> Option<&'static TableInfo> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// Where a table lives. One that is not known is warned about, and is main's.
    pub fn location(&self, name: &str) -> Location {
        match self.table(name) {
            Some(table) => table.location,
            None => {
                tracing::warn!(table = name, "unknown table, routed to main");
                Location::Main
            }
        }
    }

    /// Whether a table lives on users' deployments.
    pub fn is_user_table(&self, name: &str) -> bool {
        self.location(name) == Location::User
    }

    /// Whether a table lives on main; an unknown one does.
    pub fn is_main_table(&self, name: &str) -> bool {
        self.location(name) == Location::Main
    }
}

/// A path's module and name, as Convex reads them.
fn parts(path: &str) -> (&str, &str) {
    let (module, name) = path.rsplit_once(':').unwrap_or((path, "default"));
    (module.trim_end_matches(".js"), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTER: Router = Router::new(&[
        TableInfo {
            name: "users",
            location: Location::Main,
        },
        TableInfo {
            name: "notes",
            location: Location::User,
        },
    ]);

    #[test]
    fn a_table_is_where_the_registry_says() {
        assert!(ROUTER.is_user_table("notes") && !ROUTER.is_main_table("notes"));
        assert!(ROUTER.is_main_table("users") && !ROUTER.is_user_table("users"));
    }

    #[test]
    fn an_unknown_table_is_mains_and_warned_about() {
        let warnings = crate::telemetry::test_log::record(|| {
            assert!(ROUTER.is_main_table("Notes"));
            assert_eq!(ROUTER.location("notes"), Location::User);
        });
        assert_eq!(
            warnings,
            ["WARN unknown table, routed to main table=\"Notes\""]
        );
        assert_eq!(ROUTER.table("Notes"), None);
    }
}
