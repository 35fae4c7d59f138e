//! How deep a program is nested, told from its text: the compiler recurses as deep,
//! and a stack that is used up ends the whole build.

/// The deepest nesting that is compiled. Programs that people or bundlers write
/// stay far below.
pub(crate) const MAX: usize = 10_000;

/// The byte at which the nesting of `source` goes beyond `max`, if it does.
///
/// Brackets nest, and so do the operators and `else`s of one statement, and where
/// there may be JSX, its tags. Counted is too much rather than too little.
pub(crate) fn beyond(source: &str, may_have_jsx: bool, max: usize) -> Option<usize> {
    let bytes = source.as_bytes();
    // What nests takes a byte at least.
    if bytes.len() <= max {
        return None;
    }
    // What nests at each open bracket, the innermost last.
    let mut open: Vec<usize> = Vec::new();
    // How deep the text around the innermost bracket is, and what is inside it.
    let (mut outside, mut inside) = (0, 0);
    // Whether the last character that counts was an operator.
    let mut after_operator = false;
    // Inside of `${…}`: how many brackets were open at each of its templates.
    let mut templates: Vec<usize> = Vec::new();
    let mut tags: usize = 0;
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let byte = bytes[at];
        at += 1;
        match byte {
            b'"' | b'\'' => {
                at = end_of_string(bytes, at, byte);
                after_operator = false;
            }
            b'`' => {
                at = end_of_template(bytes, at);
                if bytes.get(at - 1) == Some(&b'{') {
                    templates.push(open.len());
                    open.push(inside);
                    outside += inside + 1;
                    inside = 0;
                }
                after_operator = false;
            }
            b'/' if bytes.get(at) == Some(&b'/') => {
                at = find(bytes, at, b"\n").unwrap_or(bytes.len());
            }
            b'/' if bytes.get(at) == Some(&b'*') => {
                at = find(bytes, at + 1, b"*/").map_or(bytes.len(), |end| end + 2);
            }
            b'(' | b'[' | b'{' => {
                open.push(inside);
                outside += inside + 1;
                inside = 0;
                after_operator = false;
            }
            b')' | b']' | b'}' => {
                if let Some(before) = open.pop() {
                    outside -= before + 1;
                    // `f()()` and `a[0][1]` nest to the left.
                    inside = before + usize::from(byte != b'}');
                }
                let is_in_template = byte == b'}' && templates.last() == Some(&open.len());
                if is_in_template {
                    templates.pop();
                    at = end_of_template(bytes, at);
                    if bytes.get(at - 1) == Some(&b'{') {
                        templates.push(open.len());
                        open.push(inside);
                        outside += inside + 1;
                        inside = 0;
                    }
                }
                if byte == b'}'
                    && !is_in_template
                    && !may_have_jsx
                    && begins_statement(&bytes[at..])
                {
                    inside = 0;
                }
                after_operator = false;
            }
            b';' | b',' => {
                inside = 0;
                after_operator = false;
            }
            b'\n' => {
                if !after_operator && begins_statement(&bytes[at..]) {
                    inside = 0;
                }
            }
            _ if byte.is_ascii_whitespace() => {}
            _ if is_word(byte) => {
                at = bytes[at..]
                    .iter()
                    .position(|byte| !is_word(*byte))
                    .map_or(bytes.len(), |length| at + length);
                let nests = matches!(
                    &bytes[start..at],
                    b"else"
                        | b"await"
                        | b"typeof"
                        | b"void"
                        | b"delete"
                        | b"new"
                        | b"yield"
                        | b"if"
                        | b"for"
                        | b"while"
                        | b"do"
                        | b"with"
                        | b"keyof"
                        | b"readonly"
                        | b"unique"
                        | b"in"
                        | b"of"
                        | b"instanceof"
                        | b"as"
                        | b"satisfies"
                        | b"extends"
                        | b"async"
                        | b"infer"
                );
                inside += usize::from(nests);
                after_operator = nests;
            }
            _ => {
                if may_have_jsx {
                    match (byte, bytes.get(at)) {
                        (b'<', Some(b'/')) | (b'/', Some(b'>')) => tags = tags.saturating_sub(1),
                        (b'<', Some(next)) if is_word(*next) || *next == b'>' => tags += 1,
                        _ => {}
                    }
                }
                inside += 1;
                after_operator = true;
            }
        }
        if outside + inside + tags > max {
            return Some(start);
        }
    }
    None
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

/// Whether a line begins with what can't go on with the line before.
fn begins_statement(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii_start();
    match rest.first() {
        Some(first) if is_word(*first) => {
            let length = rest.iter().position(|byte| !is_word(*byte));
            let word = &rest[..length.unwrap_or(rest.len())];
            !matches!(
                word,
                b"else"
                    | b"in"
                    | b"of"
                    | b"instanceof"
                    | b"as"
                    | b"satisfies"
                    | b"extends"
                    | b"catch"
                    | b"finally"
                    | b"while"
            )
        }
        Some(b'@' | b'#' | b'"' | b'\'' | b'{') => true,
        _ => false,
    }
}

fn find(bytes: &[u8], from: usize, text: &[u8]) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let found = rest.windows(text.len()).position(|part| part == text);
    found.map(|at| from + at)
}

/// Strings end with their line, so that an apostrophe in JSX hides no more.
fn end_of_string(bytes: &[u8], from: usize, quote: u8) -> usize {
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match *byte {
            b'\\' => at += 1,
            b'\n' => return at - 1,
            byte if byte == quote => return at,
            _ => {}
        }
    }
    bytes.len()
}

/// Behind the closing quote of a template, or behind `${`.
fn end_of_template(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match *byte {
            b'\\' => at += 1,
            b'`' => return at,
            b'$' if bytes.get(at) == Some(&b'{') => return at + 1,
            _ => {}
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_deep(source: &str) -> bool {
        beyond(source, true, 100).is_some()
    }

    #[test]
    fn what_nests_is_found() {
        let nested = [
            "(".repeat(200),
            "[".repeat(200),
            "{".repeat(200),
            format!("x = 1{}", "+1".repeat(200)),
            format!("x = 1{}", "\n  + 1".repeat(200)),
            format!("x = 1{}", " +\n  1".repeat(200)),
            format!("o{}", ".a".repeat(200)),
            format!("o{}", "\n  .a()".repeat(200)),
            format!("f{}", "()".repeat(200)),
            format!("a{}", "[0]".repeat(200)),
            format!("x = {}1", "!".repeat(200)),
            format!("x = {}1", "typeof ".repeat(200)),
            format!("x = {}1", "() => ".repeat(200)),
            format!("x = {}1", "a ? b : ".repeat(200)),
            format!("if (a) {{}} {}", "else if (a) { b() }\n".repeat(200)),
            format!("{}b", "if (a) ".repeat(200)),
            format!("type T = {}1", "Array<".repeat(200)),
            format!("x = {}", "<a>".repeat(200)),
            format!("{}1", "`${".repeat(200)),
            format!("x = {}", "<a>\ntext\n".repeat(200)),
        ];
        for source in nested {
            assert!(is_deep(&source), "{source}");
        }
    }

    #[test]
    fn what_follows_one_another_does_not_nest() {
        let flat = [
            "const a = 1 + 2;\n".repeat(200),
            "const a = 1 + 2\n".repeat(200),
            "a.b = c.d()\n".repeat(200),
            "const it = \"([{\";\n".repeat(200),
            "// don't ([{\n/* ([{ */\n".repeat(200),
            "const t = `a ( ${b} ( ${`c ( ${d}`}`;\n".repeat(200),
            format!("[{}]", "1 + 2, ".repeat(200)),
            "export const f = async () => {\n  await g()\n}\n".repeat(200),
            "a:{b:1},".repeat(200),
            "it's <b>you</b> <br />\n".repeat(200),
        ];
        for source in flat {
            assert!(!is_deep(&source), "{source}");
        }
        let minified = "function a(){return 1}".repeat(200);
        assert_eq!(beyond(&minified, false, 100), None);
    }
}
