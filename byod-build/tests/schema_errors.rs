//! A schema that can't be had whole is an error of one line that names the
//! place, the reason and the fix.

use std::time::Duration;

use crate::common::Folder;
use byod_build::{Limits, read_project};

fn error_with(folder: &Folder, limits: Limits) -> String {
    let error = read_project(&folder.path("convex"), &limits).unwrap_err();
    folder.relative(&error.to_string())
}

fn error(folder: &Folder) -> String {
    error_with(folder, Limits::default())
}

#[test]
fn no_such_folder() {
    let folder = Folder::new("no_such_folder");
    assert_eq!(
        error(&folder),
        "convex: no such folder. Name the folder that holds schema.ts"
    );
}

#[test]
fn no_schema_in_the_folder() {
    // Convex's own folder may be without; another is none then.
    let folder = Folder::new("no_schema").with("src/notes.ts", "export {};");
    let error = read_project(&folder.path("src"), &Limits::default()).unwrap_err();
    assert_eq!(
        folder.relative(&error.to_string()),
        "src: there is no schema.ts (or schema.js). Add one that says `export default defineSchema({…})`, or name another Convex folder"
    );
}

#[test]
fn the_schema_throws() {
    let folder = Folder::new("schema_throws").with_schema(
        "type Unused = {\n  a: string;\n};\nfunction check(): void {\n  throw new Error(\"no tables today\");\n}\ncheck();\nexport default defineSchema({});\n",
    );
    assert_eq!(
        error(&folder),
        "convex/schema.ts:7:13: the schema can't be loaded: Error: no tables today"
    );
}

#[test]
fn what_the_schema_imports_throws() {
    let folder = Folder::new("import_throws")
        .with_schema(
            "import { notes } from \"./notes\";\nexport default defineSchema({ notes });\n",
        )
        .with(
            "convex/notes.ts",
            "export const notes = (undefined as any).table();\n",
        );
    assert_eq!(
        error(&folder),
        "convex/schema.ts: the table `notes` needs `notes` of convex/notes.ts:1:23 (which failed to load: TypeError: cannot read property 'table' of undefined)"
    );
}

#[test]
fn a_syntax_error() {
    let folder = Folder::new("syntax_error").with_schema("export default defineSchema({;\n");
    assert_eq!(
        error(&folder),
        "convex/schema.ts:3:30: the schema can't be loaded: SyntaxError: Unexpected token"
    );
}

#[test]
fn no_default_export() {
    let folder = Folder::new("no_default").with_schema("export const schema = defineSchema({});\n");
    assert_eq!(
        error(&folder),
        "convex/schema.ts: there is no default export. Write `export default defineSchema({…})`"
    );
}

#[test]
fn the_default_export_is_no_schema() {
    let folder = Folder::new("not_a_schema").with_schema("export default { notes: 1 };\n");
    assert_eq!(
        error(&folder),
        "convex/schema.ts: the default export is no schema. Write `export default defineSchema({…})`"
    );
}

#[test]
fn tables_of_a_package_that_is_not_installed() {
    let folder = Folder::new("absent_tables").with_schema(
        "import { authTables } from \"@acme/auth/server\";\nexport default defineSchema({ ...authTables });\n",
    );
    assert_eq!(
        error(&folder),
        "convex/schema.ts: the schema needs `authTables` of `@acme/auth/server`, which was not found: run `npm install @acme/auth`"
    );
}

#[test]
fn a_field_of_a_package_that_is_not_installed() {
    let folder = Folder::new("absent_field").with_schema(
        "import { literals } from \"acme-helpers/validators\";\nexport default defineSchema({ notes: defineTable({ meta: v.object({ kind: v.optional(literals(\"a\", \"b\")) }) }) });\n",
    );
    assert_eq!(
        error(&folder),
        "convex/schema.ts: the validator of `notes.meta.kind` needs `literals().asOptional()` of `acme-helpers/validators`, which was not found: run `npm install acme-helpers`"
    );
}

#[test]
fn a_text_made_of_what_is_not_there() {
    let folder = Folder::new("absent_text").with_schema(
        "import { PREFIX } from \"names\";\nexport default defineSchema({ notes: defineTable({ kind: v.literal(`${PREFIX}-a`) }) });\n",
    );
    assert_eq!(
        error(&folder),
        "convex/schema.ts: the schema needs `PREFIX` of `names`, which was not found: run `npm install names`"
    );
}

#[test]
fn a_text_made_of_what_is_not_there_in_another_form() {
    let texts = [
        (
            "PREFIX.toUpperCase()",
            "`PREFIX.toUpperCase()` of `names`, which was not found: run `npm install names`",
        ),
        (
            "`${PREFIX}`.toUpperCase()",
            "`PREFIX` of `names`, which was not found: run `npm install names`",
        ),
        (
            "`${PREFIX}`.slice(1, -1)",
            "`PREFIX` of `names`, which was not found: run `npm install names`",
        ),
        (
            "encodeURIComponent(PREFIX)",
            "`PREFIX` of `names`, which was not found: run `npm install names`",
        ),
        (
            "`${PREFIX}`.replace(/[^a-z0-9]/gi, \"_\")",
            "`PREFIX` of `names`, which was not found: run `npm install names`",
        ),
        (
            "`${PREFIX}`.slice(0, 4)",
            "`PREFIX` of `names`, which was not found: run `npm install names`",
        ),
        (
            "`${PREFIX}`.slice(-3)",
            "`PREFIX` of `names`, which was not found: run `npm install names`",
        ),
    ];
    for (text, needed) in texts {
        let folder = Folder::new("absent_text_form").with_schema(&format!(
            "import {{ PREFIX }} from \"names\";\nexport default defineSchema({{ notes: defineTable({{ kind: v.literal(String({text})) }}) }});\n",
        ));
        let expected = format!("convex/schema.ts: the schema needs {needed}");
        assert_eq!(error(&folder), expected, "{text}");
    }
}

#[test]
fn a_literal_of_what_is_not_there() {
    let folder = Folder::new("absent_literal").with_schema(
        "import { KIND } from \"./kinds\";\nexport default defineSchema({ notes: defineTable({ kind: v.literal(KIND) }) });\n",
    );
    assert_eq!(
        error(&folder),
        "convex/schema.ts: the validator of `notes.kind` needs `KIND` of `./kinds`, which was not found"
    );
}

#[test]
fn a_promise_that_never_comes() {
    let folder = Folder::new("never")
        .with_schema("await new Promise(() => {});\nexport default defineSchema({});\n");
    assert_eq!(
        error(&folder),
        "convex/schema.ts: the schema awaits something that never comes"
    );
}

#[test]
fn a_schema_that_loops_for_ever_stops() {
    let folder =
        Folder::new("endless").with_schema("for (;;) {}\nexport default defineSchema({});\n");
    let limits = Limits {
        operations: 20_000_000,
        ..Limits::default()
    };
    assert_eq!(
        error_with(&folder, limits),
        "convex/schema.ts: stopped after 20 million operations while it was running. Look for an endless loop, or raise the limit `operations` (`Builder::limits`)"
    );
}

#[test]
fn limits_may_be_as_large_as_there_are() {
    let folder = Folder::new("no_limits").with_schema("export default defineSchema({});\n");
    let limits = Limits {
        operations: u64::MAX,
        time: Duration::MAX,
        memory: usize::MAX,
        ..Limits::default()
    };
    let reading = read_project(&folder.path("convex"), &limits).unwrap();
    assert!(reading.schema.value.tables.is_empty());
}

/// The engine looks at the time between its operations; this is one of minutes.
#[test]
fn what_the_engine_cant_stop_is_given_up() {
    let folder = Folder::new("one_operation")
        .with_schema("export default defineSchema({});\n")
        .with(
            "convex/notes.ts",
            "import { query } from \"./_generated/server\";\nnew Array(4294967295).join(\"\");\nexport const list = query(async () => null);\n",
        );
    let limits = Limits {
        time: Duration::from_millis(200),
        ..Limits::default()
    };
    assert_eq!(
        error_with(&folder, limits),
        "convex/notes.ts: stopped after 200 ms while it was running. Look for an endless loop, or raise the limit `time` (`Builder::limits`)"
    );
}

#[test]
fn promises_that_become_more_and_more_stop() {
    const MORE: &str = "const more = () => { Promise.resolve().then(more); Promise.resolve().then(more); };\nmore();\n";
    let limits = Limits {
        operations: 1_000_000,
        memory: 32 << 20,
        ..Limits::default()
    };
    let folder = Folder::new("more_promises").with_schema(&format!(
        "{MORE}await new Promise(() => {{}});\nexport default defineSchema({{}});\n"
    ));
    let stopped = "stopped after 1 million operations while it was running. Look for an endless loop, or raise the limit `operations` (`Builder::limits`)";
    let of_schema = format!("convex/schema.ts: {stopped}");
    assert_eq!(error_with(&folder, limits), of_schema);

    // Also while a CommonJS module waits for the module that makes them.
    let folder = Folder::new("more_promises_required")
        .with("convex/lib/more.ts", &format!("{MORE}export const one = 1;\n"))
        .with("convex/lib/common.cjs", "module.exports = require(\"./more\");\n")
        .with_schema("import { one } from \"./lib/common.cjs\";\nexport default defineSchema({ [one]: defineTable({}) });\n");
    let error = error_with(&folder, limits);
    assert!(error.ends_with(stopped), "{error}");
}

#[test]
fn promises_that_follow_each_other_for_ever_stop() {
    let folder = Folder::new("endless_promises")
        .with_schema("for (;;) await null;\nexport default defineSchema({});\n");
    let limits = Limits {
        operations: 20_000_000,
        ..Limits::default()
    };
    assert_eq!(
        error_with(&folder, limits),
        "convex/schema.ts: stopped after 20 million operations while it was running. Look for an endless loop, or raise the limit `operations` (`Builder::limits`)"
    );
}

#[test]
fn a_schema_that_allocates_without_end_stops() {
    // At some bounds there is not even memory left to reject the module's promise.
    const BOUNDS: usize = 12;
    let growths = [
        "for (let i = 0; ; i++) all.push(\"x\".repeat(1000) + i);",
        "for (;;) all.push({});",
        "for (;;) { await null; all.push([1, 2, 3]); }",
        "for (;;) all.push(new Promise(() => {}), () => all);",
    ];
    for growth in growths {
        let folder = Folder::new("greedy").with_schema(&format!(
            "const all: unknown[] = [];\n{growth}\nexport default defineSchema({{}});\n"
        ));
        for step in 0..BOUNDS {
            let limits = Limits {
                memory: (8 << 20) + step * 56,
                ..Limits::default()
            };
            assert_eq!(
                error_with(&folder, limits),
                "convex/schema.ts: stopped after 8 MiB of memory while it was running. Look for an endless loop, or raise the limit `memory` (`Builder::limits`)",
                "{growth} within {} bytes",
                limits.memory
            );
        }
    }
}

#[test]
fn recursion_without_end_throws() {
    let folder = Folder::new("recursion").with_schema(
        "const deep = (n: number): number => deep(n + 1) + 1;\ndeep(0);\nexport default defineSchema({});\n",
    );
    assert_eq!(
        error(&folder),
        "convex/schema.ts:3:46: the schema can't be loaded: RangeError: Maximum call stack size exceeded"
    );
}

#[test]
fn an_undefined_validator_has_convex_own_message() {
    let folder = Folder::new("undefined_validator").with_schema(
        "export default defineSchema({ notes: defineTable({ body: undefined as any }) });\n",
    );
    assert_eq!(
        error(&folder),
        "convex/schema.ts:3:58: the schema can't be loaded: Error: A validator is undefined for field \"body\" in v.object(). This is often caused by circular imports. See https://docs.convex.dev/error#undefined-validator for details."
    );
}
