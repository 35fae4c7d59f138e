//! The modules of a crate, as files.

use std::fs;
use std::path::Path;
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A file with its tokens, without what is for tests alone.
pub(crate) struct Module {
    /// Its names below the crate; none for `lib.rs` or `main.rs`.
    pub(crate) path: Vec<String>,
    /// Whether it is a folder's `mod.rs`.
    pub(crate) is_page: bool,
    pub(crate) tokens: Vec<TokenTree>,
}

impl Module {
    /// The room that it is or is in.
    pub(crate) fn room(&self) -> Option<&str> {
        self.path.first().map(String::as_str)
    }

    /// What is written in it beside what it hands on: the word that begins each.
    pub(crate) fn own_items(&self) -> Vec<String> {
        const ITEMS: [&str; 8] = [
            "const", "enum", "fn", "impl", "static", "struct", "trait", "type",
        ];
        let words = self.tokens.iter().filter_map(|token| match token {
            TokenTree::Ident(ident) => Some(ident.to_string()),
            _ => None,
        });
        words.filter(|word| ITEMS.contains(&&**word)).collect()
    }
}

/// All modules in the folder but those that are only for tests.
pub(crate) fn modules(source: &Path) -> Vec<Module> {
    let mut found = Vec::new();
    let mut for_tests = Vec::new();
    read_folder(source, &[], &mut found, &mut for_tests);
    found.retain(|module| !for_tests.iter().any(|test| module.path.starts_with(test)));
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The parts of test programs that have several files, by name: `name/mod.rs` or
/// `name/main.rs` and what is beside it, or `name.rs` and what is in `name`.
pub(crate) fn parts(tests: &Path) -> Vec<(String, Vec<Module>)> {
    let mut found = Vec::new();
    let entries = fs::read_dir(tests).into_iter().flatten();
    for folder in entries.map(|entry| entry.unwrap().path()) {
        let beside = folder.with_extension("rs");
        let is_first = |name: &str| folder.join(name).is_file();
        if !folder.is_dir() || !(beside.is_file() || is_first("mod.rs") || is_first("main.rs")) {
            continue;
        }
        let mut program = modules(&folder);
        if beside.is_file() {
            read_file(&beside, Vec::new(), &mut program, &mut Vec::new());
        }
        found.push((folder.display().to_string(), program));
    }
    found
}

/// The files of a folder with a test program that no program has.
pub(crate) fn forgotten(tests: &Path) -> Vec<String> {
    let Ok(main) = fs::read_to_string(tests.join("main.rs")) else {
        return Vec::new();
    };
    let beside = fs::read_to_string(tests.join("Cargo.toml"));
    let cargo = beside.or_else(|_| fs::read_to_string(tests.join("../Cargo.toml")));
    let cargo = cargo.unwrap();
    let mut found = Vec::new();
    for entry in fs::read_dir(tests).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap().to_str().unwrap();
        let stem = file.file_stem().unwrap().to_str().unwrap();
        let is_file = name.ends_with(".rs") && !matches!(stem, "main" | "lib");
        let is_module = is_file || file.join("mod.rs").is_file();
        let is_declared =
            main.contains(&format!("\nmod {stem};\n")) || cargo.contains(&format!("{name}\"\n"));
        if is_module && !is_declared {
            found.push(file.display().to_string());
        }
    }
    found
}

fn read_folder(
    folder: &Path,
    path: &[String],
    found: &mut Vec<Module>,
    for_tests: &mut Vec<Vec<String>>,
) {
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        let stem = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let mut path = path.to_vec();
        if !matches!(stem.as_str(), "lib" | "main" | "mod") {
            path.push(stem);
        }
        if file.is_dir() {
            // Programs beside the library are no part of it.
            if path != ["bin"] {
                read_folder(&file, &path, found, for_tests);
            }
        } else if file.extension().is_some_and(|ending| ending == "rs") {
            read_file(&file, path, found, for_tests);
        }
    }
}

fn read_file(
    file: &Path,
    path: Vec<String>,
    found: &mut Vec<Module>,
    for_tests: &mut Vec<Vec<String>>,
) {
    let text = fs::read_to_string(file).unwrap();
    let tokens = TokenStream::from_str(&text).unwrap();
    let tokens = without_tests(tokens, &path, for_tests);
    found.push(Module {
        is_page: file.ends_with("mod.rs"),
        path,
        tokens,
    });
}

/// Leaves out the items under `#[cfg(test)]`, and notes modules among them.
fn without_tests(
    tokens: TokenStream,
    path: &[String],
    for_tests: &mut Vec<Vec<String>>,
) -> Vec<TokenTree> {
    let mut kept = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_attribute = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
        let is_cfg_test = is_attribute
            && tokens
                .peek()
                .is_some_and(|next| next.to_string().replace(' ', "") == "[cfg(test)]");
        if !is_cfg_test {
            kept.push(token);
            continue;
        }
        tokens.next();
        // To the end of the item: a semicolon or braces.
        let mut module = false;
        for token in tokens.by_ref() {
            match &token {
                TokenTree::Ident(ident) if *ident == "mod" => module = true,
                TokenTree::Ident(ident) if module => {
                    let mut test = path.to_vec();
                    test.push(ident.to_string());
                    for_tests.push(test);
                    module = false;
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => break,
                TokenTree::Punct(punct) if punct.as_char() == ';' => break,
                _ => {}
            }
        }
    }
    kept
}
