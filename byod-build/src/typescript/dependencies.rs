//! What a module takes from others, and what of it it passes on.

use std::collections::BTreeMap;

use oxc_ast::ast::{ExportSpecifier, ImportDeclarationSpecifier, Program, Statement};

/// A name that another module exports, passed on.
pub(crate) struct Reexport {
    pub(crate) exported: String,
    pub(crate) specifier: String,
    /// Its name there; `*` for the whole module.
    pub(crate) imported: String,
}

/// All static imports and re-exports, and those by `export *`.
pub(crate) fn dependencies(program: &Program) -> (Vec<String>, Vec<String>) {
    let mut imports: Vec<String> = Vec::new();
    let mut stars = Vec::new();
    for statement in &program.body {
        let source = match statement {
            Statement::ImportDeclaration(import) => &import.source,
            Statement::ExportFromDeclaration(export) => &export.source,
            Statement::ExportAllDeclaration(export) => {
                if export.exported.is_none() {
                    stars.push(export.source.value.to_string());
                }
                &export.source
            }
            _ => continue,
        };
        if !imports.iter().any(|known| known == source.value.as_str()) {
            imports.push(source.value.to_string());
        }
    }
    (imports, stars)
}

/// The names that are another module's: of `export … from`, and of imports that are
/// exported.
pub(crate) fn reexports(program: &Program) -> Vec<Reexport> {
    let mut imported: BTreeMap<&str, (&str, String)> = BTreeMap::new();
    for statement in &program.body {
        let Statement::ImportDeclaration(import) = statement else {
            continue;
        };
        let source = import.source.value.as_str();
        for specifier in import.specifiers.iter().flatten() {
            let (local, name) = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(one) => {
                    (&one.local, one.imported.name().to_string())
                }
                ImportDeclarationSpecifier::ImportDefaultSpecifier(one) => {
                    (&one.local, "default".to_owned())
                }
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(one) => {
                    (&one.local, "*".to_owned())
                }
            };
            imported.insert(local.name.as_str(), (source, name));
        }
    }
    let mut found = Vec::new();
    for statement in &program.body {
        match statement {
            Statement::ExportFromDeclaration(export) => {
                found.extend(export.specifiers.iter().map(|one| Reexport {
                    exported: one.exported.name().to_string(),
                    specifier: export.source.value.to_string(),
                    imported: one.local.name().to_string(),
                }));
            }
            Statement::ExportNamedDeclaration(export) => {
                let of_import = |one: &ExportSpecifier| {
                    let (source, name) = imported.get(one.local.name().as_str())?;
                    Some(Reexport {
                        exported: one.exported.name().to_string(),
                        specifier: (*source).to_owned(),
                        imported: name.clone(),
                    })
                };
                found.extend(export.specifiers.iter().filter_map(of_import));
            }
            _ => {}
        }
    }
    found
}
