//! One way to read a program: what is open at a place of it, and how deep that is.

mod code;
mod statements;
mod tags;

/// What a token leaves behind: what may follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// A value must follow, so `/` begins a regular expression.
    Operator,
    /// As after an operator, behind a `:`.
    Colon,
    /// As after an operator, behind a `/` that may have begun a regular expression.
    Division,
    /// A name must follow, whatever it is elsewhere.
    Dot,
    /// A value ended.
    Value,
    /// A value may have ended, or a block.
    Brace,
    /// A word that is a value or an operator, or the end of what may be types.
    Either,
}

/// What is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    File,
    /// `(`, and what its end leaves behind: a statement follows `if (…)`.
    Paren {
        after: Before,
    },
    Bracket,
    Brace,
    /// `${`
    Template,
    /// `<name`, as far as its `>`.
    Tag,
    /// `</name`
    ClosingTag,
    /// What stands between two tags.
    Children,
    /// `{` in a tag or between tags.
    Container,
    /// `<` in a tag, of types.
    TagTypes,
}

/// How much nests in one bracket beside other brackets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Depth {
    /// `if`, `else`, `for`: until another statement begins.
    statement: usize,
    /// Operators, calls: until the next element or statement.
    expression: usize,
    /// `<` that may be of types.
    angles: usize,
}

impl Depth {
    fn sum(self) -> usize {
        self.statement + self.expression + self.angles
    }
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    kind: Kind,
    depth: Depth,
}

/// What came of reading one token.
pub(super) enum Step {
    On,
    /// It can be read in another way too.
    Either(Box<Reading>),
    /// The text ended, or this is no program.
    End,
}

#[derive(Clone, Debug)]
pub(super) struct Reading {
    may_have_tags: bool,
    at: usize,
    /// Where the last token begins.
    start: usize,
    before: Before,
    /// A `;` stands before.
    is_ended: bool,
    /// A word stands before that the next word belongs to, also on another line.
    is_joining: bool,
    /// What the end of a `(` here leaves behind.
    after: Before,
    /// In a tag, `=` stands before.
    is_attribute: bool,
    /// What is open, the innermost last.
    frames: Vec<Frame>,
    /// How deep all but the innermost are.
    outside: usize,
}

impl Reading {
    pub(super) fn new(may_have_tags: bool) -> Self {
        let file = Frame {
            kind: Kind::File,
            depth: Depth::default(),
        };
        Self {
            may_have_tags,
            at: 0,
            start: 0,
            before: Before::Operator,
            is_ended: false,
            is_joining: false,
            after: Before::Value,
            is_attribute: false,
            frames: vec![file],
            outside: 0,
        }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Where the last token begins.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    pub(super) fn depth(&self) -> usize {
        self.outside + self.here().depth.sum()
    }

    /// Whether both read the rest of the text in the same way.
    pub(super) fn continues_as(&self, other: &Self) -> bool {
        let kinds = |reading: &Self| {
            (
                reading.before,
                reading.is_ended,
                reading.is_joining,
                reading.after,
                reading.is_attribute,
            )
        };
        self.at == other.at
            && kinds(self) == kinds(other)
            && self.frames.len() == other.frames.len()
            && self
                .frames
                .iter()
                .zip(&other.frames)
                .all(|(one, other)| one.kind == other.kind)
    }

    /// Takes the deeper of both, everywhere.
    pub(super) fn join(&mut self, other: &Self) {
        self.outside = 0;
        let mut last = 0;
        for (one, other) in self.frames.iter_mut().zip(&other.frames) {
            self.outside += last;
            let (one, other) = (&mut one.depth, other.depth);
            one.statement = one.statement.max(other.statement);
            one.expression = one.expression.max(other.expression);
            one.angles = one.angles.max(other.angles);
            last = one.sum() + 1;
        }
    }

    fn here(&self) -> &Frame {
        // The file's own frame is never closed.
        self.frames.last().unwrap_or(&Frame {
            kind: Kind::File,
            depth: Depth {
                statement: 0,
                expression: 0,
                angles: 0,
            },
        })
    }

    fn count(&mut self, change: impl FnOnce(&mut Depth)) {
        if let Some(here) = self.frames.last_mut() {
            change(&mut here.depth);
        }
    }

    fn open(&mut self, kind: Kind) {
        self.outside += self.here().depth.sum() + 1;
        self.frames.push(Frame {
            kind,
            depth: Depth::default(),
        });
        self.before = Before::Operator;
        self.is_ended = false;
        self.is_joining = false;
        self.after = Before::Value;
        self.is_attribute = false;
    }

    fn close(&mut self) {
        if self.frames.len() > 1 {
            self.frames.pop();
            self.outside -= self.here().depth.sum() + 1;
        }
    }

    /// Reads one token.
    pub(super) fn step(&mut self, bytes: &[u8]) -> Step {
        let read = match self.here().kind {
            Kind::Children => self.children(bytes),
            Kind::Tag | Kind::ClosingTag => self.tag(bytes),
            _ => self.code(bytes),
        };
        read.unwrap_or(Step::End)
    }
}
