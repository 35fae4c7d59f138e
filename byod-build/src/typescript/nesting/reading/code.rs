//! What stands outside of tags: values, operators and brackets.

use super::super::text;
use super::{Before, Depth, Kind, Reading, Step};

impl Reading {
    pub(super) fn code(&mut self, bytes: &[u8]) -> Option<Step> {
        let (start, newline) = text::skip(bytes, self.at)?;
        self.at = start;
        self.start = start;
        let byte = *bytes.get(start)?;
        let rest = &bytes[start..];
        let is_at_start = newline || self.depth() == 0;
        if rest.starts_with(b"<!--") || is_at_start && rest.starts_with(b"-->") {
            // A comment in a script, operators in a module.
            let mut comment = self.clone();
            comment.at = text::end_of_line(bytes, start);
            if self.before == Before::Division {
                *self = comment;
                return Some(Step::On);
            }
            self.operator(bytes, byte);
            return Some(Step::Either(Box::new(comment)));
        }
        if self.before == Before::Division && !text::begins_value(rest) {
            return None;
        }
        if std::mem::take(&mut self.is_ended)
            && !matches!(text::word_at(bytes, start), b"else" | b"while")
        {
            self.count(|depth| *depth = Depth::default());
        }
        match byte {
            b'"' | b'\'' => {
                self.at = text::string(bytes, start + 1, byte)?;
                self.begin(b"\"", newline);
                self.before = Before::Value;
            }
            b'`' => self.template(bytes, start + 1)?,
            b'0'..=b'9' => {
                self.at = text::number(bytes, start);
                self.begin(b"0", newline);
                self.before = Before::Value;
            }
            b'.' if rest.get(1).is_some_and(u8::is_ascii_digit) => {
                self.at = text::word(bytes, start + 1);
                self.before = Before::Value;
            }
            b'/' => return self.slash(bytes, newline),
            b'<' => return self.angle(bytes, newline),
            b'(' | b'[' | b'{' => {
                self.at += 1;
                self.open(match byte {
                    b'(' => Kind::Paren { after: self.after },
                    b'[' => Kind::Bracket,
                    _ => Kind::Brace,
                });
            }
            b')' | b']' | b'}' => self.closing(bytes, byte)?,
            b'>' if self.here().kind == Kind::TagTypes => {
                self.at += 1;
                self.close();
            }
            b';' => {
                self.at += 1;
                self.is_ended = true;
                self.before = Before::Operator;
            }
            b',' => {
                self.at += 1;
                self.count(|depth| {
                    // Between the arguments of a type what is around them goes on.
                    if depth.angles == 0 {
                        depth.expression = 0;
                    }
                });
                self.before = Before::Operator;
            }
            b'#' => {
                self.at = text::word(bytes, start + 1);
                self.begin(b"#", newline);
                self.before = Before::Value;
            }
            b'@' => {
                self.begin(b"@", newline);
                self.operator(bytes, byte);
            }
            _ if byte.is_ascii_punctuation() && !text::is_word(byte) && byte != b'\\' => {
                self.mark(bytes, byte, newline);
            }
            _ => {
                self.at = text::word(bytes, start);
                if self.at == start {
                    return None;
                }
                self.word(&bytes[start..self.at], newline);
                return Some(Step::On);
            }
        }
        self.is_joining = false;
        self.after = Before::Value;
        Some(Step::On)
    }

    /// `!`, `++`, `?.` and all other operators.
    fn mark(&mut self, bytes: &[u8], byte: u8, newline: bool) {
        let next = bytes.get(self.at + 1).copied().unwrap_or_default();
        let is_twice = matches!(byte, b'+' | b'-') && next == byte;
        let may_follow = is_twice || byte == b'!' && next != b'=';
        let before = self.before;
        if byte == b'.'
            || byte == b'?'
                && next == b'.'
                && !bytes.get(self.at + 2).is_some_and(u8::is_ascii_digit)
        {
            let is_rest = bytes[self.at..].starts_with(b"...");
            self.at += match byte {
                b'.' if is_rest => 3,
                b'.' => 1,
                _ => 2,
            };
            self.count(|depth| depth.expression += 1);
            self.before = if is_rest {
                Before::Operator
            } else {
                Before::Dot
            };
            return;
        }
        self.operator(bytes, byte);
        if is_twice {
            self.at += 1;
        }
        // Behind a value they leave one.
        if may_follow
            && !newline
            && matches!(before, Before::Value | Before::Brace | Before::Either)
        {
            self.before = before;
        }
        if byte == b':' {
            self.before = Before::Colon;
        }
    }

    /// An operator that begins with `byte`: as long as it certainly is one.
    fn operator(&mut self, bytes: &[u8], byte: u8) {
        let start = self.at;
        self.at += 1;
        let next = |reading: &Self| bytes.get(reading.at).copied();
        match byte {
            b'=' if next(self) == Some(b'>') => self.at += 1,
            // Each of several may close an argument of a type.
            b'>' => self.count(|depth| depth.angles = depth.angles.saturating_sub(1)),
            b'=' | b'!' | b'*' | b'&' | b'|' | b'?' | b'%' | b'^' | b'+' | b'-' | b'/' | b'<' => {
                if matches!(byte, b'*' | b'&' | b'|' | b'?') && next(self) == Some(byte) {
                    self.at += 1;
                }
                while next(self) == Some(b'=') {
                    self.at += 1;
                }
            }
            _ => {}
        }
        // No type has these, so what is open around them are comparisons.
        let is_of_values = matches!(
            &bytes[start..self.at],
            b"&&" | b"||" | b"??" | b"==" | b"===" | b"!=" | b"!==" | b"+" | b"*" | b"%" | b"^"
        );
        self.count(|depth| {
            depth.expression += 1;
            if is_of_values {
                depth.expression += std::mem::take(&mut depth.angles);
            }
        });
        self.before = if byte == b'>' {
            Before::Either
        } else {
            Before::Operator
        };
        self.is_joining = false;
        self.after = Before::Value;
    }

    fn slash(&mut self, bytes: &[u8], newline: bool) -> Option<Step> {
        let ends_value = self.before == Before::Value && !newline;
        let is_value_next = matches!(
            self.before,
            Before::Operator | Before::Colon | Before::Division
        );
        let mut division = self.clone();
        division.operator(bytes, b'/');
        if ends_value || self.before == Before::Dot {
            *self = division;
            return Some(Step::On);
        }
        division.before = Before::Division;
        let Some(end) = text::regular_expression(bytes, self.at + 1) else {
            *self = division;
            return (!is_value_next).then_some(Step::On);
        };
        self.at = end;
        self.before = Before::Value;
        self.is_joining = false;
        self.after = Before::Value;
        Some(if is_value_next {
            Step::On
        } else {
            Step::Either(Box::new(division))
        })
    }

    fn angle(&mut self, bytes: &[u8], newline: bool) -> Option<Step> {
        let next = bytes.get(self.at + 1).copied().unwrap_or_default();
        let ends_value = matches!(self.before, Before::Value | Before::Dot) && !newline;
        let may_be_tag = self.may_have_tags && !ends_value && next != b'=' && next != b'<';
        let mut tag = self.clone();
        let may_be_value_next = matches!(
            self.before,
            Before::Operator | Before::Colon | Before::Division
        );
        let in_types = self.here().kind == Kind::TagTypes;
        if in_types {
            self.at += 1;
            self.open(Kind::TagTypes);
        } else {
            self.operator(bytes, b'<');
            if next != b'=' {
                self.count(|depth| {
                    depth.expression -= 1;
                    depth.angles += 1;
                });
            }
        }
        if !may_be_tag {
            return Some(Step::On);
        }
        tag.at += 1;
        tag.open(Kind::Tag);
        if may_be_value_next && !text::begins_parameters(bytes, tag.at) {
            *self = tag;
            return Some(Step::On);
        }
        Some(Step::Either(Box::new(tag)))
    }

    fn closing(&mut self, bytes: &[u8], byte: u8) -> Option<()> {
        let before = match (self.here().kind, byte) {
            (Kind::Paren { after }, b')') => after,
            (Kind::Bracket, b']') => Before::Value,
            (Kind::Brace, b'}') => Before::Brace,
            (Kind::Template | Kind::Container, b'}') => Before::Operator,
            _ => return None,
        };
        let is_template = self.here().kind == Kind::Template;
        self.at += 1;
        self.close();
        self.before = before;
        if is_template {
            return self.template(bytes, self.at);
        }
        if byte != b'}' {
            // `f()()` and `a[0][1]` nest to the left.
            self.count(|depth| depth.expression += 1);
        }
        Some(())
    }

    /// What of a template begins at `from`, as far as its end or the next `${`.
    fn template(&mut self, bytes: &[u8], from: usize) -> Option<()> {
        self.at = text::template(bytes, from)?;
        if bytes[self.at - 1] == b'`' {
            // Those with a tag nest to the left.
            self.count(|depth| depth.expression += 1);
            self.before = Before::Value;
        } else {
            self.open(Kind::Template);
        }
        Some(())
    }
}
