//! What only the insides of functions use of a package that has no side effects is not
//! run, and not even read.

use crate::common::{Folder, SCHEMA, paths, warnings};
use byod_build::{Limits, ProjectReading, read_project};

const INSIDE: &str = "import { ever } from \"ever\";\nexport const one = query({ args: {}, handler: async () => ever() });\n";

fn folder(name: &str, description: &str, module: &str) -> Folder {
    Folder::new(name)
        .with_schema(SCHEMA)
        .with_module("it.ts", module)
        .with("node_modules/ever/package.json", description)
        .with(
            "node_modules/ever/index.js",
            "export * from \"./ever.js\";\n",
        )
        .with(
            "node_modules/ever/ever.js",
            "export const ever = () => 1;\nfor (;;) {}\n",
        )
}

fn read(folder: &Folder) -> ProjectReading {
    let limits = Limits {
        operations: 20_000_000,
        ..Limits::default()
    };
    read_project(&folder.path("convex"), &limits).unwrap()
}

fn reads_ever(reading: &ProjectReading) -> bool {
    let mut files = reading.files.iter();
    files.any(|file| file.ends_with("node_modules/ever/index.js"))
}

#[test]
fn a_package_that_only_handlers_use_costs_nothing() {
    for (name, description) in [
        (
            "deferred_false",
            r#"{ "name": "ever", "type": "module", "main": "index.js", "sideEffects": false }"#,
        ),
        (
            "deferred_none",
            r#"{ "name": "ever", "type": "module", "main": "index.js", "sideEffects": [] }"#,
        ),
        (
            "deferred_others",
            r#"{ "name": "ever", "type": "module", "main": "index.js", "sideEffects": ["*.css", "./setup.js"] }"#,
        ),
    ] {
        let reading = read(&folder(name, description, INSIDE));
        assert_eq!(paths(&reading), ["it:one"], "{name}");
        assert!(!reads_ever(&reading), "{name}");
    }
}

#[test]
fn one_that_says_nothing_of_its_effects_is_run() {
    for (name, description) in [
        (
            "deferred_unsaid",
            r#"{ "name": "ever", "type": "module", "main": "index.js" }"#,
        ),
        (
            "deferred_true",
            r#"{ "name": "ever", "type": "module", "main": "index.js", "sideEffects": true }"#,
        ),
        (
            "deferred_named",
            r#"{ "name": "ever", "type": "module", "main": "index.js", "sideEffects": ["./*.js"] }"#,
        ),
    ] {
        let folder = folder(name, description, INSIDE);
        let reading = read(&folder);
        assert!(reads_ever(&reading), "{name}");
        let said = warnings(&folder, &reading).join("\n");
        assert!(said.contains("operations"), "{name}: {said}");
    }
}

/// Packages that have a `package.json` of their own beside what is built for `import`.
#[test]
fn the_nearest_description_says_what_has_effects() {
    let outer = r#"{ "name": "ever", "main": "esm/index.js", "sideEffects": false }"#;
    for (name, inner, is_run) in [
        ("deferred_inner", r#"{ "type": "module" }"#, true),
        (
            "deferred_inner_false",
            r#"{ "type": "module", "sideEffects": false }"#,
            false,
        ),
    ] {
        let folder = folder(name, outer, INSIDE)
            .with("node_modules/ever/esm/package.json", inner)
            .with(
                "node_modules/ever/esm/index.js",
                "export const ever = () => 1;\n",
            );
        let reading = read(&folder);
        let mut files = reading.files.iter();
        let was_run = files.any(|file| file.ends_with("node_modules/ever/esm/index.js"));
        assert_eq!(was_run, is_run, "{name}");
        assert_eq!(paths(&reading), ["it:one"], "{name}");
    }
}

/// What is said of a module names it, also after what it looked into has failed.
#[test]
fn what_fails_while_it_is_looked_into_leaves_the_module_that_runs() {
    let pure = r#"{ "name": "ever", "type": "module", "main": "index.js", "sideEffects": false }"#;
    let module = "import { ever } from \"ever\";\nlet first = \"a\";\ntry { ever(); } catch { first = [\"日\", \"本\"].sort((a, b) => a.localeCompare(b))[0]; }\nexport const one = query({ args: { a: v.literal(first) }, handler: async () => null });\n";
    let folder = folder("deferred_failed", pure, module).with(
        "node_modules/ever/index.js",
        "await new Promise(() => {});\nexport const ever = () => 1;\n",
    );
    let reading = read(&folder);
    assert_eq!(paths(&reading), ["it:one"]);
    let said = warnings(&folder, &reading).join("\n");
    assert!(said.contains("convex/it.ts: it orders texts"), "{said}");
}

#[test]
fn what_is_used_while_a_module_loads_is_run_then() {
    let pure = r#"{ "name": "ever", "type": "module", "main": "index.js", "sideEffects": false }"#;
    for (name, use_of_it) in [
        (
            "deferred_value",
            "export const one = query({ args: { a: v.literal(ever()) }, handler: async () => null });",
        ),
        (
            "deferred_export",
            "export const one = query({ args: {}, handler: async () => null });\nexport { ever };",
        ),
    ] {
        let module = format!("import {{ ever }} from \"ever\";\n{use_of_it}\n");
        let folder = folder(name, pure, &module);
        let reading = read(&folder);
        assert!(reads_ever(&reading), "{name}");
        let said = warnings(&folder, &reading).join("\n");
        assert!(said.contains("operations"), "{name}: {said}");
    }
}
