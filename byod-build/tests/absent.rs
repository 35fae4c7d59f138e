//! Where a package is not there, what it would have given is absent and named.

use crate::common::{Folder, SCHEMA, paths, read, warnings};

/// The functions that are read of a module, and what is said of it.
fn said(name: &str, module: &str) -> (Vec<String>, Vec<String>) {
    let folder = Folder::new(name)
        .with_schema(SCHEMA)
        .with_module("it.ts", module);
    let reading = read(&folder);
    (paths(&reading), warnings(&folder, &reading))
}

#[test]
fn whatever_may_have_been_a_function_is_named() {
    let cases = [
        ("export * from \"absent\";", "whatever is passed on"),
        ("export * from \"./more\";", "whatever is passed on"),
        ("export * as all from \"absent\";", "`all`"),
        ("export { one } from \"absent\";", "`one`"),
        ("export { one as default } from \"absent\";", "`default`"),
        ("export { default } from \"absent\";", "`default`"),
        (
            "import { one } from \"absent\";\nexport { one as two };",
            "`two`",
        ),
        (
            "import one from \"absent\";\nexport default one;",
            "`default`",
        ),
        (
            "import * as all from \"absent\";\nexport const one = all.one;",
            "`one`",
        ),
        (
            "import all from \"absent\";\nexport const { one, two } = all;",
            "`one`, `two`",
        ),
        (
            "import { make } from \"absent\";\nexport const one = make();",
            "`one`",
        ),
        (
            "import { Make } from \"absent\";\nexport const one = new Make().one;",
            "`one`",
        ),
        (
            "import { all } from \"absent\";\nconst made = Object.fromEntries(Object.entries(all).map(([name]) => [name, query({ args: {}, handler: async () => null })]));\nexport const one = made.one;",
            "`one`",
        ),
        (
            "import { all } from \"absent\";\nconst made: any = {};\nfor (const name of all) made[name] = query({ args: {}, handler: async () => null });\nexport const one = made.one;",
            "`one`",
        ),
        (
            "import { all } from \"absent\";\nconst made: any = {};\nfor (const name in all) made[name] = query({ args: {}, handler: async () => null });\nexport const one = made.one;",
            "`one`",
        ),
        (
            "import { all } from \"absent\";\nconst made: any = {};\nfor (let i = 0; i < all.length; i++) made[i] = query({ args: {}, handler: async () => null });\nexport const one = made[0];",
            "`one`",
        ),
        (
            "import { all } from \"absent\";\nconst made: any = {};\nall.forEach((name: string) => { made[name] = query({ args: {}, handler: async () => null }); });\nexport const one = made.one;",
            "`one`",
        ),
        (
            "import { each } from \"absent\";\nlet one;\neach([1], () => { one = query({ args: {}, handler: async () => null }); });\nexport { one };",
            "`one`",
        ),
        (
            "import { made } from \"./made\";\nexport const one = made.one;",
            "`one`",
        ),
    ];
    for (index, (module, named)) in cases.into_iter().enumerate() {
        let folder = Folder::new(&format!("absent_{index}"))
            .with_schema(SCHEMA)
            .with_module("it.ts", module)
            .with("convex/more.ts", "export * from \"absent\";\n")
            .with("convex/made.ts", "import { all } from \"absent\";\nexport const made: any = {};\nfor (const name of all) made[name] = 1;\n");
        let reading = read(&folder);
        let said = warnings(&folder, &reading);
        let is_named = |line: &String| {
            let is_left_out = line.starts_with("convex/it.ts: left out: ") && line.contains(named);
            let is_undecided = line.starts_with("convex/it.ts:")
                && line.contains("not loaded, its functions are left out");
            (is_left_out || is_undecided) && line.contains("`absent`")
        };
        assert!(said.iter().any(is_named), "{module}\n{said:?}");
        assert_eq!(paths(&reading), Vec::<String>::new(), "{module}");
    }
}

#[test]
fn what_is_there_is_not_named() {
    let (functions, said) = said(
        "absent_not",
        "import { tool } from \"absent\";\nexport let later: any;\nexport const limit = 5;\nexport type { T } from \"absent\";\nexport const a = query({ args: {}, handler: async () => tool() });\n",
    );
    assert_eq!(functions, ["it:a"]);
    assert_eq!(said, Vec::<String>::new());
}

/// Convex takes a folder without a schema, and so do we.
#[test]
fn without_a_schema_there_are_functions_and_no_tables() {
    let folder = Folder::new("absent_schema")
        .with_module(
            "it.ts",
            "export const a = query({ args: {}, handler: async () => null });\n",
        )
        .with("byod.toml", "main.convex = \"convex\"\n");
    let reading = read(&folder);
    assert_eq!(paths(&reading), ["it:a"]);
    assert_eq!(reading.schema.json.get(), "null");
    let build = || {
        byod_build::Builder::new()
            .config(folder.path("byod.toml"))
            .read()
    };
    assert!(build().unwrap().main.schema.tables.is_empty());
    folder.write(
        "byod.toml",
        "main.convex = \"convex\"\n[user]\ntables = [\"notes\"]\n",
    );
    let error = folder.relative(&build().unwrap_err().to_string());
    assert_eq!(
        error,
        "byod.toml:3: convex has no schema.ts, so nothing says what the table `notes` holds. Add one that declares it, or remove the table from `user.tables`"
    );
}

/// What can be read and not be pushed is said.
#[test]
fn what_a_push_refuses_is_a_warning() {
    let folder = Folder::new("absent_refused")
        .with_schema("export default defineSchema({ notes: defineTable({ a: v.string(), b: v.string() }).index(\"by_id\", [\"a\"]).index(\"by-a\", [\"b\"]), \"a-b\": defineTable({}) });\n")
        .with_module("items.ts", "const a = v.object({ x: v.string() });\nexport const either = query({ args: v.union(a, v.object({})) as any, handler: async () => null });\nexport const record = query({ args: v.record(v.string(), v.number()) as any, handler: async () => null });\nexport const whole = query({ args: a, handler: async () => null });\nexport const any = query({ args: v.any(), handler: async () => null });\nexport const bare = query(async () => null);\n")
        .with_module("item-actions.ts", "export const touch = query({ args: {}, handler: async () => null });\n")
        .with_module("model/error-payload.ts", "export const payload = 1;\n");
    let reading = read(&folder);
    assert_eq!(reading.functions.len(), 6);
    let said = warnings(&folder, &reading);
    for (named, count) in [
        (
            "Convex refuses the function `items:either`: its `args` must be",
            1,
        ),
        (
            "Convex refuses the function `items:record`: its `args` must be",
            1,
        ),
        ("Convex refuses the module `item-actions`", 1),
        ("Convex refuses the module `model/error-payload`", 1),
        ("Convex refuses the table `a-b`", 1),
        ("Convex refuses the index `by_id` of `notes`", 1),
        ("Convex refuses the index `by-a` of `notes`", 1),
        ("Convex refuses", 7),
    ] {
        let found = said.iter().filter(|line| line.contains(named)).count();
        assert_eq!(found, count, "{named}: {said:#?}");
    }
}
