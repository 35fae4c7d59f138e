//! What can't be read of the functions is a warning, and costs nothing else.

use std::time::{Duration, Instant};

use crate::common::{Folder, SCHEMA, paths, read, warnings};
use byod_build::{Limits, read_project};

#[test]
fn a_module_that_speaks_of_memory_has_not_used_it_up() {
    let folder = Folder::new("w_memory").with_schema(SCHEMA).with_module(
        "bad.ts",
        "throw new Error(\"the worker ran out of memory\");\n",
    );
    let reading = read(&folder);
    assert_eq!(
        warnings(&folder, &reading),
        [
            "convex/bad.ts:3:11: not loaded, its functions are left out: Error: the worker ran out of memory"
        ]
    );
}

#[test]
fn a_module_that_throws_costs_its_own_functions_alone() {
    let folder = Folder::new("w_throws")
        .with_schema(SCHEMA)
        .with_module(
            "bad.ts",
            "export const shared = { a: v.string() };\nexport const f = query({ args: {}, handler: async () => 1 });\nif (v.ok !== 1) throw new Error(\"v is not ok\");\n",
        )
        .with_module(
            "good.ts",
            "import { shared } from \"./bad\";\nexport const f = query({ args: shared, handler: async () => 1 });\nexport const g = query({ args: {}, handler: async () => 1 });\n",
        );
    let reading = read(&folder);
    assert_eq!(paths(&reading), ["good:f", "good:g"]);
    assert_eq!(
        warnings(&folder, &reading),
        ["convex/bad.ts:5:27: not loaded, its functions are left out: Error: v is not ok"]
    );
}

#[test]
fn a_function_that_needs_a_failed_module_is_left_out() {
    let folder = Folder::new("w_needs")
        .with_schema(SCHEMA)
        .with("convex/lib/fields.ts", "throw new Error(\"no\");\nexport const fields = {};\nexport const one = 1;\n")
        .with_module(
            "good.ts",
            "import { fields } from \"./lib/fields\";\nexport const f = query({ args: { x: fields.x }, handler: async () => 1 });\nexport const g = query({ args: {}, handler: async () => 1 });\n",
        );
    let reading = read(&folder);
    assert_eq!(paths(&reading), ["good:g"]);
    assert_eq!(
        warnings(&folder, &reading),
        [
            "convex/good.ts: `f` is left out: its validators need `fields.x` of convex/lib/fields.ts:1:11 (which failed to load: Error: no)",
            "convex/lib/fields.ts:1:11: not loaded, its functions are left out: Error: no",
        ]
    );
}

#[test]
fn a_module_that_awaits_for_ever() {
    let folder = Folder::new("w_awaits")
        .with_schema(SCHEMA)
        .with_module("never.ts", "await new Promise(() => {});\nexport const f = query({ args: {}, handler: async () => 1 });\n")
        .with_module("good.ts", "export const g = query({ args: {}, handler: async () => 1 });\n");
    let reading = read(&folder);
    assert_eq!(paths(&reading), ["good:g"]);
    assert_eq!(
        warnings(&folder, &reading),
        [
            "convex/never.ts: not loaded, its functions are left out: it awaits something that never comes"
        ]
    );
}

#[test]
fn a_module_with_a_syntax_error() {
    let folder = Folder::new("w_syntax").with_schema(SCHEMA).with_module(
        "bad.ts",
        "export const f = query({ args: {} handler: 1 });\n",
    );
    let reading = read(&folder);
    assert_eq!(
        warnings(&folder, &reading),
        [
            "convex/bad.ts:3:35: not loaded, its functions are left out: SyntaxError: Expected `,` or `}` but found `Identifier`"
        ]
    );
}

#[test]
fn generated_code_that_fails_is_replaced() {
    let folder = Folder::new("w_generated")
        .with_schema(SCHEMA)
        .with(
            "convex/_generated/server.js",
            "throw new Error(\"stale\");\nexport const query = 1;\n",
        )
        .with_module(
            "good.ts",
            "export const g = query({ args: {}, handler: async () => 1 });\n",
        );
    let reading = read(&folder);
    assert_eq!(paths(&reading), ["good:g"]);
    assert_eq!(reading.warnings, Vec::<String>::new());
}

#[test]
fn a_module_that_needs_an_environment_variable() {
    let folder = Folder::new("w_variable")
        .with_schema(SCHEMA)
        .with("convex/lib/env.ts", "import { query } from \"../_generated/server\";\nif (!process.env.KEY) throw new Error(\"KEY is not set\");\nexport const keyQuery = (f: any) => query(f);\nexport const key = process.env.KEY;\n")
        .with_module(
            "notes.ts",
            "import { key, keyQuery } from \"./lib/env\";\nexport const a = keyQuery({ args: {}, handler: async () => 1 });\nexport const b = query({ args: { key: v.literal(key) }, handler: async () => 1 });\n",
        );
    let reading = read(&folder);
    assert_eq!(paths(&reading), ["notes:a"]);
    assert_eq!(
        warnings(&folder, &reading),
        [
            "convex/notes.ts: read as if every environment variable were set. Otherwise: convex/notes.ts: `b` is left out: its validators need `key` of convex/lib/env.ts:2:33 (which failed to load: Error: KEY is not set); convex/notes.ts: left out: `a`, made by convex/lib/env.ts:2:33 (which failed to load: Error: KEY is not set)",
            "convex/notes.ts: `b` is left out: its validators hold the value of an environment variable"
        ]
    );
}

#[test]
fn what_is_broken_in_one_place_costs_that_place_alone() {
    let folder = Folder::new("w_broken")
        .with_schema(SCHEMA)
        .with("convex/data.json", "{ \"a\": }")
        .with_module(
            "json.ts",
            "import data from \"./data.json\";\nexport const a = query({ args: { x: v.literal(data.a) }, handler: async () => 1 });\n",
        )
        .with_module(
            "names.ts",
            "export const a = query({ args: {}, handler: async () => 1 });\nexport { nowhere };\n",
        );
    let reading = read(&folder);
    assert_eq!(paths(&reading), ["names:a"]);
    assert_eq!(
        warnings(&folder, &reading),
        [
            "convex/json.ts: `a` is left out: its validators need `default.a` of convex/data.json (which failed to load: SyntaxError: unexpected token: '}')",
            "convex/names.ts: `nowhere` is left out: ReferenceError: nowhere is not defined"
        ]
    );
}

#[test]
fn a_module_that_loops_for_ever_costs_its_own_functions_alone() {
    let folder = Folder::new("w_endless")
        .with_schema(SCHEMA)
        .with_module(
            "a.ts",
            "export const f = query({ args: {}, handler: async () => 1 });\n",
        )
        .with_module(
            "b.ts",
            "for (;;) {}\nexport const f = query({ args: {}, handler: async () => 1 });\n",
        )
        .with_module(
            "c.ts",
            "import \"./a\";\nexport const f = query({ args: {}, handler: async () => 1 });\n",
        );
    let limits = Limits {
        operations: 100_000_000,
        ..Limits::default()
    };
    let reading = read_project(&folder.path("convex"), &limits).unwrap();
    assert_eq!(paths(&reading), ["a:f", "c:f"]);
    assert_eq!(
        warnings(&folder, &reading),
        [
            "convex/b.ts: not loaded, its functions are left out: stopped after half of what was left of 100 million operations while it was running. Look for an endless loop, or raise the limit `operations` (`Builder::limits`)"
        ]
    );
}

#[test]
fn many_modules_that_loop_for_ever_end_too() {
    let endless = "for (;;) {}\nexport const f = query({ args: {}, handler: async () => 1 });\n";
    let mut folder = Folder::new("w_many_endless").with_schema(SCHEMA);
    for module in 0..60 {
        folder = folder.with_module(&format!("m{module:02}.ts"), endless);
    }
    let limits = Limits {
        operations: 10_000_000,
        ..Limits::default()
    };
    let reading = read_project(&folder.path("convex"), &limits).unwrap();
    assert_eq!(paths(&reading), Vec::<String>::new());
    let warnings = warnings(&folder, &reading);
    assert_eq!(warnings.len(), 60);
    assert_eq!(
        warnings[59],
        "convex/m59.ts: not loaded, its functions are left out: modules that had to be stopped took twice the 10 million operations they have together. Look for endless loops in those, or raise the limit `operations` (`Builder::limits`)"
    );
}

#[test]
fn what_comes_to_an_end_takes_nothing_from_others() {
    let slow = "for (let i = 0; i < 4_000_000; i++);\nexport const f = query({ args: {}, handler: async () => 1 });\n";
    let mut folder = Folder::new("w_slow").with_schema(SCHEMA);
    for module in 0..12 {
        folder = folder.with_module(&format!("m{module}.ts"), slow);
    }
    let limits = Limits {
        operations: 40_000_000,
        ..Limits::default()
    };
    let reading = read_project(&folder.path("convex"), &limits).unwrap();
    assert_eq!(warnings(&folder, &reading), Vec::<String>::new());
    assert_eq!(reading.functions.len(), 12);
}

#[test]
fn what_loops_for_ever_outside_the_folder_is_run_once() {
    let folder = Folder::new("w_endless_shared")
        .with_schema(SCHEMA)
        .with("shared/slow.ts", "export const one = 1;\nfor (;;) {}\n")
        .with_module("a.ts", "import { one } from \"../shared/slow\";\nexport const f = query({ args: {}, handler: async () => one });\n")
        .with_module("b.ts", "import { one } from \"../shared/slow\";\nexport const f = query({ args: { x: v.literal(one) }, handler: async () => 1 });\nexport const g = query({ args: {}, handler: async () => 1 });\n")
        .with_module("c.ts", "import { one } from \"../shared/slow\";\nexport const f = query({ args: { x: one }, handler: async () => 1 });\nexport const g = query({ args: {}, handler: async () => 1 });\n");
    let limits = Limits {
        operations: 100_000_000,
        ..Limits::default()
    };
    let started = Instant::now();
    let reading = read_project(&folder.path("convex"), &limits).unwrap();
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(paths(&reading), ["a:f", "b:g", "c:g"]);
    let warnings = warnings(&folder, &reading);
    assert_eq!(warnings.len(), 3, "{warnings:#?}");
    assert!(warnings[0].starts_with("shared/slow.ts: stopped after "));
    assert!(warnings[1].starts_with("convex/b.ts: `f` is left out: its validators need "));
    assert!(warnings[2].starts_with("convex/c.ts: `f` is left out: its validators need "));
}

#[test]
fn a_package_that_takes_too_long_is_left_out_as_a_whole() {
    let part = |next: &str| {
        format!("{next}\nfor (let i = 0; i < 12_000_000; i++);\nexport const x = 1;\n")
    };
    let folder = Folder::new("w_slow_package")
        .with_schema(SCHEMA)
        .with("node_modules/large/package.json", "{ \"name\": \"large\", \"main\": \"index.mjs\" }")
        .with("node_modules/large/index.mjs", &part("export * from \"./one.mjs\";"))
        .with("node_modules/large/one.mjs", &part("export { x as y } from \"./two.mjs\";"))
        .with("node_modules/large/two.mjs", &part(""))
        .with_module("a.ts", "import { x } from \"large\";\nexport const f = query({ args: {}, handler: async () => x });\n")
        .with_module("b.ts", "import * as all from \"large\";\nexport const f = query({ args: {}, handler: async () => all });\n");
    let limits = Limits {
        operations: 40_000_000,
        ..Limits::default()
    };
    let reading = read_project(&folder.path("convex"), &limits).unwrap();
    assert_eq!(paths(&reading), ["a:f", "b:f"]);
    assert_eq!(
        warnings(&folder, &reading),
        [
            "node_modules/large/index.mjs: stopped after half of what was left of 40 million operations while it was running. Look for an endless loop, or raise the limit `operations` (`Builder::limits`)"
        ]
    );
}

#[test]
fn a_module_that_allocates_without_end_costs_its_own_functions_alone() {
    let folder = Folder::new("w_greedy")
        .with_schema(SCHEMA)
        .with_module("a.ts", "export const f = query({ args: {}, handler: async () => 1 });\n")
        .with_module("b.ts", "const all: string[] = [];\nfor (let i = 0; ; i++) all.push(\"x\".repeat(1000) + i);\nexport const f = query({ args: {}, handler: async () => 1 });\n")
        .with_module("c.ts", "export const f = query({ args: {}, handler: async () => 1 });\n");
    let limits = Limits {
        memory: 32 << 20,
        ..Limits::default()
    };
    let reading = read_project(&folder.path("convex"), &limits).unwrap();
    assert_eq!(paths(&reading), ["a:f", "c:f"]);
    assert_eq!(
        warnings(&folder, &reading),
        [
            "convex/b.ts: not loaded, its functions are left out: stopped after 32 MiB of memory while it was running. Look for an endless loop, or raise the limit `memory` (`Builder::limits`)"
        ]
    );
}

#[test]
fn modules_that_fit_one_by_one_need_not_fit_together() {
    let large = "export const all = Array.from({ length: 150_000 }, (_, i) => ({ i }));\nexport const f = query({ args: {}, handler: async () => all.length });\n";
    let mut folder = Folder::new("w_together").with_schema(SCHEMA);
    for name in ["a.ts", "b.ts", "c.ts", "d.ts"] {
        folder = folder.with_module(name, large);
    }
    let limits = Limits {
        memory: 48 << 20,
        ..Limits::default()
    };
    let reading = read_project(&folder.path("convex"), &limits).unwrap();
    assert_eq!(warnings(&folder, &reading), Vec::<String>::new());
    assert_eq!(paths(&reading), ["a:f", "b:f", "c:f", "d:f"]);
}

#[test]
fn a_module_that_throws_null() {
    let folder = Folder::new("w_null")
        .with_schema(SCHEMA)
        .with_module("bad.ts", "throw null;\n");
    let reading = read(&folder);
    assert_eq!(
        warnings(&folder, &reading),
        ["convex/bad.ts: not loaded, its functions are left out: null was thrown"]
    );
}

#[test]
fn a_module_that_is_nested_without_end() {
    let deep = |before: &str, after: &str| {
        format!(
            "const x: any = {}1{};\n",
            before.repeat(100_000),
            after.repeat(100_000)
        )
    };
    let folder = Folder::new("w_nested")
        .with_schema(SCHEMA)
        .with_module("brackets.ts", &deep("(", ")"))
        .with_module("operators.ts", &deep("", " + 1"));
    let reading = read(&folder);
    assert_eq!(
        warnings(&folder, &reading),
        [
            "convex/brackets.ts:3:10014: not loaded, its functions are left out: SyntaxError: it is nested more than 10000 deep",
            "convex/operators.ts:3:40010: not loaded, its functions are left out: SyntaxError: it is nested more than 10000 deep",
        ]
    );
}

#[test]
fn an_order_that_is_not_known() {
    let folder = Folder::new("w_order").with_schema(SCHEMA).with_module(
        "notes.ts",
        "const names = [\"я\", \"а\"].sort((a, b) => a.localeCompare(b));\nexport const a = query({ args: { x: v.literal(names[0]!) }, handler: async () => 1 });\nexport const b = query({ args: { x: v.literal(`${new Date(0).toLocaleString()}`) }, handler: async () => 1 });\n",
    );
    let reading = read(&folder);
    assert_eq!(paths(&reading), ["notes:a"]);
    assert_eq!(
        warnings(&folder, &reading),
        [
            "convex/notes.ts: `b` is left out: its validators need `toLocaleString()` of a date",
            "convex/notes.ts: it orders texts by a language that is not known while reading (`localeCompare`, `Intl.Collator`). Where validators come of it, their order may differ from Convex's",
        ]
    );
}
