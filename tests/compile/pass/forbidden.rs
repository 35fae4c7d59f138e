//! A crate that forbids lints of the compiler: what is generated asks for no exception.

#![forbid(
    missing_docs,
    nonstandard_style,
    unused_imports,
    ambiguous_glob_reexports
)]

/// Structs that share a table, and a module, reached by one name.
pub mod together {
    use byod_runtime::{byod_module, byod_table};

    /// By its title.
    #[byod_table(location = "user", table = "notes", partial)]
    pub struct NoteTitle {
        /// What it is called.
        pub title: String,
    }

    /// By its owner.
    #[byod_table(location = "user", table = "notes", partial)]
    pub struct NoteOwner {
        /// Whose it is.
        pub user_id: String,
    }

    byod_module!(pub mod of_notes = "notes");
}

/// All fields are the schema's.
pub mod whole {
    use byod_runtime::byod_table;

    /// Names that are no Rust names.
    #[byod_table(location = "main", skip(loop))]
    pub struct OddNames;
}
