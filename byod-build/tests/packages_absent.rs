//! What can be read where packages are not installed, and what is said of it.

use byod_build::{Limits, attempt};

use crate::common::{Folder, SCHEMA, paths, read, warnings};

#[test]
fn functions_made_by_an_absent_package_are_named() {
    let folder = Folder::new("w_builder")
        .with_schema(SCHEMA)
        .with_module(
            "notes.ts",
            "import { customQuery } from \"acme-helpers/functions\";\nconst mine = customQuery(query, {});\nexport const a = mine({ args: {}, handler: async () => 1 });\nexport const b = mine({ args: {}, handler: async () => 1 });\nexport { customQuery };\n",
        );
    let reading = read(&folder);
    assert_eq!(paths(&reading), Vec::<String>::new());
    assert_eq!(
        warnings(&folder, &reading),
        [
            "convex/notes.ts: left out: `a`, `b`, `customQuery`, made by `acme-helpers/functions`, which was not found: run `npm install acme-helpers`"
        ]
    );
}

#[test]
fn where_a_package_would_be_is_told() {
    let folder = Folder::new("w_install").with_schema(SCHEMA).with_module(
        "a/notes.ts",
        "import \"not-installed/x\";\nexport const n = 1;\n",
    );
    let reading = read(&folder);
    for place in ["convex/a", "convex", ""] {
        let place = folder.path(place).join("node_modules/not-installed");
        assert!(reading.absent.contains(&place), "{:#?}", reading.absent);
    }
}

#[test]
fn a_package_with_a_stand_in_is_named_once() {
    let folder = Folder::new("w_stand_in")
        .with_schema(SCHEMA)
        .with_module(
            "notes.ts",
            "import { customQuery, NoOp } from \"convex-helpers/server/customFunctions\";\nimport { literals } from \"convex-helpers/validators\";\nimport { stream } from \"convex-helpers/server/stream\";\nconst mine = customQuery(query, NoOp);\nexport const a = mine({ args: { kind: literals(\"x\", \"y\") }, handler: async () => stream });\n",
        );
    let reading = read(&folder);
    assert_eq!(paths(&reading), ["notes:a"]);
    assert_eq!(
        warnings(&folder, &reading),
        [
            "`convex-helpers` is not installed: what it makes is taken as of its version 0.1.135. To be exact, run `npm install convex-helpers`"
        ]
    );
}

#[test]
fn what_a_stand_in_lacks_is_left_out() {
    let folder = Folder::new("w_stand_in_lacks")
        .with_schema(SCHEMA)
        .with_module(
            "notes.ts",
            "import { customQuery } from \"convex-helpers/server/newFunctions\";\nimport { future } from \"convex-helpers/validators\";\nexport const a = customQuery(query)({ args: {}, handler: async () => 1 });\nexport const b = query({ args: { x: future() }, handler: async () => 1 });\n",
        );
    let reading = read(&folder);
    assert_eq!(paths(&reading), Vec::<String>::new());
    assert_eq!(
        warnings(&folder, &reading),
        [
            "convex/notes.ts: `b` is left out: its validators need `future()` of `convex-helpers/validators`, which was not found: run `npm install convex-helpers`",
            "convex/notes.ts: left out: `a`, made by `convex-helpers/server/newFunctions`, which was not found: run `npm install convex-helpers`",
            "`convex-helpers` is not installed: what it makes is taken as of its version 0.1.135. To be exact, run `npm install convex-helpers`"
        ]
    );
}

#[test]
fn the_inside_of_a_schema_of_zod_is_not_made_up() {
    let folder = Folder::new("w_zod")
        .with_schema(SCHEMA)
        .with_module(
            "notes.ts",
            "import { z } from \"zod\";\nconst own = (schema: any) => (schema._def.typeName === \"ZodString\" ? v.string() : v.any());\nexport const a = query({ args: { x: own(z.string()) }, handler: async () => 1 });\n",
        )
        .with_module(
            "env.ts",
            "import { z } from \"zod\";\nconst env = z.object({ KEY: z.string() }).parse(process.env);\nexport const a = query({ args: {}, handler: async () => env.KEY });\n",
        );
    let reading = read(&folder);
    assert_eq!(paths(&reading), ["env:a"]);
    assert_eq!(
        warnings(&folder, &reading),
        [
            "convex/notes.ts:4:31: not loaded, its functions are left out: it uses `(the inside of a schema)` of `zod`, which was not found: run `npm install zod`"
        ]
    );
}

#[test]
fn a_class_that_extends_what_is_not_there() {
    let folder = Folder::new("w_extends").with_schema(SCHEMA).with_module(
        "files.ts",
        "\"use node\";\nimport { EventEmitter } from \"events\";\nclass Own extends EventEmitter {\n  seen = 0;\n  constructor() {\n    super();\n    this.on(\"x\", () => {});\n  }\n}\nconst own = new Own();\nown.emit(\"x\");\nexport const f = query({ args: { n: v.literal(own.seen) }, handler: async () => 1 });\nexport const g = query({ args: { n: own.fields }, handler: async () => 1 });\nexport default own;\n",
    );
    let reading = read(&folder);
    assert_eq!(paths(&reading), ["files:f"]);
    assert_eq!(
        warnings(&folder, &reading),
        [
            "convex/files.ts: `g` is left out: its validators need `EventEmitter.fields` of `events`, a module of Node that is not there while reading"
        ]
    );
}

#[test]
fn a_package_that_looks_into_schemas_of_zod_needs_zod() {
    let folder = Folder::new("w_zod_inside")
        .with_schema(SCHEMA)
        .with("node_modules/convex-helpers/package.json", "{ \"name\": \"convex-helpers\" }")
        .with(
            "node_modules/convex-helpers/server/zod4.js",
            "import { v } from \"convex/values\";\nimport * as core from \"zod/v4/core\";\nexport const zodToConvex = (schema) => schema instanceof core.$ZodString ? v.string() : v.any();\n",
        )
        .with_module(
            "functions.ts",
            "import { z } from \"zod\";\nimport { zodToConvex } from \"convex-helpers/server/zod4.js\";\nexport const f = query({ args: { a: zodToConvex(z.string()) }, handler: async () => 1 });\n",
        );
    let reading = read(&folder);
    assert_eq!(paths(&reading), [""; 0]);
    let warnings = warnings(&folder, &reading);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].ends_with("run `npm install zod`"),
        "{warnings:?}"
    );
}

#[test]
fn only_what_is_not_installed_is_named() {
    let folder = Folder::new("w_zod_there")
        .with_schema(SCHEMA)
        .with("node_modules/zod/package.json", "{ \"name\": \"zod\", \"main\": \"index.js\" }")
        .with("node_modules/zod/index.js", "export const z = {};\n")
        .with_module(
            "functions.ts",
            "import { zid } from \"convex-helpers/server/zod4\";\nimport { zodToConvex } from \"convex-helpers/server/zod4\";\nexport const f = query({ args: { a: zodToConvex(zid(\"notes\")) }, handler: async () => 1 });\n",
        );
    let reading = read(&folder);
    assert_eq!(paths(&reading), ["functions:f"]);
    assert_eq!(
        warnings(&folder, &reading),
        [
            "`convex-helpers` is not installed: what it makes is taken as of its version 0.1.135. To be exact, run `npm install convex-helpers`"
        ]
    );
}

#[test]
fn the_stand_in_for_the_server_takes_validators_of_others() {
    let folder = Folder::new("w_other_values")
        .with("tsconfig.json", "{ \"compilerOptions\": { \"paths\": { \"convex/values\": [\"./values.ts\"] } } }")
        .with(
            "values.ts",
            "export const v = { date: () => ({ isConvexValidator: true, isOptional: \"required\", json: { type: \"number\" } }) };\n",
        )
        .with_schema("export default defineSchema({ notes: defineTable({ at: v.date() }) });\n")
        .with_module("functions.ts", "export const f = query({ args: { at: v.date() }, handler: async () => 1 });\n");
    let reading = read(&folder);
    let json = reading.schema.json.get();
    assert!(
        json.contains("\"at\":{\"fieldType\":{\"type\":\"number\"}"),
        "{json}"
    );
    assert_eq!(paths(&reading), ["functions:f"]);
}

#[test]
fn what_is_said_ends_with_the_command_that_helps() {
    let module = "import { made } from \"acme\";\nimport { customQuery, NoOp } from \"convex-helpers/server/customFunctions\";\nexport const one = made(query);\nexport const two = customQuery(query, NoOp)({ args: {}, handler: async () => 1 });\n";
    let locks = [
        ("npm", "package-lock.json", "npm install acme"),
        ("pnpm", "pnpm-lock.yaml", "pnpm add acme"),
        ("yarn", "yarn.lock", "yarn add acme"),
        ("bun", "bun.lock", "bun add acme"),
    ];
    for (manager, lock, add) in locks {
        for (dependencies, command) in [
            ("{}", format!("run `{add}`")),
            (
                "{ \"acme\": \"^1\", \"convex-helpers\": \"0.1.135\" }",
                format!("run `{manager} install`, or `byod snapshot`"),
            ),
        ] {
            let description = format!("{{ \"dependencies\": {dependencies} }}");
            let folder = Folder::new("w_commands")
                .with("package.json", &description)
                .with(lock, "{}")
                .with_schema(SCHEMA)
                .with_module("it.ts", module);
            let said = warnings(&folder, &read(&folder));
            assert_eq!(said.len(), 2, "{said:?}");
            let helpers = command.replace("acme", "convex-helpers");
            assert!(said[0].ends_with(&command), "{said:?}");
            assert!(said[1].ends_with(&helpers), "{said:?}");
            let folder = folder.with_schema(
                "import { tables } from \"acme\";\nexport default defineSchema(tables);\n",
            );
            let error =
                byod_build::read_project(&folder.path("convex"), &byod_build::Limits::default());
            assert!(error.unwrap_err().to_string().ends_with(&command));
        }
    }
}

/// A package that `imports` of the `package.json` gives another name is named by its own.
#[test]
fn a_package_by_another_name_is_named() {
    let module = "import { table } from \"#utils/tables\";\nexport const f = query({ args: { a: table.field }, handler: async () => 1 });\n";
    let description = "{ \"imports\": { \"#utils/*\": \"@acme/utils/*\" }, \"dependencies\": { \"@acme/utils\": \"^1.0.0\" } }";
    let folder = Folder::new("p_aliased")
        .with_schema(SCHEMA)
        .with("package.json", description)
        .with_module("it.ts", module);
    let convex = folder.path("convex");
    let absent = attempt(&convex, &Limits::default(), None).unwrap();
    let version = absent.missing["@acme/utils"].as_deref();
    assert_eq!(version, Some("^1.0.0"));
    assert_eq!(
        warnings(&folder, &absent.reading.unwrap()),
        [
            "convex/it.ts: `f` is left out: its validators need `table.field` of `@acme/utils/tables`, which was not found: run `npm install`, or `byod snapshot`"
        ]
    );
    // In the project, and apart from it, whose digest is of the same.
    let package = "node_modules/@acme/utils/tables.js";
    let text =
        "import { v } from \"convex/values\";\nexport const table = { field: v.string() };\n";
    for (at, apart) in [
        (package.to_owned(), None),
        (format!("apart/{package}"), Some("apart")),
    ] {
        let _ = std::fs::remove_dir_all(folder.path("node_modules"));
        folder.write(&at, text);
        let apart = apart.map(|apart| folder.path(apart));
        let there = attempt(&convex, &Limits::default(), apart.as_deref()).unwrap();
        assert_eq!(paths(&there.reading.unwrap()), ["it:f"], "{at}");
        assert_eq!(there.digest, absent.digest, "{at}");
    }
}
