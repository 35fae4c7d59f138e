//! Which folder is the Convex folder, and what is found though nothing is installed:
//! packages of the same monorepo, and aliases that a framework generates.

use crate::common::Folder;
use byod_build::{Limits, read_project};

const SCHEMA: &str = "export default defineSchema({ notes: defineTable({ body: v.string() }) });\n";

/// The tables that reading `name` finds, or the error.
fn tables(folder: &Folder, name: &str) -> Result<Vec<String>, String> {
    let reading = read_project(&folder.path(name), &Limits::default())
        .map_err(|error| folder.relative(&error.to_string()))?;
    let names = reading.schema.value.table_names();
    Ok(names.map(ToString::to_string).collect())
}

fn with_schema_at(folder: Folder, path: &str, table: &str) -> Folder {
    let schema = SCHEMA.replace("notes", table);
    folder.with(path, &format!("{}{schema}", crate::common::IMPORTS))
}

#[test]
fn the_folder_of_the_app_will_do() {
    let folder = Folder::new("m_app").with_schema(SCHEMA);
    assert_eq!(tables(&folder, "").unwrap(), ["notes"]);
    assert_eq!(tables(&folder, "convex").unwrap(), ["notes"]);
}

#[test]
fn convex_json_names_the_folder() {
    let folder = Folder::new("m_convex_json").with_schema(SCHEMA);
    let folder = with_schema_at(folder, "src/convex/schema.ts", "tasks")
        .with("convex.json", "{ \"functions\": \"./src/convex/\" }");
    assert_eq!(tables(&folder, "").unwrap(), ["tasks"]);
}

#[test]
fn an_app_with_another_schema_beside() {
    let folder = Folder::new("m_two_schemas")
        .with_schema(SCHEMA)
        .with("schema.ts", "export const users = 1;\n");
    assert_eq!(tables(&folder, "").unwrap(), ["notes"]);
}

#[test]
fn the_only_project_of_a_monorepo() {
    let folder = Folder::new("m_monorepo").with("apps/web/index.ts", "export {};");
    let folder = with_schema_at(folder, "packages/backend/convex/schema.ts", "notes");
    let folder = with_schema_at(folder, "node_modules/x/convex/schema.ts", "others");
    assert_eq!(tables(&folder, "").unwrap(), ["notes"]);
    assert_eq!(tables(&folder, "packages/backend").unwrap(), ["notes"]);
}

#[test]
fn several_projects_below() {
    let folder = Folder::new("m_several");
    let folder = with_schema_at(folder, "apps/a/convex/schema.ts", "notes");
    let folder = with_schema_at(folder, "apps/b/convex/schema.ts", "notes");
    assert_eq!(
        tables(&folder, "apps").unwrap_err(),
        "apps: there are several Convex projects below it: apps/a/convex, apps/b/convex. Name one of them"
    );
}

/// A Convex project in `packages/backend` whose tables come from `from`.
fn backend(name: &str, from: &str) -> Folder {
    let schema = format!(
        "import {{ tables }} from \"{from}\";\nimport {{ defineSchema }} from \"convex/server\";\nexport default defineSchema(tables);\n"
    );
    Folder::new(name)
        .with("packages/backend/package.json", "{ \"name\": \"backend\" }")
        .with("packages/backend/convex/schema.ts", &schema)
}

fn table(name: &str) -> String {
    let imports = crate::common::IMPORTS.replace("defineSchema, ", "");
    format!("{imports}export const tables = {{ {name}: defineTable({{ a: v.string() }}) }};\n")
}

#[test]
fn an_unlinked_package_by_its_entry() {
    let folder = backend("m_entry", "@acme/tables")
        .with("package.json", "{ \"workspaces\": [\"packages/*\"] }")
        .with(
            "packages/tables/package.json",
            "{ \"name\": \"@acme/tables\", \"main\": \"lib/main.ts\" }",
        )
        .with("packages/tables/lib/main.ts", &table("entries"));
    assert_eq!(tables(&folder, "packages/backend").unwrap(), ["entries"]);
}

#[test]
fn an_unlinked_package_by_its_exports() {
    let folder = backend("m_exports", "@acme/tables/deep/all")
        .with("pnpm-workspace.yaml", "packages:\n  - \"packages/**\"\n")
        .with(
            "packages/ui/tables/package.json",
            "{ \"name\": \"@acme/tables\", \"exports\": { \"./deep/*\": \"./source/*.ts\" } }",
        )
        .with("packages/ui/tables/source/all.ts", &table("deep"));
    assert_eq!(tables(&folder, "packages/backend").unwrap(), ["deep"]);
}

#[test]
fn the_source_of_a_package_that_is_not_built() {
    let folder = backend("m_unbuilt", "@acme/tables")
        .with("package.json", "{ \"workspaces\": { \"packages\": [\"packages/tables\"] } }")
        .with(
            "packages/tables/package.json",
            "{ \"name\": \"@acme/tables\", \"exports\": { \".\": { \"types\": \"./dist/index.d.ts\", \"import\": \"./dist/index.js\" } } }",
        )
        .with("packages/tables/src/index.ts", &table("sources"));
    assert_eq!(tables(&folder, "packages/backend").unwrap(), ["sources"]);
}

#[test]
fn a_package_that_a_dependency_names_by_its_path() {
    let folder = backend("m_file", "tables")
        .with(
            "packages/backend/package.json",
            "{ \"dependencies\": { \"tables\": \"file:../../vendored/tables\" } }",
        )
        .with("vendored/tables/package.json", "{ \"name\": \"tables\" }")
        .with("vendored/tables/index.ts", &table("vendored"));
    assert_eq!(tables(&folder, "packages/backend").unwrap(), ["vendored"]);
}

#[test]
fn aliases_that_a_framework_generates() {
    let apps = [
        (
            "m_svelte",
            ".svelte-kit",
            "$lib/tables",
            "src/lib/tables.ts",
        ),
        (
            "m_nuxt_root",
            ".nuxt",
            "~~/server/tables",
            "server/tables.ts",
        ),
        (
            "m_nuxt_app",
            ".nuxt",
            "~/utils/tables",
            "app/utils/tables.ts",
        ),
        (
            "m_nuxt_shared",
            ".nuxt",
            "#shared/tables",
            "shared/tables.ts",
        ),
    ];
    for (name, framework, alias, file) in apps {
        let tsconfig = format!("{{ \"extends\": \"./{framework}/tsconfig.json\" }}");
        let schema = format!(
            "import {{ tables }} from \"{alias}\";\nimport {{ defineSchema }} from \"convex/server\";\nexport default defineSchema(tables);\n"
        );
        let folder = Folder::new(name)
            .with("tsconfig.json", &tsconfig)
            .with("convex/schema.ts", &schema)
            .with(file, &table("aliased"));
        assert_eq!(tables(&folder, "convex").unwrap(), ["aliased"], "{alias}");
    }
}

#[test]
fn a_package_by_the_file_of_an_older_version() {
    let folder = Folder::new("m_with_ending").with(
        "convex/schema.ts",
        &format!("{}import {{ literals }} from \"convex-helpers/validators.js\";\nexport default defineSchema({{ notes: defineTable({{ kind: literals(\"a\", \"b\"), x: v.any() }}) }});\n", crate::common::IMPORTS),
    );
    assert_eq!(tables(&folder, "convex").unwrap(), ["notes"]);
}

#[test]
fn what_a_tsconfig_extends_counts_as_far_as_it_is_there() {
    let folder = Folder::new("m_extends")
        .with("package.json", "{ \"workspaces\": [\"packages/*\"] }")
        .with("packages/config/package.json", "{ \"name\": \"@acme/config\" }")
        .with(
            "packages/config/base.json",
            "{ \"extends\": \"expo/tsconfig.base\", \"compilerOptions\": { \"paths\": { \"tables/*\": [\"../../lib/*\"] } } }",
        )
        .with("packages/backend/tsconfig.json", "{ \"extends\": [\"@acme/config/base.json\", \"./missing\"] }")
        .with("lib/notes.ts", &table("extended"));
    let folder = folder.with(
        "packages/backend/convex/schema.ts",
        "import { tables } from \"tables/notes\";\nimport { defineSchema } from \"convex/server\";\nexport default defineSchema(tables);\n",
    );
    let convex = folder.path("packages/backend/convex");
    let reading = read_project(&convex, &Limits::default()).unwrap();
    assert_eq!(
        reading.schema.value.table_names().collect::<Vec<_>>(),
        ["extended"]
    );
    let base = folder.path("packages/config/base.json");
    assert!(reading.files.contains(&base), "{:#?}", reading.files);
    for absent in ["packages/backend/missing", "node_modules/expo"] {
        assert!(
            reading.absent.contains(&folder.path(absent)),
            "{:#?}",
            reading.absent
        );
    }
}

/// The example of a component imports it by its name, while nothing is built.
#[test]
fn a_package_that_is_imported_by_itself() {
    let config =
        |exports: &str| format!("{{ \"name\": \"@acme/counter\", \"exports\": {{ {exports} }} }}");
    let entry = "export const fields = { count: v.number() };\n";
    let source = |path: &str| {
        (
            path.to_owned(),
            format!("import {{ v }} from \"convex/values\";\n{entry}"),
        )
    };
    for (index, (exports, files, specifier)) in [
        (
            "\".\": { \"@convex-dev/component-source\": \"./src/client/index.ts\", \"default\": \"./dist/esm/client/index.js\" }",
            [source("src/client/index.ts")],
            "@acme/counter",
        ),
        (
            "\".\": { \"import\": { \"types\": \"./dist/client/index.d.ts\", \"default\": \"./dist/client/index.js\" } }",
            [source("src/client/index.ts")],
            "@acme/counter",
        ),
        (
            "\"./validators\": \"./dist/esm/shared/validators.js\"",
            [source("src/shared/validators.ts")],
            "@acme/counter/validators",
        ),
        (
            "\"./validators\": { \"@convex-dev/component-source\": \"./component/validators.ts\", \"default\": \"./dist/validators.js\" }",
            [source("component/validators.ts")],
            "@acme/counter/validators",
        ),
        // Where `tsconfig.json` says that it is compiled to.
        (
            "\".\": \"./made/js/client/index.js\"",
            [source("source/client/index.ts")],
            "@acme/counter",
        ),
        (
            "\"./*\": { \"types\": \"./made/js/*.d.ts\", \"default\": \"./made/js/*.js\" }",
            [source("source/validators.ts")],
            "@acme/counter/validators",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        // It says so itself, or what it extends does, from where that is.
        let own = "{\n  // As built.\n  \"compilerOptions\": { \"rootDir\": \"./source\", \"outDir\": \"./made/js\" }\n}\n";
        let base = |root: &str, out: &str| {
            format!("{{ \"compilerOptions\": {{ \"rootDir\": \"{root}\", \"outDir\": \"{out}\" }} }}")
        };
        for (extending, base) in [
            (own, String::new()),
            ("{ \"extends\": \"./config/base\" }", base("../source", "../made/js/")),
            ("{ \"extends\": [\"./config/base.json\"] }", base("${configDir}/source", "${configDir}/made/js")),
        ] {
            let folder = Folder::new(&format!("m_itself_{index}"))
                .with("package.json", &config(exports))
                .with("tsconfig.json", extending)
                .with("config/base.json", &base)
                .with(
                    "example/convex/schema.ts",
                    &format!("import {{ defineSchema, defineTable }} from \"convex/server\";\nimport {{ fields }} from {specifier:?};\nexport default defineSchema({{ counters: defineTable(fields) }});\n"),
                );
            for (path, text) in &files {
                folder.write(path, text);
            }
            let reading = read_project(&folder.path("example"), &Limits::default());
            let reading = reading.unwrap_or_else(|error| panic!("{exports}, {extending}: {error}"));
            assert_eq!(reading.schema.value.table_names().collect::<Vec<_>>(), ["counters"]);
        }
    }
}
