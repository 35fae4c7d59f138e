//! Who imports whom: the paths that begin with `crate`, `super` or a module's own
//! child, followed through what `mod.rs` and `lib.rs` hand on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::source::Module;

type Path = Vec<String>;

/// One file that names something of another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    pub(crate) from: Path,
    pub(crate) to: Path,
}

impl Import {
    /// How many names both paths begin with.
    pub(crate) fn common(&self) -> usize {
        let pairs = self.from.iter().zip(&self.to);
        pairs.take_while(|(from, to)| from == to).count()
    }

    pub(crate) fn turned(&self) -> Self {
        Self {
            from: self.to.clone(),
            to: self.from.clone(),
        }
    }
}

impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.from.join("::"), self.to.join("::"));
        write!(f, "`{from}` imports `{to}`, which")
    }
}

/// A path as it is written, made absolute.
struct Written {
    names: Path,
    /// In a `pub use`: it hands on, and imports nothing.
    handed_on: bool,
    /// The name that it has here, where it is a `use`; `*` for all.
    alias: Option<String>,
}

pub(crate) fn imports(modules: &[Module]) -> Vec<Import> {
    let all: BTreeSet<&Path> = modules.iter().map(|module| &module.path).collect();
    // A crate can have a `lib.rs` and a `main.rs`, which are above the same rooms.
    let mut written: BTreeMap<&Path, Vec<Written>> = BTreeMap::new();
    for module in modules {
        let paths = paths(module, &all);
        written.entry(&module.path).or_default().extend(paths);
    }
    let mut found = BTreeSet::new();
    for (from, paths) in &written {
        for path in paths.iter().filter(|path| !path.handed_on) {
            let to = resolved(&path.names, &all, &written, 0);
            if to != **from {
                let from = (*from).clone();
                found.insert(Import { from, to });
            }
        }
    }
    found.into_iter().collect()
}

/// The file in which what a path names is written.
fn resolved(
    names: &Path,
    all: &BTreeSet<&Path>,
    written: &BTreeMap<&Path, Vec<Written>>,
    depth: usize,
) -> Path {
    let is_module = |length: &usize| all.contains(&names[..*length].to_vec());
    let length = (0..=names.len()).rev().find(is_module).unwrap_or(0);
    let module = names[..length].to_vec();
    let Some(name) = names.get(length).filter(|_| depth < 8) else {
        return module;
    };
    let handed_on = written[&module].iter().filter(|path| path.handed_on);
    for path in handed_on {
        let next = match path.alias.as_deref() {
            Some(alias) if alias == name => path.names.clone(),
            Some("*") => [&path.names[..], std::slice::from_ref(name)].concat(),
            _ => continue,
        };
        let found = resolved(&next, all, written, depth + 1);
        if path.alias.as_deref() != Some("*") || found != module {
            return found;
        }
    }
    module
}

fn paths(module: &Module, all: &BTreeSet<&Path>) -> Vec<Written> {
    let mut reader = Reader {
        path: &module.path,
        all,
        found: Vec::new(),
    };
    reader.read(&module.tokens, 0);
    reader.found
}

struct Reader<'a> {
    path: &'a Path,
    all: &'a BTreeSet<&'a Path>,
    found: Vec<Written>,
}

impl Reader<'_> {
    /// `inside` is how many inline modules the tokens are in.
    fn read(&mut self, tokens: &[TokenTree], inside: usize) {
        let mut at = 0;
        while at < tokens.len() {
            if is_ident(&tokens[at], "use") && !preceded_by_colons(tokens, at) {
                let handed_on = at > 0 && is_visibility(&tokens[..at]);
                let end = end_of_statement(tokens, at);
                self.tree(&tokens[at + 1..end], &[], inside, Some(handed_on));
                at = end;
                continue;
            }
            if is_ident(&tokens[at], "mod")
                && let Some(TokenTree::Group(group)) = tokens.get(at + 2)
            {
                self.read(&flat(group.stream()), inside + 1);
                at += 3;
                continue;
            }
            if is_ident(&tokens[at], "pub") {
                // Who may see it, in brackets, imports nothing.
                let scope = matches!(tokens.get(at + 1), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis);
                // A field of a tuple struct can be in brackets itself.
                let scope = scope && !is_punct(tokens.get(at + 2), ',') && at + 2 < tokens.len();
                at += if scope { 2 } else { 1 };
                continue;
            }
            if let TokenTree::Group(group) = &tokens[at] {
                self.read(&flat(group.stream()), inside);
            } else if !preceded_by_colons(tokens, at) && has_colons(tokens, at + 1) {
                let end = end_of_path(tokens, at);
                self.tree(&tokens[at..end], &[], inside, None);
                at = end;
                continue;
            }
            at += 1;
        }
    }

    /// A path, or the tree of a `use`.
    fn tree(&mut self, tokens: &[TokenTree], before: &[String], inside: usize, used: Option<bool>) {
        let mut names = before.to_vec();
        let mut alias = None;
        let mut tokens = tokens.iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(ident) if *ident == "as" => {
                    alias = tokens.next().map(ToString::to_string);
                }
                TokenTree::Ident(ident) => names.push(ident.to_string()),
                TokenTree::Punct(punct) if punct.as_char() == '*' => {
                    alias = Some("*".to_owned());
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    let inner = flat(group.stream());
                    for branch in inner.split(|token| token.to_string() == ",") {
                        if !branch.is_empty() {
                            self.tree(branch, &names, inside, used);
                        }
                    }
                    return;
                }
                _ => {}
            }
        }
        if names.last().is_some_and(|name| name == "self") {
            names.pop();
        }
        let alias = alias.or_else(|| names.last().cloned());
        if let Some(names) = self.absolute(names, inside) {
            self.found.push(Written {
                names,
                handed_on: used == Some(true),
                alias: used.and(alias),
            });
        }
    }

    fn absolute(&self, names: Path, inside: usize) -> Option<Path> {
        let mut rest = names.into_iter();
        let first = rest.next()?;
        let mut base = match first.as_str() {
            // A `main.rs` beside a `lib.rs` says the crate's name.
            "crate" | "byod_bench" => Vec::new(),
            "self" => self.path.clone(),
            // Out of an inline module is still the file.
            "super" if inside > 0 => self.path.clone(),
            "super" => self.path.split_last()?.1.to_vec(),
            _ => {
                let child = [&self.path[..], &[first]].concat();
                self.all.contains(&child).then_some(child)?
            }
        };
        for name in rest {
            if name == "super" {
                base.pop();
            } else {
                base.push(name);
            }
        }
        Some(base)
    }
}

fn flat(stream: TokenStream) -> Vec<TokenTree> {
    stream.into_iter().collect()
}

fn is_ident(token: &TokenTree, name: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if *ident == name)
}

fn is_punct(token: Option<&TokenTree>, char: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}

fn has_colons(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')
}

fn preceded_by_colons(tokens: &[TokenTree], at: usize) -> bool {
    at >= 2 && has_colons(tokens, at - 2)
}

/// Whether `pub` or `pub(crate)` stands at the end.
fn is_visibility(tokens: &[TokenTree]) -> bool {
    match tokens {
        [.., token] if is_ident(token, "pub") => true,
        [.., token, TokenTree::Group(_)] => is_ident(token, "pub"),
        _ => false,
    }
}

fn end_of_statement(tokens: &[TokenTree], from: usize) -> usize {
    let semicolon = tokens[from..]
        .iter()
        .position(|token| is_punct(Some(token), ';'));
    semicolon.map_or(tokens.len(), |length| from + length)
}

fn end_of_path(tokens: &[TokenTree], from: usize) -> usize {
    let mut end = from + 1;
    while has_colons(tokens, end) && matches!(tokens.get(end + 2), Some(TokenTree::Ident(_))) {
        end += 3;
    }
    end
}
