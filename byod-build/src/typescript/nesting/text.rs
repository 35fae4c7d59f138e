//! The small parts of a program's text: where each ends, whatever it means.

/// Whether there are more than `max` tokens: what nests takes one at least.
pub(super) fn has_tokens(bytes: &[u8], max: usize) -> bool {
    if bytes.len() <= max {
        return false;
    }
    let mut tokens = 0;
    let mut was_word = false;
    for byte in bytes {
        let word = is_word(*byte);
        tokens += usize::from(!(byte.is_ascii_whitespace() || word && was_word));
        was_word = word;
    }
    tokens > max
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

/// The length of a line's end, if there is one.
fn line_end(bytes: &[u8]) -> usize {
    match bytes {
        [b'\n' | b'\r', ..] => 1,
        [0xe2, 0x80, 0xa8 | 0xa9, ..] => 3,
        _ => 0,
    }
}

/// The length of one character that means nothing, and whether it ends a line.
fn blank(bytes: &[u8]) -> Option<(usize, bool)> {
    match bytes {
        [b' ' | b'\t' | 0x0b | 0x0c, ..] => Some((1, false)),
        [first, ..] if *first >= 0x80 || matches!(first, b'\n' | b'\r') => {
            let length = line_end(bytes);
            if length > 0 {
                return Some((length, true));
            }
            let character = character(bytes)?;
            let is_blank = character.is_whitespace() || character == '\u{feff}';
            is_blank.then_some((character.len_utf8(), false))
        }
        _ => None,
    }
}

fn character(bytes: &[u8]) -> Option<char> {
    let text = &bytes[..bytes.len().min(4)];
    let valid = match str::from_utf8(text) {
        Ok(text) => text,
        Err(error) => str::from_utf8(&text[..error.valid_up_to()]).ok()?,
    };
    valid.chars().next()
}

/// Behind blanks and comments, and whether a line ended in them; `None` where a comment
/// never ends.
pub(super) fn skip(bytes: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut newline = false;
    loop {
        let rest = &bytes[at..];
        if let Some((length, ends_line)) = blank(rest) {
            at += length;
            newline |= ends_line;
        } else if rest.starts_with(b"//") || at == 0 && rest.starts_with(b"#!") {
            at = end_of_line(bytes, at);
        } else if rest.starts_with(b"/*") {
            let length = rest[2..].windows(2).position(|two| two == b"*/")?;
            let comment = &rest[2..2 + length];
            newline |= (0..comment.len()).any(|at| line_end(&comment[at..]) > 0);
            at += length + 4;
        } else {
            return Some((at, newline));
        }
    }
}

pub(super) fn end_of_line(bytes: &[u8], from: usize) -> usize {
    let rest = from..bytes.len();
    let mut ends = rest.filter(|at| line_end(&bytes[*at..]) > 0);
    ends.next().unwrap_or(bytes.len())
}

/// Behind the word that begins at `at`; the same place where none does.
pub(super) fn word(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        let rest = &bytes[at..];
        if *byte >= 0x80 {
            let Some(character) = character(rest).filter(|_| blank(rest).is_none()) else {
                return at;
            };
            at += character.len_utf8();
        } else if is_word(*byte) {
            at += 1;
        } else if *byte == b'\\' {
            at += escape(rest);
        } else {
            return at;
        }
    }
    at
}

/// The length of an escape in a word, or of what is taken for one.
fn escape(rest: &[u8]) -> usize {
    match rest {
        [_, b'u', b'{', digits @ ..] => {
            let mut value: u32 = 0;
            for (length, byte) in digits.iter().enumerate() {
                match char::from(*byte).to_digit(16) {
                    Some(digit) => value = (value << 4) | digit,
                    None if length > 0 && *byte == b'}' => return length + 4,
                    None => return length + 3,
                }
                if value > 0x10_ffff {
                    return length + 4;
                }
            }
            rest.len()
        }
        [_, b'u', ..] => 2,
        [_, next @ ..] => 1 + character(next).map_or(0, char::len_utf8),
        [] => 0,
    }
}

/// Behind the number that begins at `at`.
pub(super) fn number(bytes: &[u8], at: usize) -> usize {
    let digits = word(bytes, at);
    let is_decimal = bytes[at..digits]
        .iter()
        .all(|byte| byte.is_ascii_digit() || *byte == b'_');
    if is_decimal && bytes.get(digits) == Some(&b'.') {
        word(bytes, digits + 1)
    } else {
        digits
    }
}

/// Behind the quote that ends a text, which stays on its line.
pub(super) fn string(bytes: &[u8], from: usize, quote: u8) -> Option<usize> {
    let mut at = from;
    loop {
        match bytes.get(at)? {
            b'\\' if bytes[at + 1..].starts_with(b"\r\n") => at += 3,
            b'\\' => at += 2,
            b'\n' | b'\r' => return None,
            byte if *byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// Behind the quote that ends a text in a tag.
pub(super) fn tag_string(bytes: &[u8], from: usize, quote: u8) -> Option<usize> {
    let length = bytes[from..].iter().position(|byte| *byte == quote)?;
    Some(from + length + 1)
}

/// Behind the quote that ends a template, or behind a `${` in it.
pub(super) fn template(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'`' => return Some(at + 1),
            b'$' if bytes.get(at + 1) == Some(&b'{') => return Some(at + 2),
            _ => at += 1,
        }
    }
}

/// Behind a regular expression, whose `/` stands before `from`.
pub(super) fn regular_expression(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    let mut in_class = false;
    loop {
        if line_end(bytes.get(at..)?) > 0 {
            return None;
        }
        match bytes.get(at)? {
            b'\\' if line_end(bytes.get(at + 1..)?) > 0 => return None,
            b'\\' => at += 2,
            b'[' => {
                in_class = true;
                at += 1;
            }
            b']' => {
                in_class = false;
                at += 1;
            }
            b'/' if !in_class => return Some(word(bytes, at + 1)),
            _ => at += 1,
        }
    }
}

/// Whether what follows a division may be a value.
pub(super) fn begins_value(rest: &[u8]) -> bool {
    match rest {
        [b'.', digit, ..] => digit.is_ascii_digit(),
        [first, ..] => !b".)]},;*%=?:&|^>".contains(first),
        [] => false,
    }
}

/// The word that begins at `at`.
pub(super) fn word_at(bytes: &[u8], at: usize) -> &[u8] {
    let length = bytes[at..].iter().position(|byte| !is_word(*byte));
    &bytes[at..length.map_or(bytes.len(), |length| at + length)]
}

/// Whether what stands behind a `<` may be the parameters of a generic function.
pub(super) fn begins_parameters(bytes: &[u8], from: usize) -> bool {
    let next = |at: usize| skip(bytes, at).map(|(at, _)| at);
    let found = || {
        let mut at = next(from)?;
        loop {
            let end = word(bytes, at);
            if end == at {
                return Some(false);
            }
            let is_modifier = matches!(&bytes[at..end], b"const" | b"in" | b"out");
            at = next(end)?;
            if !is_modifier || !bytes.get(at).is_some_and(|byte| is_word(*byte)) {
                break;
            }
        }
        Some(match bytes.get(at)? {
            b',' | b'=' => true,
            b'>' => bytes.get(next(at + 1)?) == Some(&b'('),
            _ => word_at(bytes, at) == b"extends",
        })
    };
    found().unwrap_or(true)
}
