//! What `--help` and the book say of a gateway's limits, beside what they are.

use std::collections::BTreeMap;
use std::process::Command;

use byod_gateway::Settings;

const BOOK: &str = include_str!("../../docs/front-end.md");

/// The numbers in a text, those of MiB in bytes.
fn amounts(text: &str) -> Vec<u64> {
    let mut amounts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        rest = &rest[at..];
        let end = rest.find(|c: char| !c.is_ascii_digit());
        let (number, after) = rest.split_at(end.unwrap_or(rest.len()));
        let number: u64 = number.parse().unwrap();
        let unit = if after.starts_with(" MiB") {
            1 << 20
        } else {
            1
        };
        amounts.push(number * unit);
        rest = after;
    }
    amounts
}

/// What `--help` says of each limit: by its flag, without what is half of another.
fn helped() -> BTreeMap<String, Vec<u64>> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_byod-gateway"));
    let help = program.arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let (_, limits) = help.split_once("\nLimits:\n").unwrap();
    let flags = limits.split("\n      --").skip(1);
    let told = flags.map(|said| {
        let (flag, said) = said.split_once([' ', '\n']).unwrap();
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let default = said.split_once("[default: ");
        let default = default.unwrap_or_else(|| panic!("--{flag} says no default: {said}"));
        let (default, _) = default.1.split_once(']').unwrap();
        (flag.to_owned(), amounts(default))
    });
    told.collect()
}

/// What the book says of a limit: in its table, or in words before its flag.
fn of_book(flag: &str) -> Vec<u64> {
    let named = format!("`--{flag}`)");
    let at = BOOK.find(&named);
    let at = at.unwrap_or_else(|| panic!("the book doesn't say `--{flag}`"));
    let line = BOOK[..at].rfind('\n').map_or(0, |end| end + 1);
    let said = match BOOK[line..].starts_with("| `") {
        true => BOOK[at..].split('|').nth(1).unwrap(),
        false => BOOK[..at].rsplit(". ").next().unwrap(),
    };
    amounts(&joined(said))
}

/// `1,000` as one number.
fn joined(text: &str) -> String {
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let mut letters: Vec<char> = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(letter) = chars.next() {
        let inside = is_digit(letters.last().copied()) && is_digit(chars.peek().copied());
        if letter != ',' || !inside {
            letters.push(letter);
        }
    }
    letters.into_iter().collect()
}

/// What a limit is.
fn of_settings(flag: &str) -> Vec<u64> {
    let name = match flag {
        "request-limit" => "request_bytes".to_owned(),
        "message-limit" => "message_bytes".to_owned(),
        "waiting-limit" => "waiting_bytes".to_owned(),
        "message-rate" => "messages".to_owned(),
        "token-rate" => "tokens".to_owned(),
        flag => flag.replace('-', "_"),
    };
    let settings = format!("{:?}", Settings::default());
    let (_, value) = settings.split_once(&format!(" {name}: ")).unwrap();
    let end = if value.starts_with('(') { ')' } else { ',' };
    amounts(value.split(end).next().unwrap())
}

#[test]
fn the_help_and_the_book_say_what_the_limits_are() {
    let helped = helped();
    assert!(helped.len() > 20, "{helped:?}");
    for (flag, helped) in helped {
        let (book, is) = (of_book(&flag), of_settings(&flag));
        // What is said further comes after it.
        let said = book.get(..helped.len()).unwrap_or(&book);
        assert_eq!(said, helped, "--{flag}: the book, and --help");
        let whole: u64 = helped.iter().sum();
        assert!(
            is == helped || is == [whole],
            "--{flag}: {helped:?}, not {is:?}"
        );
    }
}
