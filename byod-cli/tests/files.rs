//! What stands where a file is expected and is none: an error in one line, at once.

#![cfg(unix)]

use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::Project;

/// `byod` with these arguments: its status and the lines of its errors. A pipe without a
/// writer is waited for without end, so whoever opens one is ended.
fn byod(project: &Project, args: &[&str]) -> (Option<i32>, Vec<String>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_byod"))
        .args(args)
        .current_dir(&project.root)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    (
        output.status.code(),
        errors.lines().map(str::to_owned).collect(),
    )
}

fn pipe(project: &Project, name: &str) {
    let path = project.root.join(name);
    if path.exists() {
        project.remove(name);
    }
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let made = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
}

const EXPORT: &[&str] = &["export"];
const FORCE: &[&str] = &["export", "--force"];
const CHECK: &[&str] = &["check"];
const MAIN: &[&str] = &["export", "--main"];
const READ: &[&str] = &["read", "convex"];
const SNAPSHOT: &[&str] = &["snapshot"];

#[test]
fn pipes_are_not_waited_for() {
    for (name, commands) in [
        ("byod.toml", &[EXPORT, CHECK, MAIN, SNAPSHOT][..]),
        ("convex/schema.ts", &[EXPORT, CHECK, MAIN, READ]),
        ("convex/notes.ts", &[EXPORT, CHECK, MAIN, READ]),
        ("convex/lib/more.cts", &[EXPORT, CHECK, READ]),
        ("convex/byod/credentials.ts", &[MAIN]),
        ("byod-snapshot.json", &[CHECK, SNAPSHOT]),
        ("user/convex/schema.ts", &[EXPORT, FORCE, CHECK]),
        ("user/convex/notes.ts", &[EXPORT, FORCE, CHECK]),
        ("user/convex/byod.lock.json", &[EXPORT, FORCE]),
        ("user/convex/byod/owner.ts", &[EXPORT, FORCE, CHECK]),
        ("user/convex/byod/version.ts", &[EXPORT, FORCE, CHECK]),
        ("user/convex/tsconfig.json", &[EXPORT, FORCE]),
        ("user/convex/_generated/server.js", &[EXPORT]),
        ("user/convex/custom/notes.ts", &[EXPORT, CHECK]),
        ("user/convex/custom", &[EXPORT, FORCE]),
        ("user/convex/mine.ts", &[EXPORT, CHECK]),
        ("user/package.json", &[EXPORT]),
    ] {
        let project = Project::of("notes");
        project.write(
            "byod.toml",
            &format!(
                "snapshot = \"byod-snapshot.json\"\n{}",
                project.read("byod.toml")
            ),
        );
        pipe(&project, name);
        for command in commands {
            let (status, errors) = byod(&project, command);
            assert_eq!(status, Some(2), "{name}, {command:?}: {errors:?}");
            let [error] = &errors[..] else {
                panic!("{name}, {command:?}: {errors:?}");
            };
            let file = name.rsplit('/').next().unwrap();
            assert!(
                error.contains(file) && error.contains("this is a pipe, socket or device"),
                "{name}, {command:?}: {error}"
            );
        }
    }
}

/// What is read where it is there, and only looked at, is as if it were not.
#[test]
fn pipes_in_the_place_of_settings_are_not_waited_for() {
    for name in [
        "package.json",
        "tsconfig.json",
        "convex.json",
        "convex/tsconfig.json",
        "convex/package.json",
        "package-lock.json",
        "pnpm-workspace.yaml",
        "user/package.json",
    ] {
        let project = Project::of("notes");
        project.write(
            "convex/more.ts",
            "import { x } from \"some-package\";\nexport const y = x;\n",
        );
        pipe(&project, name);
        for command in [CHECK, READ] {
            let (status, errors) = byod(&project, command);
            assert!(status.is_some(), "{name}, {command:?}: it did not end");
            assert!(errors.len() <= 1, "{name}, {command:?}: {errors:?}");
        }
    }
}

#[test]
fn sockets_devices_and_folders_are_no_files() {
    let project = Project::of("notes");
    project.remove("convex/notes.ts");
    let _socket = UnixListener::bind(project.root.join("convex/notes.ts")).unwrap();
    let (status, errors) = byod(&project, EXPORT);
    assert_eq!((status, errors.len()), (Some(2), 1), "{errors:?}");
    assert!(errors[0].contains("notes.ts: this is a pipe, socket or device"));

    let (status, errors) = byod(&project, &["check", "--config", "/dev/zero"]);
    assert_eq!((status, errors.len()), (Some(2), 1), "{errors:?}");
    assert!(errors[0].contains("/dev/zero: this is a pipe, socket or device"));

    for name in [
        "byod.toml",
        "user/convex/notes.ts",
        "user/convex/byod.lock.json",
    ] {
        let project = Project::of("notes");
        project.remove(name).write(&format!("{name}/x"), "");
        let (status, errors) = byod(&project, EXPORT);
        assert_eq!((status, errors.len()), (Some(2), 1), "{name}: {errors:?}");
        assert!(errors[0].contains("this is a folder"), "{name}: {errors:?}");
    }
}
