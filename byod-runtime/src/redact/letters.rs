use std::ops::Range;

/// A text as bytes in which letters' case makes no difference, and of which place in
/// the text each is.
pub(super) struct Letters {
    bytes: Vec<u8>,
    /// Where the character begins that each byte is of; and the text's end.
    starts: Vec<u32>,
}

impl Letters {
    /// As it stands.
    pub(super) fn written(text: &str) -> Self {
        let mut letters = Self::with_capacity(text.len());
        for (at, character) in text.char_indices() {
            letters.push(character, at);
        }
        letters.end(text.len())
    }

    /// With the escapes of URLs, JSON and HTML undone; `None` where there are none.
    pub(super) fn meant(text: &str) -> Option<Self> {
        if !text.contains(['%', '\\', '&']) {
            return None;
        }
        let mut letters = Self::with_capacity(text.len());
        let mut at = 0;
        while let Some(character) = text[at..].chars().next() {
            match escaped(&text[at..]) {
                Some((Meant::Character(character), length)) => {
                    letters.push(character, at);
                    at += length;
                }
                Some((Meant::Byte(byte), length)) => {
                    letters.push_byte(byte.to_ascii_lowercase(), at);
                    at += length;
                }
                Some((Meant::Nothing, length)) => at += length,
                None => {
                    letters.push(character, at);
                    at += character.len_utf8();
                }
            }
        }
        Some(letters.end(text.len()))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The place in the text of a range of the bytes that is not empty.
    pub(super) fn in_text(&self, range: Range<usize>) -> Range<usize> {
        let start = self.starts[range.start];
        let last = self.starts[range.end - 1];
        // A character can be of several bytes: the next one that begins elsewhere.
        let behind = self.starts[range.end..].iter().find(|start| **start > last);
        start as usize..behind.map_or(last, |end| *end) as usize
    }

    fn with_capacity(bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            starts: Vec::with_capacity(bytes + 1),
        }
    }

    fn push(&mut self, character: char, at: usize) {
        if character.is_ascii() {
            return self.push_byte((character as u8).to_ascii_lowercase(), at);
        }
        let mut buffer = [0; 4];
        for folded in folded(character) {
            for byte in folded.encode_utf8(&mut buffer).bytes() {
                self.push_byte(byte, at);
            }
        }
    }

    fn push_byte(&mut self, byte: u8, at: usize) {
        self.bytes.push(byte);
        // Texts of more than 4 GiB are read nowhere.
        self.starts.push(u32::try_from(at).unwrap_or(u32::MAX));
    }

    fn end(mut self, at: usize) -> Self {
        self.starts.push(u32::try_from(at).unwrap_or(u32::MAX));
        self
    }
}

/// Without a difference between capital and small letters, also where one becomes
/// two (`ß`, `SS`).
pub(super) fn folded(character: char) -> impl Iterator<Item = char> {
    character.to_uppercase().flat_map(char::to_lowercase)
}

enum Meant {
    Character(char),
    /// A byte that is no character.
    Byte(u8),
    Nothing,
}

/// What the escape means that the text begins with, if it does, and how many bytes
/// it takes.
fn escaped(text: &str) -> Option<(Meant, usize)> {
    match text.as_bytes().first()? {
        b'%' => percent(text),
        b'\\' => Some(backslash(text)),
        b'&' => entity(text),
        _ => None,
    }
}

/// `%e2%98%83`: one character, or a byte that is a part of none.
fn percent(text: &str) -> Option<(Meant, usize)> {
    let byte = |n: usize| {
        let escape = text.get(3 * n..).filter(|rest| rest.starts_with('%'))?;
        Some(hex(escape, 1..3)? as u8)
    };
    let first = byte(0)?;
    let length = match first {
        ..0xc0 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
    };
    let bytes: Option<Vec<u8>> = (0..length).map(byte).collect();
    let character = bytes.and_then(|bytes| str::from_utf8(&bytes).ok()?.chars().next());
    Some(match character {
        Some(character) => (Meant::Character(character), 3 * length),
        None => (Meant::Byte(first), 3),
    })
}

/// A backslash adds nothing to what it stands before, however often it was doubled.
fn backslash(text: &str) -> (Meant, usize) {
    const NOTHING: (Meant, usize) = (Meant::Nothing, 1);
    match text.as_bytes().get(1) {
        Some(b'x') => hex(text, 2..4).map_or(NOTHING, |code| (Meant::Byte(code as u8), 4)),
        Some(b'u') => {
            let Some(code) = hex(text, 2..6) else {
                return braced(text).unwrap_or(NOTHING);
            };
            match char::from_u32(code) {
                Some(character) => (Meant::Character(character), 6),
                // One half of a character beyond the first 65,536.
                None => pair(code, text).unwrap_or(NOTHING),
            }
        }
        _ => NOTHING,
    }
}

/// `\u{7c}`, as Rust and JavaScript write it.
fn braced(text: &str) -> Option<(Meant, usize)> {
    let inside = text.strip_prefix("\\u{")?;
    let end = inside.bytes().take(8).position(|byte| byte == b'}')?;
    let code = u32::from_str_radix(&inside[..end], 16).ok()?;
    Some((Meant::Character(char::from_u32(code)?), end + 4))
}

fn pair(high: u32, text: &str) -> Option<(Meant, usize)> {
    let low = text.get(6..).filter(|rest| rest.starts_with("\\u"))?;
    let low = hex(low, 2..6)?;
    let halves = [u16::try_from(high).ok()?, u16::try_from(low).ok()?];
    let character = char::decode_utf16(halves).next()?.ok()?;
    Some((Meant::Character(character), 12))
}

/// `&#124;`, `&#x7c;`, and names of what keys and tokens are made of.
fn entity(text: &str) -> Option<(Meant, usize)> {
    const NAMED: [(&str, char); 19] = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("vert", '|'),
        ("verbar", '|'),
        ("VerticalLine", '|'),
        ("colon", ':'),
        ("sol", '/'),
        ("plus", '+'),
        ("equals", '='),
        ("lowbar", '_'),
        ("period", '.'),
        ("hyphen", '-'),
        ("dash", '-'),
        ("num", '#'),
        ("percnt", '%'),
        ("bsol", '\\'),
    ];
    let inside = &text[1..];
    let end = inside.bytes().take(12).position(|byte| byte == b';')?;
    let name = &inside[..end];
    let character = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
        None => NAMED.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((Meant::Character(character), end + 2))
}

fn hex(text: &str, digits: Range<usize>) -> Option<u32> {
    let digits = text.get(digits)?;
    let all = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| all)
}
