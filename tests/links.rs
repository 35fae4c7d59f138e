//! What the documentation links to is there: files, and headings by their names.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The pages: of the repository, of the book, and of each crate.
fn pages() -> Vec<PathBuf> {
    let root = root();
    let mut found = Vec::new();
    for entry in fs::read_dir(&root).unwrap() {
        let folder = entry.unwrap().path();
        let readme = folder.join("README.md");
        if folder.extension().is_some_and(|ending| ending == "md") {
            found.push(folder);
        } else if readme.is_file() {
            found.push(readme);
        }
    }
    let book = fs::read_dir(root.join("docs")).unwrap();
    let book = book.map(|entry| entry.unwrap().path());
    found.extend(book.filter(|page| page.extension().is_some_and(|ending| ending == "md")));
    found
}

/// The lines of a page that are no code.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    page.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// By what names the headings of a page are linked to.
fn headings(page: &str) -> BTreeSet<String> {
    let headings = prose(page).filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let words = line.trim_start_matches('#').trim().to_lowercase();
            words
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect()
}

/// What a page links to.
fn targets(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in prose(page) {
        let mut parts = line.split("](");
        parts.next();
        found.extend(parts.filter_map(|part| Some(part.split_once(')')?.0.to_owned())));
    }
    found
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for page in pages() {
        let said = text(&page);
        for target in targets(&said) {
            if target.contains("://") {
                continue;
            }
            count += 1;
            let (file, heading) = target.split_once('#').unwrap_or((&target, ""));
            let to = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            let is_there =
                to.exists() && (heading.is_empty() || headings(&text(&to)).contains(heading));
            if !is_there {
                wrong.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(count > 30, "{count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_of_the_book_is_in_its_summary() {
    let docs = root().join("docs");
    let listed: BTreeSet<String> = targets(&text(&docs.join("SUMMARY.md")))
        .into_iter()
        .collect();
    let files = fs::read_dir(&docs).unwrap();
    let pages: BTreeSet<String> = files
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".md") && name != "SUMMARY.md")
        .collect();
    assert_eq!(listed, pages);
}
