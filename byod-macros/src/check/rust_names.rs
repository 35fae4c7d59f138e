//! What the generated modules are called, so that several in one place don't collide.

use std::collections::BTreeSet;

use byod_schema::Manifest;

use crate::names::{self, Scope};

/// The name of a generated module, and another by which it can be reached where nothing
/// in the same place has that name.
pub(crate) struct ModuleNames {
    /// What it is defined as.
    pub(crate) own: syn::Ident,
    /// What is reached through an import that gives way to whatever is defined so.
    pub(crate) also: Option<syn::Ident>,
    /// What messages call it.
    pub(crate) shown: String,
}

impl ModuleNames {
    fn own(name: &str) -> Self {
        let own = names::ident(name);
        Self {
            shown: own.to_string(),
            own,
            also: None,
        }
    }

    /// As it was written.
    pub(super) fn written(ident: &syn::Ident) -> Self {
        Self {
            own: ident.clone(),
            also: None,
            shown: ident.to_string(),
        }
    }

    /// Whether nobody would write the name that it is defined as.
    pub(crate) fn is_hidden(&self) -> bool {
        self.own != self.shown
    }

    fn hidden(own: &str, also: &str) -> Self {
        let also = names::ident(also);
        Self {
            own: names::ident(&format!("__byod_{own}")),
            shown: also.to_string(),
            also: Some(also),
        }
    }
}

/// The names of the module of a table's struct.
///
/// A struct that is called as its table has the module of the table's name. Beside it
/// there may be others for the same table: their modules are called like them.
pub(super) fn of_table(manifest: &Manifest, table: &str, ident: &str) -> ModuleNames {
    let of_table = table_module(manifest, table);
    if names::pascal(table) == ident {
        return ModuleNames::own(&of_table);
    }
    let own = names::snake(ident);
    let is_anothers = tables(manifest).contains(&own) || modules(manifest).contains(&own);
    if is_anothers {
        return ModuleNames::hidden(&own, &of_table);
    }
    ModuleNames {
        also: Some(names::ident(&of_table)),
        ..ModuleNames::own(&own)
    }
}

/// The names of the module for main's `module`. Where a table's is called so, the struct
/// of the table may be beside it.
pub(super) fn of_module(manifest: &Manifest, module: &str) -> ModuleNames {
    let name = named(&modules_of_main(manifest), module);
    if tables(manifest).contains(&name) {
        ModuleNames::hidden(&format!("module_{name}"), &name)
    } else {
        ModuleNames::own(&name)
    }
}

/// The name of a table's module, which no other table's has.
fn table_module(manifest: &Manifest, table: &str) -> String {
    let all: Vec<&str> = manifest.main.schema.table_names().collect();
    named(&all, table)
}

/// What `name` is called among all of them.
fn named(all: &[&str], name: &str) -> String {
    let at = all.iter().position(|other| *other == name);
    let taken = Scope::default().take_all(all, names::snake);
    at.map_or_else(|| names::snake(name), |at| taken[at].clone())
}

fn tables(manifest: &Manifest) -> Vec<String> {
    let all: Vec<&str> = manifest.main.schema.table_names().collect();
    Scope::default().take_all(&all, names::snake)
}

fn modules(manifest: &Manifest) -> Vec<String> {
    Scope::default().take_all(&modules_of_main(manifest), names::snake)
}

/// Main's modules that have public functions.
pub(super) fn modules_of_main(manifest: &Manifest) -> Vec<&str> {
    let modules: BTreeSet<&str> = manifest
        .public_functions()
        .map(|(path, _)| &*path.module)
        .collect();
    modules.into_iter().collect()
}
