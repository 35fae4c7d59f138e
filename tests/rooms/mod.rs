//! Every crate is a house of a few rooms, in the order that docs/design.md states:
//! a room knows only those below it, nowhere do files import in a ring, and names say
//! more than their endings do.

mod imports;
mod names;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use imports::{Import, imports};
use names::alike;
use source::{Module, forgotten, modules, parts};

/// The rooms of a crate from the bottom up, and what is wrong with its imports.
struct House {
    rooms: Vec<String>,
    imports: Vec<Import>,
}

/// The crates that docs/design.md lists under "The rooms", by folder.
fn stated() -> BTreeMap<&'static str, Vec<String>> {
    let design = include_str!("../../docs/design.md");
    let (_, section) = design.split_once("\n## The rooms\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut found = BTreeMap::new();
    for part in section.split("\n### `").skip(1) {
        let (folder, list) = part.split_once('`').unwrap();
        let rooms: Vec<String> = list
            .lines()
            .filter_map(|line| line.split_once(". `")?.1.split_once("`: "))
            .map(|(room, sentence)| {
                assert!(sentence.len() > 10, "{folder}: nothing is said of `{room}`");
                room.to_owned()
            })
            .collect();
        found.insert(folder, rooms);
    }
    found
}

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn modules_of(folder: &str) -> Vec<Module> {
    modules(&crates().join(folder).join("src"))
}

/// The folders of test programs: of each crate, and of all together.
fn test_folders() -> impl Iterator<Item = PathBuf> {
    let folders = stated().into_keys().map(|folder| crates().join(folder));
    folders.chain([crates()]).map(|folder| folder.join("tests"))
}

/// The parts of test programs that have several files.
fn parts_of_tests() -> Vec<(String, Vec<Module>)> {
    let found: Vec<_> = test_folders().flat_map(|folder| parts(&folder)).collect();
    assert!(found.len() > 10, "{}", found.len());
    found
}

fn house(folder: &str, rooms: &[String]) -> House {
    let modules = modules_of(folder);
    let there: BTreeSet<&str> = modules.iter().filter_map(Module::room).collect();
    let listed: BTreeSet<&str> = rooms.iter().map(String::as_str).collect();
    assert_eq!(
        there, listed,
        "the rooms of {folder}, and those in docs/design.md"
    );
    House {
        rooms: rooms.to_vec(),
        imports: imports(&modules),
    }
}

/// What is wrong with the imports, in words.
fn faults(house: &House) -> Vec<String> {
    let mut faults = Vec::new();
    let floor = |path: &[String]| match path.first() {
        // `lib.rs` hands on what the rooms have; `main.rs` runs it.
        None => Some(house.rooms.len()),
        Some(room) => house.rooms.iter().position(|listed| listed == room),
    };
    for import in &house.imports {
        if floor(&import.from) < floor(&import.to) {
            faults.push(format!("{import} is above it"));
        }
    }
    faults.extend(rings(&house.imports));
    faults
}

/// On how many floors the rooms are: each stands on the highest of those that it imports.
fn floors(house: &House) -> usize {
    let mut floors: BTreeMap<&str, usize> = BTreeMap::new();
    for room in &house.rooms {
        let imports = house
            .imports
            .iter()
            .filter(|i| i.from.first() == Some(room));
        let below = imports
            .filter_map(|import| import.to.first().filter(|to| *to != room))
            .filter_map(|to| floors.get(to.as_str()));
        let floor = below.max().map_or(1, |below| below + 1);
        floors.insert(room, floor);
    }
    floors.into_values().max().unwrap_or(0)
}

/// The rings among what lies side by side in one folder.
fn rings(imports: &[Import]) -> Vec<String> {
    // By folder: who imports whom.
    let mut folders: BTreeMap<Vec<String>, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for import in imports {
        let common = import.common();
        // What is written in the folder's own file is one of those beside it.
        let own = |path: &[String]| {
            path.get(common)
                .cloned()
                .unwrap_or_else(|| "mod".to_owned())
        };
        let folder = import.from[..common].to_vec();
        let from = own(&import.from);
        let beside = folders.entry(folder).or_default();
        beside.entry(from).or_default().insert(own(&import.to));
    }
    let mut found = Vec::new();
    for (folder, beside) in &folders {
        for start in beside.keys() {
            let mut seen = BTreeSet::new();
            let mut next: Vec<&String> = beside[start].iter().collect();
            while let Some(at) = next.pop() {
                if at == start {
                    let folder = ["crate".to_owned(), folder.join("::")];
                    let folder = folder.join("::");
                    let folder = folder.trim_end_matches("::");
                    found.push(format!("`{start}` of `{folder}` is in a ring"));
                    break;
                }
                if seen.insert(at) {
                    next.extend(beside.get(at).into_iter().flatten());
                }
            }
        }
    }
    found
}

#[test]
fn no_room_knows_one_above_it() {
    let stated = stated();
    assert!(stated.len() >= 7, "{:?}", stated.keys());
    let mut all = Vec::new();
    for (folder, rooms) in stated {
        let house = house(folder, &rooms);
        assert!(house.rooms.len() <= 12, "{folder} has too many rooms");
        let floors = floors(&house);
        assert!(floors <= 8, "{folder} has {floors} floors");
        assert!(
            house.imports.len() > 5,
            "{folder}: {:?}",
            house.imports.len()
        );
        all.extend(
            faults(&house)
                .into_iter()
                .map(|fault| format!("{folder}: {fault}")),
        );
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

/// The check sees what it is for.
#[test]
fn an_import_that_is_turned_round_is_found() {
    for (folder, rooms) in stated() {
        let mut house = house(folder, &rooms);
        let between = |import: &Import| import.common() == 0 && !import.from.is_empty();
        let turned: Vec<Import> = house
            .imports
            .iter()
            .filter(|import| between(import))
            .map(Import::turned)
            .collect();
        assert!(!turned.is_empty(), "{folder}");
        for import in turned {
            house.imports.push(import);
            assert!(!faults(&house).is_empty(), "{folder}");
            house.imports.pop();
        }
        let inside: Vec<Import> = house
            .imports
            .iter()
            .filter(|import| import.common() > 0)
            .map(Import::turned)
            .collect();
        for import in inside {
            house.imports.push(import);
            assert!(!rings(&house.imports).is_empty(), "{folder}");
            house.imports.pop();
        }
    }
}

#[test]
fn no_two_names_side_by_side_differ_by_their_endings_only() {
    let mut all = Vec::new();
    for folder in stated().into_keys() {
        let modules = modules_of(folder);
        let found = alike(modules.iter().map(|module| &*module.path));
        all.extend(found.into_iter().map(|fault| format!("{folder}: {fault}")));
    }
    for (program, modules) in parts_of_tests() {
        let found = alike(modules.iter().map(|module| &*module.path));
        all.extend(found.into_iter().map(|fault| format!("{program}: {fault}")));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn no_files_of_a_part_of_a_test_program_import_in_a_ring() {
    let mut all = Vec::new();
    for (program, modules) in parts_of_tests() {
        let mut imports = imports(&modules);
        // What a part's first file has is for all that it is made of.
        imports.retain(|import| !import.to.is_empty());
        let rings = rings(&imports).into_iter();
        all.extend(rings.map(|ring| format!("{program}: {ring}")));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn every_file_of_tests_is_in_a_program() {
    let forgotten: Vec<_> = test_folders()
        .flat_map(|folder| forgotten(&folder))
        .collect();
    let advice = "write `mod NAME;` into the main.rs beside it";
    assert!(forgotten.is_empty(), "{}: {advice}", forgotten.join(", "));
}

/// What a folder's `mod.rs` has is found where it lies.
#[test]
fn a_folders_page_hands_on_and_does_nothing() {
    let mut pages = 0;
    for folder in stated().into_keys() {
        for module in modules_of(folder).iter().filter(|module| module.is_page) {
            let (own, path) = (module.own_items(), module.path.join("::"));
            assert!(own.is_empty(), "{folder}: {path}: {own:?}");
            pages += 1;
        }
    }
    assert!(pages > 20, "{pages}");
}

/// The table "Where to look" names files that are there, and a function in each.
#[test]
fn what_is_to_be_looked_for_is_there() {
    let design = include_str!("../../docs/design.md");
    let (_, section) = design.split_once("\n## Where to look\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut rows = 0;
    for row in section.lines().filter(|line| line.contains(".rs`")) {
        let quoted: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        let &[file, function] = quoted.as_slice() else {
            panic!("{row}");
        };
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
        let text = std::fs::read_to_string(path);
        let text = text.unwrap_or_else(|error| panic!("{file}: {error}"));
        let is_there = [format!("fn {function}("), format!("fn {function}<")];
        assert!(
            is_there.iter().any(|start| text.contains(start)),
            "{file}: no `{function}`"
        );
        rows += 1;
    }
    assert_eq!(rows, 14);
}
