//! No function of an exported project may be public but `ping`, whoever wrote it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::Project;

/// The files below a folder, and what is in them.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.display().to_string(), fs::read(&path).unwrap());
        }
    }
    found
}

/// Export and check name what is public, each thing on one line, and say what to do.
fn is_refused(project: &Project, found: &[&str]) {
    // There would be something to write, too.
    project.write(
        "convex/more/notes.ts",
        "import { query } from \"../_generated/server\";\nexport const one = query({ args: {}, handler: async () => 1 });\n",
    );
    let user = project.root.join("user");
    let before = files(&user);
    let answer = project.byod(&["export"]);
    assert!(files(&user) == before, "something was written all the same");
    assert_eq!(answer.status, 2, "{}{}", answer.stdout, answer.stderr);
    let errors: Vec<&str> = answer.stderr.lines().collect();
    assert_eq!(errors.len(), found.len(), "{}", answer.stderr);
    let answer = project.byod(&["check", "--json"]);
    assert_eq!(answer.status, 1, "{}{}", answer.stdout, answer.stderr);
    let report = answer.json();
    let differences = report["differences"].as_array().unwrap();
    for what in found {
        let named = |text: &str| text.contains(what) && text.contains("could call");
        assert!(
            errors.iter().any(|error| named(error)),
            "{what}: {errors:?}"
        );
        let mut said = differences.iter().filter_map(|d| d.as_str());
        assert!(said.any(named), "{what}: {differences:?}");
    }
}

/// Check says what it says of any project.
fn nothing_is_public(project: &Project) {
    let answer = project.byod(&["check", "--json"]);
    let report = answer.json();
    assert_eq!(report["differences"], serde_json::json!([]));
}

#[test]
fn functions_beside_exported_files_are_public_to_nobody() {
    let project = Project::of("notes");
    project.export(&[]);
    nothing_is_public(&project);
    project
        .write(
            "user/convex/mine.ts",
            "import { query } from \"./_generated/server\";\nexport const all = query({ args: {}, handler: async (ctx) => await ctx.db.query(\"notes\").collect() });\n",
        )
        .write(
            "user/convex/lib/more.mts",
            "import { mutationGeneric as m } from \"convex/server\";\nconst made = { wipe: m({ args: {}, handler: async () => null }) };\nexport const { wipe } = made;\n",
        )
        .write(
            "user/convex/tool.cjs",
            "import { actionGeneric } from \"convex/server\";\nexport default actionGeneric(async () => 1);\n",
        )
        .write(
            "user/convex/lib/__proto__.ts",
            "import { queryGeneric } from \"convex/server\";\nconst made = queryGeneric({ args: {}, handler: async () => 1 });\nexport { made as __proto__ };\n",
        )
        .write(
            "user/convex/custom/helpers.ts",
            "export { all as everything } from \"../mine\";\n",
        );
    // What is in custom/ is told before anything is written.
    let answer = project.byod(&["export"]);
    assert_eq!(answer.status, 2, "{}{}", answer.stdout, answer.stderr);
    project.remove("user/convex/custom/helpers.ts");
    is_refused(
        &project,
        &[
            "`mine:all`",
            "`lib/more:wipe`",
            "`tool:default`",
            "`lib/__proto__:__proto__`",
        ],
    );

    // Made internal, they may stay.
    project
        .remove("user/convex/lib/more.mts")
        .remove("user/convex/lib/__proto__.ts")
        .remove("user/convex/tool.cjs");
    project.replace("user/convex/mine.ts", "query }", "internalQuery as query }");
    project.export(&[]);
    nothing_is_public(&project);
}

#[test]
fn edited_files_and_routes_are_public_to_nobody() {
    let project = Project::of("notes");
    project.export(&[]);
    project.write(
        "user/convex/notes.ts",
        "import { query } from \"./_generated/server\";\nexport const list = query({ args: {}, handler: async () => [] });\n",
    );
    project.write(
        "user/convex/http.ts",
        "import { httpRouter, httpActionGeneric } from \"convex/server\";\nconst http = httpRouter();\nhttp.route({ path: \"/all\", method: \"GET\", handler: httpActionGeneric(async () => new Response(\"\")) });\nexport default http;\n",
    );
    is_refused(&project, &["`notes:list`", "`http.ts`"]);
}

/// A component's functions are its app's alone, and its routes are everybody's.
#[test]
fn routes_of_components_are_public_to_nobody() {
    let project = Project::of("notes");
    project.export(&[]);
    project
        .write(
            "user/convex/convex.config.ts",
            "import { defineApp } from \"convex/server\";\nimport web from \"./web/convex.config\";\nconst app = defineApp();\napp.use(web);\nexport default app;\n",
        )
        .write(
            "user/convex/web/convex.config.ts",
            "import { defineComponent } from \"convex/server\";\nexport default defineComponent(\"web\");\n",
        );
    project.export(&[]);
    nothing_is_public(&project);
    project
        .replace("user/convex/convex.config.ts", "use(web)", "use(web, { httpPrefix: \"/web\" })")
        .write(
            "user/convex/web/http.ts",
            "import { httpRouter, httpActionGeneric } from \"convex/server\";\nconst http = httpRouter();\nhttp.route({ path: \"/x\", method: \"GET\", handler: httpActionGeneric(async () => new Response(\"\")) });\nexport default http;\n",
        );
    is_refused(&project, &["`convex.config.ts`", "`web/http.ts`"]);
}

/// A prefix may stand there in any form, or elsewhere.
#[test]
fn a_config_that_may_make_routes_makes_none() {
    let project = Project::of("notes");
    project.export(&[]);
    let file = "user/convex/convex.config.ts";
    let write = |uses: &str| {
        project.write(
            file,
            &format!("import {{ defineApp }} from \"convex/server\";\nimport {{ v }} from \"convex/values\";\nimport web from \"some-component/convex.config\";\nconst app = defineApp({{ env: {{ KEY: v.optional(v.string()) }} }});\n// ... `httpPrefix` would make routes\n{uses}\nexport default app;\n"),
        );
    };
    for uses in [
        "app.use(web, { [\"http\" + \"Prefix\"]: \"/web\" });",
        "app.use(web, { http\\u0050refix: \"/web\" });",
        "app.use(web, { \"http\\x50refix\": \"/web\" });",
        "app.use(web, JSON.parse('{\"http' + 'Prefix\":\"/web\"}'));",
        "import { options } from \"./lib/options\";\napp.use(web, options);",
        "const options: any = { name: \"web\" };\napp.use(web, options);",
        "app.use(web, Object.fromEntries([]));",
        "app[\"use\"](web, {});",
        "const { use } = app;\nuse.call(app, web, {});",
        "Reflect.apply(app.use, app, [web, {}]);",
        "import \"./lib/mounts\";",
        "export * from \"./lib/mounts\";",
        "app.use(web, { name: \"web\", ...{} });",
        "(app as any)._childComponents.push([\"web\", web, {}, \"/web\"]);",
    ] {
        write(uses);
        is_refused(&project, &["`convex.config.ts`"]);
    }
    write("app.use(web, { name: \"web\", env: { KEY: app.env.KEY } });");
    project.export(&[]);
    nothing_is_public(&project);
}

#[test]
fn nothing_is_written_into_a_folder_with_public_functions() {
    let project = Project::of("notes");
    project.remove("user");
    project.write(
        "user/convex/mine.mjs",
        "import { queryGeneric } from \"convex/server\";\nexport const all = queryGeneric({ args: {}, handler: async () => [] });\n",
    );
    let before = files(&project.root);
    let answer = project.byod(&["export"]);
    assert_eq!(answer.status, 2, "{}{}", answer.stdout, answer.stderr);
    assert!(answer.stderr.contains("`mine:all`"), "{}", answer.stderr);
    assert!(files(&project.root) == before, "{}", answer.stderr);
}

/// Its reason is the file's own, and names where that is.
#[test]
fn nothing_is_written_beside_a_schema_that_cannot_be_read() {
    let project = Project::of("notes");
    project.export(&[]);
    project.write(
        "user/convex/schema.ts",
        "export default defineSchema({});\n",
    );
    project.write(
        "convex/more/notes.ts",
        "import { query } from \"../_generated/server\";\nexport const one = query({ args: {}, handler: async () => 1 });\n",
    );
    let before = files(&project.root);
    let answer = project.byod(&["export"]);
    assert_eq!(answer.status, 2, "{}{}", answer.stdout, answer.stderr);
    assert!(
        answer.stderr.contains("nothing was written")
            && answer.stderr.contains("user/convex/schema.ts"),
        "{}",
        answer.stderr
    );
    assert!(!answer.stderr.contains("byod-export-"), "{}", answer.stderr);
    assert_eq!(answer.stderr.lines().count(), 1, "{}", answer.stderr);
    assert!(files(&project.root) == before);
}

#[test]
fn projects_that_were_never_exported_go_on() {
    let project = Project::of("notes");
    project.export(&[]);
    project.remove("user/convex/byod.lock.json").write(
        "user/convex/mine.ts",
        "import { query } from \"./_generated/server\";\nexport const all = query({ args: {}, handler: async () => [] });\n",
    );
    nothing_is_public(&project);
}

/// No variable is set where projects are read; one may be where they are pushed.
#[test]
fn what_could_be_public_elsewhere_is_refused() {
    let of = "from \"../_generated/server\";\n";
    let handler = "{ args: {}, handler: async (ctx) => await ctx.db.query(\"notes\").collect() }";
    for (path, text) in [
        (
            "custom/tools",
            format!("import {{ query }} {of}export const x = process.env.DEBUG_TOOLS ? query({handler}) : undefined;\n"),
        ),
        (
            "kept/tools",
            format!("import {{ query as q }} {of}export const x = process.env.DEBUG_TOOLS ? q({handler}) : undefined;\n"),
        ),
        (
            "kept/generic",
            "import { queryGeneric, internalQueryGeneric } from \"convex/server\";\nexport const x = (process.env.OPEN === \"1\" ? queryGeneric : internalQueryGeneric)({ args: {}, handler: async () => 1 });\n".to_owned(),
        ),
        (
            "kept/all",
            format!("import * as server {of}export const x = process.env.OPEN ? server.query({handler}) : null;\n"),
        ),
        (
            "kept/loaded",
            format!("export const x = process.env.OPEN ? require(\"convex/server\").queryGeneric({handler}) : null;\n"),
        ),
        (
            "kept/on",
            format!("export {{ query }} {of}"),
        ),
        (
            "deep/node_modules/z",
            "export const x = 1;\n".to_owned(),
        ),
    ] {
        let project = Project::of("notes");
        project.export(&[]);
        nothing_is_public(&project);
        project.write(&format!("user/convex/{path}.ts"), &text);
        is_refused(&project, &[path.trim_end_matches("/z")]);
    }
    // Types make nothing.
    let project = Project::of("notes");
    project.export(&[]);
    project.write(
        "user/convex/kept/types.ts",
        "import { type QueryCtx, query } from \"../_generated/server\";\nexport type Made = ReturnType<typeof query>;\nexport const of = (ctx: QueryCtx) => ctx.db;\n",
    );
    nothing_is_public(&project);
}
