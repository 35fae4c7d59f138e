//! What stands in tags and between them.

use super::super::text;
use super::{Before, Kind, Reading, Step};

impl Reading {
    pub(super) fn children(&mut self, bytes: &[u8]) -> Option<Step> {
        let rest = bytes.get(self.at..)?;
        self.at += rest
            .iter()
            .position(|byte| matches!(byte, b'{' | b'}' | b'<' | b'>'))?;
        self.start = self.at;
        match bytes[self.at] {
            b'{' => {
                self.at += 1;
                self.open(Kind::Container);
            }
            b'<' => {
                let (next, _) = text::skip(bytes, self.at + 1)?;
                if bytes.get(next) == Some(&b'/') {
                    self.at = next + 1;
                    self.open(Kind::ClosingTag);
                } else {
                    self.at += 1;
                    self.open(Kind::Tag);
                }
            }
            _ => return None,
        }
        Some(Step::On)
    }

    pub(super) fn tag(&mut self, bytes: &[u8]) -> Option<Step> {
        (self.at, _) = text::skip(bytes, self.at)?;
        self.start = self.at;
        let is_attribute = std::mem::take(&mut self.is_attribute);
        let byte = *bytes.get(self.at)?;
        self.at += 1;
        match byte {
            b'"' | b'\'' => self.at = text::tag_string(bytes, self.at, byte)?,
            b'=' => self.is_attribute = true,
            b'{' => self.open(Kind::Container),
            b'<' if is_attribute => self.open(Kind::Tag),
            b'<' => self.open(Kind::TagTypes),
            b'/' if self.here().kind == Kind::Tag => {
                let (next, _) = text::skip(bytes, self.at)?;
                if bytes.get(next) != Some(&b'>') {
                    return None;
                }
                self.at = next + 1;
                self.close();
                self.before = Before::Value;
            }
            b'>' if self.here().kind == Kind::Tag => {
                if let Some(here) = self.frames.last_mut() {
                    here.kind = Kind::Children;
                }
            }
            b'>' => {
                // Both the tag and what it closes.
                self.close();
                self.close();
                self.before = Before::Value;
            }
            b'-' | b':' | b'.' => {}
            _ => {
                let end = text::word(bytes, self.at - 1);
                if end < self.at {
                    return None;
                }
                self.at = end;
            }
        }
        Some(Step::On)
    }
}
