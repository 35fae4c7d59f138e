//! What a project's modules do with a value of a package that is not installed: nothing is
//! decided by it. What would come of it is absent and named.

use crate::common::{Folder, SCHEMA, paths, read, warnings};
use byod_build::{Error, Limits, read_project};

const PACKAGE: &str = "`acme`, which was not found: run `npm install acme`";

const IMPORT: &str = "import { FLAG, list, make, table } from \"acme\";\n";

/// A project whose module `it` has `text` after the import.
fn project(name: &str, text: &str) -> Folder {
    Folder::new(name)
        .with_schema(SCHEMA)
        .with_module("it.ts", &format!("{IMPORT}{text}"))
}

/// What is read of modules `it0`, `it1` and so on of one project, and the warnings.
fn modules(name: &str, texts: &[String]) -> (Vec<String>, Vec<String>) {
    let mut folder = Folder::new(name).with_schema(SCHEMA);
    for (index, text) in texts.iter().enumerate() {
        folder = folder.with_module(&format!("it{index}.ts"), &format!("{IMPORT}{text}"));
    }
    let reading = read(&folder);
    (paths(&reading), warnings(&folder, &reading))
}

/// A value that is made of one that is unknown is unknown: the function that has it is left
/// out, and the others of the module are there.
#[test]
fn what_is_made_of_an_unknown_value_is_unknown() {
    let values = [
        "v.literal(FLAG === \"a\")",
        "v.literal(FLAG != 1)",
        "v.literal(`${FLAG}/x`)",
        "v.literal(\"x\" + FLAG)",
        "v.literal(2 * FLAG + 1)",
        "v.literal(-FLAG)",
        "v.literal(!FLAG)",
        "v.literal(typeof FLAG)",
        "v.literal(\"a\" in table)",
        "v.literal(\"a\" instanceof make)",
        "v.literal(FLAG instanceof Date)",
        "v.literal(list.length)",
        "v.literal(list.length > 2)",
        "v.literal(FLAG?.name)",
        "v.literal(FLAG ?? \"a\")",
        "v.literal(FLAG || \"a\")",
        "v.literal(FLAG.toString())",
        "v.literal(String(FLAG))",
        "v.literal(Number(FLAG))",
        "v.literal(Math.max(FLAG, 2))",
        "v.literal(JSON.stringify(table))",
        "v.literal(Array.isArray(list))",
        "v.literal(Object.keys(table).length)",
        "v.literal([\"a\", \"b\"].includes(FLAG))",
        "v.literal([\"a\", FLAG].includes(\"b\"))",
        "v.literal(new Set([\"a\"]).has(FLAG))",
        "v.literal([...list, 1].length)",
        "v.literal({ ...table }.a === undefined)",
        "v.literal({ a: 1, ...table }.a)",
        "v.literal({ [FLAG]: 1 }.b === undefined)",
        "v.literal(((...all) => all.length)(...list))",
        "v.literal((function (a, b) { return b; })(...list))",
        "FLAG ? v.string() : v.number()",
        "FLAG && v.string()",
        "FLAG === 1 ? v.optional(v.string()) : v.null()",
        "v.union(...list.map((one) => v.literal(one)))",
        "v.union(...[\"a\", ...list].map((one) => v.literal(one)))",
    ];
    let module = |value: &&str| {
        format!(
            "let count = 1; count += 1;\nexport const f = query({{ args: {{ a: {value} }}, handler: async () => 1 }});\nexport const g = query({{ args: {{ n: v.literal(count) }}, handler: async () => 1 }});\n"
        )
    };
    let (read, warnings) = modules("u_values", &values.iter().map(module).collect::<Vec<_>>());
    for (index, value) in values.iter().enumerate() {
        assert!(
            read.contains(&format!("it{index}:g")),
            "{value}: {warnings:#?}"
        );
        let start = format!("convex/it{index}.ts: `f` is left out: its validators need ");
        let is_named = |line: &&String| line.starts_with(&start) && line.ends_with(PACKAGE);
        assert_eq!(
            warnings.iter().filter(is_named).count(),
            1,
            "{value}: {warnings:#?}"
        );
    }
    assert_eq!((read.len(), warnings.len()), (values.len(), values.len()));
}

/// Where what runs next depends on an unknown value, the module ends, and says where.
#[test]
fn what_would_be_decided_by_an_unknown_value_is_not() {
    let codes = [
        "if (FLAG) fields.b = v.string();",
        "if (FLAG === \"a\") fields.b = v.string(); else fields.c = v.string();",
        "if (!FLAG) fields.b = v.string();",
        "if (table.X > 1) fields.b = v.string();",
        "switch (FLAG) { case \"a\": fields.b = v.string(); }",
        "switch (\"a\") { case FLAG: fields.b = v.string(); }",
        "for (let i = 0; i < FLAG; i++) fields[\"b\" + i] = v.string();",
        "for (const one of list) fields.b = v.string();",
        "for (const one in table) fields.b = v.string();",
        "while (FLAG.next) { fields.b = v.string(); break; }",
        "do { fields.b = v.string(); } while (FLAG);",
        "FLAG && add();",
        "FLAG || add();",
        "FLAG ?? add();",
        "FLAG ? add() : undefined;",
        "let own = FLAG; own ||= add();",
        "const own = { flag: FLAG }; own.flag &&= add();",
        "list.forEach(() => add());",
        "[FLAG].filter(Boolean).forEach(add);",
        "[1].filter(() => FLAG).forEach(add);",
        "if ([1].some((one) => one === FLAG)) add();",
        "fields[FLAG] = v.string();",
        "new Array(FLAG).fill(0).forEach(add);",
        "if (helper(FLAG)) add();",
        "try { if (FLAG) add(); } catch {}",
        "try { if (FLAG) throw new Error(); add(); } catch {}",
        "if ({ debug: false, ...table }.debug) add();",
        "const { debug = false } = table; if (debug) add();",
        "const [first, second] = list; if (second) add();",
        "const [first, ...more] = list; more.forEach(add);",
        "if (JSON.stringify({ FLAG }) === \"{}\") add();",
        "if (\"abcdef\".startsWith(FLAG)) add();",
        "\"ab\".slice(0, FLAG).split(\"\").forEach(add);",
    ];
    let before = "const fields = {};\nfunction add() { fields.b = v.string(); }\nconst helper = (given) => { if (given) return 1; return 0; };\n";
    let module = |code: &&str| {
        format!(
            "{before}{code}\nexport const f = query({{ args: fields, handler: async () => 1 }});\n"
        )
    };
    let (read, warnings) = modules("u_decided", &codes.iter().map(module).collect::<Vec<_>>());
    for (index, code) in codes.iter().enumerate() {
        let start = format!("convex/it{index}.ts:");
        let reason = "not loaded, its functions are left out: what it does depends on `";
        let is_named = |line: &&String| {
            line.starts_with(&start) && line.contains(reason) && line.contains(PACKAGE)
        };
        assert_eq!(
            warnings.iter().filter(is_named).count(),
            1,
            "{code}: {warnings:#?}"
        );
    }
    assert_eq!((read.len(), warnings.len()), (0, codes.len()), "{read:?}");
}

#[test]
fn the_place_is_that_of_the_test() {
    let folder = project(
        "u_place",
        "const fields = {};\nif (\n  FLAG\n) fields.b = v.string();\nexport const f = query({ args: fields, handler: async () => 1 });\n",
    );
    let reading = read(&folder);
    assert_eq!(
        warnings(&folder, &reading),
        [format!(
            "convex/it.ts:6:3: not loaded, its functions are left out: what it does depends on `FLAG` of {PACKAGE}; it imports {PACKAGE}"
        )]
    );
}

/// Modules that need one that ended so are told apart from those that don't.
#[test]
fn what_needs_a_module_that_is_undecided_is_named() {
    let folder = project("u_needed", "export const g = query({ args: {}, handler: async () => 1 });\n")
        .with(
            "convex/lib.ts",
            "import { FLAG } from \"acme\";\nexport const early = 1;\nexport let size = 1;\nif (FLAG) size = 2;\nexport const isLarge = size > 1;\n",
        )
        .with_module(
            "needs.ts",
            "import { early, isLarge } from \"./lib\";\nexport const a = query({ args: { n: v.literal(early) }, handler: async () => 1 });\nexport const b = query({ args: { n: isLarge ? v.string() : v.null() }, handler: async () => 1 });\nexport const c = query({ args: {}, handler: async () => isLarge });\n",
        );
    let reading = read(&folder);
    assert_eq!(paths(&reading), ["it:g", "needs:c"]);
    let warnings = warnings(&folder, &reading);
    for name in ["a", "b"] {
        let start = format!("convex/needs.ts: `{name}` is left out: its validators need ");
        let of =
            "of convex/lib.ts:4:5 (which failed to load: what it does depends on `FLAG` of `acme`";
        assert!(
            warnings
                .iter()
                .any(|line| line.starts_with(&start) && line.contains(of)),
            "{warnings:#?}"
        );
    }
}

/// A module that fails to load has no answer on a deployment either, so there it didn't.
#[test]
fn what_is_only_checked_is_taken_as_met() {
    let folder = project(
        "u_checked",
        "if (!FLAG) throw new Error(\"FLAG is missing\");\nfunction assert(value) { if (!value) { console.error(\"no\"); throw new Error(\"no\"); } }\nassert(table.X === 1);\nexport const f = query({ args: {}, handler: async () => 1 });\n",
    );
    let reading = read(&folder);
    assert_eq!(paths(&reading), ["it:f"], "{:?}", reading.warnings);
}

/// What decides inside of functions alone is nobody's business here.
#[test]
fn handlers_may_decide_by_what_they_like() {
    let folder = project(
        "u_handlers",
        "const client = new make({ key: process.env.KEY });\nexport const f = query({ args: { a: v.string() }, handler: async (ctx, { a }) => { if (FLAG === a) for (const one of list) a += `${one}`; return client?.x ?? a; } });\nexport const helper = (...all) => (FLAG ? all.length : typeof FLAG);\n",
    );
    let reading = read(&folder);
    assert_eq!(paths(&reading), ["it:f"], "{:?}", reading.warnings);
    assert_eq!(reading.warnings, [""; 0]);
}

#[test]
fn a_schema_that_depends_on_an_unknown_value_is_an_error() {
    for code in [
        "export default defineSchema({ notes: defineTable({ a: v.string() }), ...(FLAG ? { more: defineTable({}) } : {}) });",
        "const tables = { notes: defineTable({ a: v.string() }) };\nif (FLAG) tables.more = defineTable({});\nexport default defineSchema(tables);",
        "const tables = { notes: defineTable({ a: v.string() }) };\nFLAG.forEach((name) => { tables[name] = defineTable({}); });\nexport default defineSchema(tables);",
        "export default defineSchema({ notes: defineTable({ a: FLAG === 1 ? v.string() : v.null() }) });",
        "export default defineSchema({ notes: defineTable({ a: v.string() }).index(\"by_a\", { fields: [\"a\"], staged: FLAG }) });",
        "export default defineSchema({ notes: defineTable({ a: v.string() }) }, { schemaValidation: !FLAG });",
        "export default defineSchema({ notes: defineTable({ a: v.string() }), [FLAG]: defineTable({}) });",
    ] {
        let folder = Folder::new("u_schema")
            .with_schema(&format!("import {{ FLAG }} from \"acme\";\n{code}\n"));
        let error = read_project(&folder.path("convex"), &Limits::default()).unwrap_err();
        assert!(matches!(error, Error::Schema { .. }), "{code}: {error}");
        assert!(
            error.to_string().contains("npm install acme"),
            "{code}: {error}"
        );
    }
}

/// What is left of such a text when letters are picked out of it is a name like any other.
#[test]
fn no_name_is_made_of_what_is_not_there() {
    let made = [
        "`t_${NAME}`",
        "\"t_\" + NAME",
        "`t_${NAME}`.replace(/[^a-z_]/g, \"\")",
        "\"t_\" + String(NAME).replaceAll(/[^a-z]/gi, \"\")",
        "\"t_\" + NAME.toString().toLowerCase().replace(/\\W|\\d/g, \"\")",
        "`${NAME}`.replace(/[^a-z]/g, \"\").slice(0, 4)",
        "`t${NAME}`.substring(0, 1)",
        "`${NAME}`.split(/[^a-z]+/).join(\"t\")",
        "[...`${NAME}`].filter((c) => /[a-z]/.test(c)).join(\"\")",
        "`${NAME}`.replace(/[^a-z]/g, \"\").toUpperCase()",
        "[\"t\", NAME].join(\"_\").replace(/[^a-z_]/g, \"\")",
        "`t_${NAME}`.match(/[a-z_]+/g).join(\"\")",
        "tidy(NAME)",
    ];
    let head = "import { NAME } from \"./missing\";\nconst tidy = (name) => { let text = \"\"; for (const c of `${name}`) if (c >= \"a\" && c <= \"z\") text += c; return text; };\n";
    for text in made {
        for code in [
            format!("defineSchema({{ [{text}]: defineTable({{ a: v.string() }}) }})"),
            format!("defineSchema({{ notes: defineTable({{ [{text}]: v.string() }}) }})"),
            format!("defineSchema({{ notes: defineTable({{ a: v.literal({text}) }}) }})"),
            format!(
                "defineSchema({{ notes: defineTable({{ a: v.string() }}).index({text}, [\"a\"]) }})"
            ),
        ] {
            let folder =
                Folder::new("u_names").with_schema(&format!("{head}export default {code};\n"));
            let error = read_project(&folder.path("convex"), &Limits::default()).unwrap_err();
            assert!(matches!(error, Error::Schema { .. }), "{code}: {error}");
            assert!(error.to_string().contains("`./missing`"), "{code}: {error}");
        }
    }
    // A table of what is left of it doesn't come silently with functions either.
    let folder = Folder::new("u_names_it")
        .with_schema(SCHEMA)
        .with_module(
            "it.ts",
            "import { NAME } from \"./missing\";\nexport const f = query({ args: { a: v.id(`t_${NAME}`.replace(/[^a-z_]/g, \"\")) }, handler: async () => 1 });\nexport const g = query({ args: {}, handler: async () => 1 });\n",
        );
    let reading = read(&folder);
    assert_eq!(paths(&reading), ["it:g"]);
    assert_eq!(
        warnings(&folder, &reading),
        [
            "convex/it.ts: `f` is left out: its validators need `NAME` of `./missing`, which was not found"
        ]
    );
}

/// Options that decide in what stands in for a package.
#[test]
fn options_of_packages_are_not_guessed() {
    for (import, table) in [
        (
            "",
            "defineEnt({}).field(\"a\", v.string(), { unique: FLAG })",
        ),
        (
            "",
            "defineEnt({}).field(\"a\", v.string(), { index: FLAG })",
        ),
        (
            "",
            "defineEnt({}).field(\"a\", v.string(), { default: FLAG })",
        ),
        ("", "defineEnt({}).field(\"a\", v.string(), FLAG)"),
        ("", "defineEnt({}).edge(\"note\", { optional: FLAG })"),
        (
            "import { z } from \"zod\";\nimport { zodToConvex } from \"convex-helpers/server/zod4\";\n",
            "defineEnt({ a: zodToConvex(z.object({ b: z.string(), c: z.string() }).pick({ b: FLAG })) })",
        ),
    ] {
        let folder = Folder::new("u_options").with_schema(&format!(
            "import {{ FLAG }} from \"acme\";\nimport {{ defineEnt, defineEntSchema }} from \"convex-ents\";\n{import}export default defineEntSchema({{ notes: {table} }});\n"
        ));
        let error = read_project(&folder.path("convex"), &Limits::default()).unwrap_err();
        assert!(
            error.to_string().contains("what it does depends on `FLAG"),
            "{table}: {error}"
        );
    }
}

/// What a deployment has itself and an engine has not: `Buffer`, modules of Node.
#[test]
fn the_environment_is_not_guessed_either() {
    let folder = Folder::new("u_environment")
        .with_schema(SCHEMA)
        .with_module(
            "it.ts",
            "const size = Buffer.from(\"x\").length;\nexport const f = query({ args: { n: v.literal(size) }, handler: async () => 1 });\nexport const g = query({ args: {}, handler: async () => 1 });\n",
        )
        .with_module(
            "node.ts",
            "import os from \"node:os\";\nconst fields = {};\nif (os.platform() === \"linux\") fields.a = v.string();\nexport const f = query({ args: fields, handler: async () => 1 });\n",
        );
    let reading = read(&folder);
    assert_eq!(paths(&reading), ["it:g"]);
    assert_eq!(
        warnings(&folder, &reading),
        [
            "convex/it.ts: `f` is left out: its validators need `from().length` of `Buffer`",
            "convex/node.ts:5:8: not loaded, its functions are left out: what it does depends on `default.platform()` of `node:os`, a module of Node that is not there while reading; it imports `node:os`, a module of Node that is not there while reading"
        ]
    );
}

/// A project with a package that is installed and decides by what it is given.
fn installed(name: &str) -> Folder {
    Folder::new(name)
        .with_schema(SCHEMA)
        .with(
            "node_modules/kit/package.json",
            "{ \"name\": \"kit\", \"main\": \"index.js\" }",
        )
        .with(
            "node_modules/kit/index.js",
            "\"use strict\";\nvar env = typeof process !== \"undefined\" && process.platform ? \"node\" : \"other\";\nexports.env = env;\nexports.fields = function (options, v) { var all = { a: v.string() }; if (options.debug) { all.b = v.string(); } return all; };\nexports.either = function (flag, a, b) { try { if (flag) return a; } catch (e) { } return b; };\nexports.wrap = function (value, v) { return v.object({ inner: value.isConvexValidator ? value : v.object(value) }); };\nexports.keep = function (options) { return { later: function () { return options.debug ? 1 : 2; } }; };\n",
        )
}

/// A package that is there decides nothing by what is not.
#[test]
fn an_installed_package_is_not_asked_about_what_is_unknown() {
    let import = "import { FLAG } from \"acme\";\nimport * as kit from \"kit\";\n";
    let function = |name: &str, args: &str| {
        format!("export const {name} = query({{ args: {args}, handler: async () => 1 }});\n")
    };
    let folder = installed("u_installed")
        .with_module(
            "truth.ts",
            &[import, &function("f", "kit.fields({ debug: FLAG }, v)")].concat(),
        )
        .with_module(
            "caught.ts",
            &[
                import,
                &function("f", "{ a: kit.either(FLAG, v.string(), v.number()) }"),
            ]
            .concat(),
        )
        .with_module(
            "spread.ts",
            &[import, &function("f", "kit.fields({ ...FLAG }, v)")].concat(),
        )
        // What it keeps or passes on is found where it ends up.
        .with_module(
            "kept.ts",
            &[
                import,
                "const client = kit.keep({ debug: FLAG });\n",
                &function("f", "{ a: v.literal(kit.env) }"),
                &function("g", "{ a: kit.wrap(FLAG, v) }"),
                &function("h", "kit.fields({ debug: true }, v)"),
            ]
            .concat(),
        );
    let reading = read(&folder);
    let warnings = warnings(&folder, &reading);
    assert_eq!(paths(&reading), ["kept:f", "kept:h"], "{warnings:#?}");
    for module in ["caught", "spread", "truth"] {
        let start = format!("convex/{module}.ts");
        let is_named = |line: &&String| {
            line.starts_with(&start)
                && line.contains(
                    "not loaded, its functions are left out: what it does depends on `FLAG",
                )
                && line.contains(PACKAGE)
        };
        assert_eq!(
            warnings.iter().filter(is_named).count(),
            1,
            "{module}: {warnings:#?}"
        );
    }
    let of_g = "convex/kept.ts: `g` is left out: its validators need `FLAG";
    assert!(
        warnings.iter().any(|line| line.starts_with(of_g)),
        "{warnings:#?}"
    );
}

/// Nor does one that imports what is not there itself, whatever the project asks it.
#[test]
fn an_installed_package_that_lacks_another_is_not_asked_either() {
    let folder = Folder::new("u_lacking")
        .with_schema(SCHEMA)
        .with("node_modules/kit/package.json", "{ \"name\": \"kit\", \"type\": \"module\", \"main\": \"index.js\" }")
        .with(
            "node_modules/kit/index.js",
            "import { FLAG, table } from \"acme\";\nexport { FLAG };\nexport const size = `${table.size}`;\nexport let kind = \"plain\";\ntry { if (FLAG) kind = \"rich\"; } catch {}\n",
        )
        .with("node_modules/kit/other.js", "export { FLAG } from \"acme\";\nexport const one = 1;\n")
        .with_module(
            "it.ts",
            "import { FLAG, kind } from \"kit\";\nexport const f = query({ args: { a: v.literal(kind) }, handler: async () => 1 });\nexport const g = query({ args: { a: FLAG ? v.string() : v.null() }, handler: async () => 1 });\nexport const h = query({ args: {}, handler: async () => FLAG });\n",
        )
        .with_module(
            "other.ts",
            "import { FLAG, one } from \"kit/other\";\nconst fields: any = {};\nif (FLAG) fields.a = v.string();\nexport const f = query({ args: fields, handler: async () => one });\n",
        );
    let reading = read(&folder);
    let warnings = warnings(&folder, &reading);
    assert_eq!(paths(&reading), ["it:h"], "{warnings:#?}");
    for start in [
        "convex/it.ts: `f` is left out",
        "convex/it.ts: `g` is left out",
        "convex/other.ts:5:5: not loaded",
    ] {
        let is_named = |line: &&String| line.starts_with(start) && line.contains("`acme`");
        assert_eq!(
            warnings.iter().filter(is_named).count(),
            1,
            "{start}: {warnings:#?}"
        );
    }
}

/// What no deployment has, a browser's own, is not there: so it says itself.
#[test]
fn what_no_deployment_has_is_not_there() {
    let folder = Folder::new("u_browser").with_schema(SCHEMA).with_module(
        "it.ts",
        "const global: any = globalThis;\nif (!global.DOMParser) global.DOMParser = class {};\nconst kinds = [typeof XMLHttpRequest, typeof document, typeof Worker, typeof caches].join();\nexport const f = query({ args: { n: v.literal(kinds) }, handler: async () => 1 });\n",
    );
    let reading = read(&folder);
    assert_eq!(warnings(&folder, &reading), [""; 0]);
    let args = reading.functions.values().next().unwrap().json.get();
    let kinds = ["undefined"; 4].join(",");
    assert!(args.contains(&kinds), "{args}");
}
