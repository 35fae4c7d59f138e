//! What a word says of the nesting around it.

/// One that is no name of a member.
#[derive(Default)]
pub(super) struct Word {
    /// A statement follows it, or is inside of its own.
    pub(super) is_statement: bool,
    /// An operand or a type follows it, inside of its own.
    pub(super) is_operator: bool,
    /// The next word belongs to it, also on another line.
    pub(super) is_joining: bool,
    /// A value follows, if anything does.
    pub(super) wants_value: bool,
    /// It may be a value itself, or else a value follows.
    pub(super) may_be_value: bool,
}

impl Word {
    pub(super) fn of(word: &[u8]) -> Self {
        let none = Self::default();
        match word {
            b"if" | b"else" | b"for" | b"while" | b"do" | b"with" => Self {
                is_statement: true,
                wants_value: true,
                ..none
            },
            b"typeof" | b"void" | b"delete" | b"new" | b"in" | b"instanceof" | b"extends" => Self {
                is_operator: true,
                wants_value: true,
                ..none
            },
            b"return" | b"throw" | b"case" | b"default" | b"export" | b"const" | b"var" => Self {
                wants_value: true,
                ..none
            },
            b"switch" | b"catch" | b"finally" | b"try" | b"function" | b"class" => Self {
                wants_value: true,
                ..none
            },
            b"await" | b"yield" | b"of" | b"as" | b"satisfies" | b"is" | b"asserts" => Self {
                is_operator: true,
                is_joining: true,
                may_be_value: true,
                ..none
            },
            b"keyof" | b"readonly" | b"unique" | b"infer" | b"async" => Self {
                is_operator: true,
                is_joining: true,
                ..none
            },
            b"abstract" | b"declare" | b"type" | b"namespace" | b"module" | b"interface" => Self {
                is_joining: true,
                ..none
            },
            b"let" | b"static" | b"get" | b"set" | b"enum" | b"accessor" | b"override" => Self {
                is_joining: true,
                ..none
            },
            b"public" | b"private" | b"protected" | b"out" => Self {
                is_joining: true,
                ..none
            },
            _ => none,
        }
    }
}

/// Whether a word goes on with what stands on the line before.
pub(super) fn goes_on(word: &[u8]) -> bool {
    const WORDS: &str =
        " else catch finally while in of instanceof as satisfies extends implements is from ";
    let word = str::from_utf8(word).unwrap_or_default();
    let mut words = WORDS.split_whitespace();
    words.any(|one| one == word)
}
