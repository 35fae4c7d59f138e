//! Words, and where statements begin.

use super::super::words::{Word, goes_on};
use super::{Before, Depth, Reading};

impl Reading {
    pub(super) fn word(&mut self, word: &[u8], newline: bool) {
        let is_name = self.before == Before::Dot;
        let is_header = matches!(word, b"if" | b"while" | b"for" | b"with")
            || self.after == Before::Operator && word == b"await";
        self.after = if is_header && !is_name {
            Before::Operator
        } else {
            Before::Value
        };
        if is_name {
            self.before = Before::Value;
            self.is_joining = false;
            return;
        }
        if word.contains(&b'\\') {
            // Written so, it may be any word.
            self.count(|depth| {
                depth.statement += 1;
                depth.expression += 1;
            });
            self.is_joining = true;
            self.after = Before::Either;
            self.before = Before::Either;
            return;
        }
        if word == b"case" && self.before == Before::Colon {
            self.count(|depth| {
                *depth = Depth {
                    statement: depth.statement,
                    ..Depth::default()
                }
            });
        }
        self.begin(word, newline);
        let word = Word::of(word);
        self.count(|depth| {
            depth.statement += usize::from(word.is_statement);
            depth.expression += usize::from(word.is_operator);
        });
        self.is_joining = word.is_joining;
        self.before = if word.wants_value {
            Before::Operator
        } else if word.may_be_value {
            Before::Either
        } else {
            Before::Value
        };
    }

    /// A word, a text or a number begins: a statement with it, where a value stands
    /// before and nothing between them.
    pub(super) fn begin(&mut self, word: &[u8], newline: bool) {
        let ends = match self.before {
            Before::Brace => true,
            Before::Value | Before::Either => newline && !self.is_joining,
            _ => false,
        };
        if ends && !goes_on(word) {
            self.count(|depth| *depth = Depth::default());
        }
    }
}
