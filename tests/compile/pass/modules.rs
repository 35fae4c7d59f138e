//! Modules of wrappers by themselves, and beside tables of the same name.

use byod_runtime::{Doc, FunctionInfo, Id, Mutation, Query, Router, Runs, Session};
use byod_runtime::{byod_module, byod_table, functions, tables};

/// Three structs and two modules for one table, in one place.
mod together {
    use super::*;

    #[byod_table(location = "user")]
    pub struct Notes;

    #[byod_table(location = "user", table = "notes", partial)]
    pub struct NoteTitle {
        pub title: String,
    }

    #[byod_table(location = "user", table = "notes", partial)]
    pub struct NoteOwner {
        pub user_id: String,
    }

    byod_module!("notes");
    byod_module!(
        /// With a name of its own.
        #[allow(dead_code)]
        pub(crate) mod of_notes = "notes",
        skip(search),
        returns(found = byod_runtime::Page<Found>),
    );

    pub struct Found;
    impl<'de> serde::Deserialize<'de> for Found {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Ok(Self)
        }
    }

    /// The name is that of the table's own struct.
    pub fn get(session: &Session, id: Id<Notes>) -> Query<Option<Doc<Notes>>> {
        notes::get(session, notes::GetArgs { id })
    }

    pub fn title(session: &Session, id: Id<Notes>) -> Query<Option<Doc<NoteTitle>>> {
        note_title::get(session, note_title::GetArgs { id })
    }

    pub fn owner(session: &Session, id: Id<Notes>) -> Query<Option<Doc<NoteOwner>>> {
        note_owner::get(session, note_owner::GetArgs { id })
    }
}

/// Reached from elsewhere, also by an import.
mod elsewhere {
    use super::together::notes;
    use super::*;

    pub fn count(session: &Session) -> Query<f64> {
        notes::count(session)
    }
}

/// A struct of another name is reached by the table's, where nothing else has it.
mod by_the_tables_name {
    use super::*;

    #[byod_table(location = "user", table = "notes", partial)]
    pub(super) struct Title {
        #[allow(dead_code)]
        title: String,
    }

    pub fn count(session: &Session) -> (Query<f64>, Query<f64>) {
        (notes::count(session), title::count(session))
    }
}

mod alone {
    use super::*;

    byod_module!(pub "notes");
    byod_module!(pub(super) "shareLinks", skip(create));
}

fn create(session: &Session) -> Mutation<byod_runtime::codec::Json> {
    alone::notes::create(session, alone::notes::CreateArgs { title: "a".into() })
}

const ROUTER: Router = Router::new(tables!()).with_functions(functions!());

#[test]
fn runs() {
    let found: &FunctionInfo = ROUTER.function("notes:list").unwrap();
    assert_eq!((found.runs, found.switches), (Runs::User, &["notes"][..]));
    let _ = (
        create,
        together::get,
        together::title,
        together::owner,
        elsewhere::count,
    );
    let _ = by_the_tables_name::count;
}
