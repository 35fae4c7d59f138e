//! The way that the guide takes a whole app: its steps are taken here, and what it says that
//! is printed is what is printed.

use std::fs;

use crate::support::{self, Project};

/// What the guide prints of a check: whole lines, as they stand there.
fn printed(guide: &str) -> Vec<&str> {
    let lines = guide.lines().map(str::trim);
    lines
        .filter(|line| {
            line.contains(" on their deployment, ")
                || line.starts_with("Refused: ") && line.contains(", where it")
        })
        .collect()
}

/// The same of what `byod check` says.
fn totals(project: &Project, with_groups: bool) -> Vec<String> {
    let check = project.byod(&["check"]);
    let lines = check.stdout.lines().map(str::trim);
    let is_told = |line: &&str| {
        line.contains(" on their deployment, ")
            || with_groups && line.starts_with("Refused: ") && line.contains(", where it")
    };
    lines.filter(is_told).map(str::to_owned).collect()
}

/// The app as it was before its authors had heard of byod.
fn before() -> Project {
    let project = Project::large();
    project.remove("convex/byod");
    let schema = project.read("convex/schema.ts");
    let lines = schema.lines().filter(|line| !line.contains("byod"));
    project.write("convex/schema.ts", &lines.collect::<Vec<_>>().join("\n"));
    for_each_module(&project, &|text| {
        text.replace("byod/server\"", "_generated/server\"")
    });
    project
}

fn for_each_module(project: &Project, change: &dyn Fn(String) -> String) {
    let mut folders = vec![project.root.join("convex")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "ts") {
                let text = fs::read_to_string(&path).unwrap();
                fs::write(&path, change(text)).unwrap();
            }
        }
    }
}

/// What `byod export --main` says that is left to a person.
fn give_main_its_part(project: &Project) {
    let answer = project.byod(&["export", "--main", "--json"]);
    assert_eq!(answer.status, 0, "{}", answer.stderr);
    for todo in answer.json()["todo"].as_array().unwrap() {
        let todo = todo.as_str().unwrap();
        let quoted: Vec<&str> = todo.split('`').collect();
        if let [_, import, _, tables, _] = quoted.as_slice() {
            let first = "import { defineSchema } from \"convex/server\";";
            project.replace("convex/schema.ts", first, &format!("{first}\n{import}"));
            let begin = "defineSchema({\n";
            project.replace("convex/schema.ts", begin, &format!("{begin}  {tables}\n"));
        } else {
            let (file, imports) = todo.split_once(": import from ").unwrap();
            let file = format!("convex/{}", file.strip_prefix("in ").unwrap());
            let parts: Vec<&str> = imports.split('"').collect();
            project.replace(
                &file,
                &format!("\"{}\"", parts[3]),
                &format!("\"{}\"", parts[1]),
            );
        }
    }
}

fn export(project: &Project) {
    give_main_its_part(project);
    project.export(&[]);
    assert_eq!(project.byod(&["export", "--main"]).status, 0);
    project.export(&[]);
}

#[test]
fn its_steps_lead_where_it_says() {
    let guide = fs::read_to_string(support::repository("../docs/guide.md")).unwrap();
    let whole = Project::large().read("byod.toml");
    let part = |from: &str, to: &str| {
        let from = whole.find(from).unwrap();
        whole[from..from + whole[from..].find(to).unwrap()].to_owned()
    };
    let tables = part("tables = [", "\n]") + "\n]\n";
    let owner = &whole[whole.find("[user.owner]").unwrap()..];
    let inject = "[user.inject]\nuserId = \"subject\"\n";
    let toml = |user: &str| format!("[main]\nconvex = \"convex\"\n[user]\n{user}\n{inject}{owner}");

    let project = before();
    // 1, as the guide has it written.
    let block = guide.split("```toml\n").nth(1).unwrap();
    project.write("byod.toml", block.split("```").next().unwrap());
    let mut found = totals(&project, true);
    let suggested = project.byod(&["check"]).stdout;
    for table in ["messageVersions", "projectNotes"] {
        assert!(
            suggested.contains(&format!("the table `{table}` hangs from")),
            "{suggested}"
        );
    }
    // 2 and 3
    let mut user = format!("convex = \"byod/convex\"\n{tables}");
    project.write("byod.toml", &toml(&user));
    project.export(&[]);
    found.extend(totals(&project, false));
    // 4
    export(&project);
    found.extend(totals(&project, false));
    // 5
    for step in ["mirror = [", "published = ["] {
        user.push_str(&part(step, "]"));
        user.push_str("]\n");
        if step == "mirror = [" {
            user.push_str("never_mirror = [\"users.email\"]\n");
        }
        project.write("byod.toml", &toml(&user));
        export(&project);
        found.extend(totals(&project, false));
    }
    // 6
    user.push_str(&part("across_users = [", "]"));
    user.push_str("]\n");
    project.write("byod.toml", &toml(&user));
    export(&project);
    found.extend(totals(&project, false));
    assert_eq!(printed(&guide), found, "{found:#?}");

    // 7: what is left is listed, and the gate is content.
    let check = project.byod(&["check", "--json"]).json();
    let functions = check["functions"].as_array().unwrap();
    let refused = functions.iter().filter(|f| f["runs"] == "refused");
    let refused: Vec<&str> = refused.map(|f| f["function"].as_str().unwrap()).collect();
    let begin = guide.find("main_only = [").unwrap();
    let main_only = guide[begin..].lines().next().unwrap();
    let others: Vec<&str> = refused
        .iter()
        .copied()
        .filter(|name| !main_only.contains(name))
        .collect();
    user.push_str(&format!("{main_only}\nnot_served = {others:?}\n"));
    project.write("byod.toml", &toml(&user));
    project.export(&[]);
    let check = project.byod(&["check"]);
    assert_eq!(check.status, 1);
    let to_fix = check.stdout.split("\nTo fix\n").nth(1).unwrap();
    let to_fix = to_fix.split("\n\n").next().unwrap();
    assert_eq!(to_fix.lines().count(), 2, "{to_fix}");
    assert!(
        to_fix.lines().all(|line| line.contains("`shares.")),
        "{to_fix}"
    );
    let schema = "convex/schema/community.ts";
    for (field, table) in [("conversationId", "conversations"), ("noteId", "notes")] {
        let declared = format!("    {field}: v.optional(v.id(\"{table}\")),\n    ");
        let begin = project.read(schema).find("shares: defineTable").unwrap();
        assert!(project.read(schema)[begin..].contains(&declared));
        project.replace(
            schema,
            &declared,
            &format!("    {field}: v.optional(v.string()),\n    "),
        );
    }
    project.replace(
        "convex/shares.ts",
        "const note = await ctx.db.get(noteId);\n      return",
        "const id = ctx.db.normalizeId(\"notes\", noteId);\n      const note = id && (await ctx.db.get(id));\n      return",
    );
    export(&project);
    let check = project.byod(&["check"]);
    assert_eq!(check.status, 0, "{}", check.stdout);
    for name in guide
        .split("not_served = [")
        .nth(1)
        .unwrap()
        .split(']')
        .next()
        .unwrap()
        .split('"')
    {
        assert!(
            !name.contains(':') || refused.contains(&name),
            "{name} is served"
        );
    }
}
