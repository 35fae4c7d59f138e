//! What moves users' data, as it is written into both projects.

use crate::support::Project;

#[test]
fn what_is_committed_is_what_is_exported() {
    Project::moved().assert_as_exported();
}

#[test]
fn it_typechecks_and_is_formatted() {
    let Some(node) = crate::support::node() else {
        return;
    };
    for is_shared in [false, true] {
        let project = Project::moved();
        if is_shared {
            project.export_shared();
        } else {
            project.export(&["--force"]);
        }
        assert_eq!(project.byod(&["export", "--main"]).status, 0);
        let root = project.root.join("byod");
        crate::support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
        crate::support::tool(&node, "prettier", &["--check", "convex"], &root).unwrap();
        let on_main = ["--check", "convex/byod"];
        crate::support::tool(&node, "prettier", &on_main, &project.root).unwrap();
    }
}

/// On a deployment of one user all is theirs; where several share one, it is found as on main.
#[test]
fn documents_are_found_by_whose_they_are() {
    let project = Project::moved();
    let on_main = project.read("convex/byod/moving.ts");
    let by_owner =
        r#""notes": {"found":{"by":"owner","index":"by_user","field":"userId","isId":true}"#;
    let by_parent = r#""comments": {"found":{"by":"parent","index":"by_note","field":"noteId","parents":["notes"]}"#;
    assert!(on_main.contains(by_owner) && on_main.contains(by_parent));
    let there = project.read("byod/convex/byod/moving.ts");
    assert_eq!(there.matches(r#""found":{"by":"all"}"#).count(), 5);
    project.export_shared();
    let there = project.read("byod/convex/byod/moving.ts");
    assert!(there.contains(by_parent));
    assert!(there.contains(&by_owner.replace("true", "false")));
}

#[test]
fn a_table_whose_documents_cant_be_found_is_named_with_the_line_to_write() {
    for (from, to, said) in [
        (
            "}).index(\"by_user\", [\"userId\", \"position\"])",
            "})",
            // They are found by their folders, which no note is without.
            None,
        ),
        (
            "madeAt: v.number(),\n  }).index(\"by_user\", [\"userId\"])",
            "madeAt: v.number(),\n  })",
            Some(
                "`folders` has no index that finds whose its documents are: add `.index(\"by_userId\", [\"userId\"])`",
            ),
        ),
        (
            ".index(\"by_note\", [\"noteId\"])",
            "",
            Some(
                "`comments` has no index that finds whose its documents are: add `.index(\"by_noteId\", [\"noteId\"])`",
            ),
        ),
    ] {
        let project = Project::moved();
        project.replace("convex/schema.ts", from, to);
        if from.contains("position") {
            project.replace(
                "convex/schema.ts",
                "madeAt: v.optional(v.number()),\n  })",
                "madeAt: v.optional(v.number()),\n  }).index(\"by_folder\", [\"folderId\"])",
            );
        }
        for args in [&["export"][..], &["export", "--main"]] {
            let answer = project.byod(args);
            match said {
                Some(said) => {
                    assert_eq!(answer.status, 2, "{}", answer.stderr);
                    assert!(answer.stderr.contains(said), "{}", answer.stderr);
                }
                None => assert!(answer.status < 2, "{}", answer.stderr),
            }
        }
    }
}

#[test]
fn what_main_lacks_of_it_is_a_difference() {
    let project = Project::moved();
    project.remove("convex/byod/moving.ts");
    project.replace("convex/schema.ts", "  ...byodMoveTables,\n", "");
    let answer = project.byod(&["check", "--json"]);
    assert_eq!(answer.status, 1);
    let said = answer.json()["differences"].to_string();
    assert!(said.contains("main's byod/moving.ts is missing"), "{said}");
    assert!(said.contains("...byodMoveTables"), "{said}");
}

#[test]
fn without_a_word_of_it_nothing_is_written() {
    let project = Project::moved();
    project.replace("byod.toml", "\n[user.move]\ncreatedAt = \"madeAt\"\n", "");
    let report = project.export(&[]);
    assert!(
        report["removed"].to_string().contains("byod/moving.ts"),
        "{report}"
    );
    let schema = project.read("byod/convex/schema.ts");
    assert!(!schema.contains("byodMoved"), "{schema}");

    for (section, said) in [
        (
            "[user.move]\ncreated = \"madeAt\"",
            "unknown key `user.move.created`",
        ),
        (
            "[user.move]\ncreatedAt = \"_made\"",
            "`user.move.createdAt` is no field that Convex takes",
        ),
    ] {
        let project = Project::moved();
        project.replace("byod.toml", "[user.move]\ncreatedAt = \"madeAt\"", section);
        let answer = project.byod(&["export"]);
        assert_eq!(answer.status, 2);
        assert!(answer.stderr.contains(said), "{}", answer.stderr);
    }
}
