//! What helps with the tool itself: help, manual pages, what shells complete.

use std::process::Command;

use crate::support::Project;

#[test]
fn every_help_says_what_the_exit_status_means() {
    let project = Project::empty();
    let help = project.byod(&["--help"]).stdout;
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .map_while(|line| line.strip_prefix("  ")?.split(' ').next())
        .collect();
    assert!(
        commands.contains(&"init") && commands.contains(&"release"),
        "{help}"
    );
    for command in commands.into_iter().filter(|command| *command != "help") {
        let help = project.byod(&[command, "--help"]).stdout;
        assert!(help.contains("Exit status: 0"), "{command}: {help}");
    }
}

#[test]
fn there_is_a_manual_page_for_each_command() {
    let project = Project::empty();
    assert_eq!(project.byod(&["man", "man1"]).status, 0);
    for (page, has) in [
        ("byod.1", "byod\\-init(1)"),
        ("byod-init.1", "Cargo.toml"),
        ("byod-rotate-key.1", "BYOD_ENCRYPTION_KEY"),
    ] {
        let text = project.read(&format!("man1/{page}"));
        assert!(text.contains(has), "{page}: {text}");
        assert!(text.contains("Exit status"), "{page}: {text}");
    }
}

/// Bash itself completes by it.
#[test]
fn shells_complete_the_commands() {
    let project = Project::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let answer = project.byod(&["completions", shell]);
        assert_eq!(answer.status, 0, "{shell}: {}", answer.stderr);
        assert!(answer.stdout.contains("rotate-key"), "{shell}");
        project.write(&format!("completions.{shell}"), &answer.stdout);
    }
    let asked = "source completions.bash; COMP_WORDS=(byod rel); COMP_CWORD=1; _byod byod rel byod; echo ${COMPREPLY[@]}";
    let output = Command::new("bash")
        .args(["-c", asked])
        .current_dir(&project.root)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "release");
}
