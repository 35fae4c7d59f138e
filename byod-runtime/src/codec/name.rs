use std::str;

/// A table's name as a type, so that the ids of different tables differ.
///
/// Two places that mean the table `users` mean the same type,
/// `Name<'u', 's', 'e', 'r', 's'>`, whether or not there is a struct for that
/// table. Table names have at most 64 characters, all ASCII: a rule of Convex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name<
    const C00: char = '\0',
    const C01: char = '\0',
    const C02: char = '\0',
    const C03: char = '\0',
    const C04: char = '\0',
    const C05: char = '\0',
    const C06: char = '\0',
    const C07: char = '\0',
    const C08: char = '\0',
    const C09: char = '\0',
    const C10: char = '\0',
    const C11: char = '\0',
    const C12: char = '\0',
    const C13: char = '\0',
    const C14: char = '\0',
    const C15: char = '\0',
    const C16: char = '\0',
    const C17: char = '\0',
    const C18: char = '\0',
    const C19: char = '\0',
    const C20: char = '\0',
    const C21: char = '\0',
    const C22: char = '\0',
    const C23: char = '\0',
    const C24: char = '\0',
    const C25: char = '\0',
    const C26: char = '\0',
    const C27: char = '\0',
    const C28: char = '\0',
    const C29: char = '\0',
    const C30: char = '\0',
    const C31: char = '\0',
    const C32: char = '\0',
    const C33: char = '\0',
    const C34: char = '\0',
    const C35: char = '\0',
    const C36: char = '\0',
    const C37: char = '\0',
    const C38: char = '\0',
    const C39: char = '\0',
    const C40: char = '\0',
    const C41: char = '\0',
    const C42: char = '\0',
    const C43: char = '\0',
    const C44: char = '\0',
    const C45: char = '\0',
    const C46: char = '\0',
    const C47: char = '\0',
    const C48: char = '\0',
    const C49: char = '\0',
    const C50: char = '\0',
    const C51: char = '\0',
    const C52: char = '\0',
    const C53: char = '\0',
    const C54: char = '\0',
    const C55: char = '\0',
    const C56: char = '\0',
    const C57: char = '\0',
    const C58: char = '\0',
    const C59: char = '\0',
    const C60: char = '\0',
    const C61: char = '\0',
    const C62: char = '\0',
    const C63: char = '\0',
>;

/// The text of a [`Name`].
pub trait TableName: 'static {
    /// The table's name, as Convex knows it.
    const NAME: &'static str;
}

impl<const C00: char, const C01: char, const C02: char, const C03: char, const C04: char, const C05: char, const C06: char, const C07: char, const C08: char, const C09: char, const C10: char, const C11: char, const C12: char, const C13: char, const C14: char, const C15: char, const C16: char, const C17: char, const C18: char, const C19: char, const C20: char, const C21: char, const C22: char, const C23: char, const C24: char, const C25: char, const C26: char, const C27: char, const C28: char, const C29: char, const C30: char, const C31: char, const C32: char, const C33: char, const C34: char, const C35: char, const C36: char, const C37: char, const C38: char, const C39: char, const C40: char, const C41: char, const C42: char, const C43: char, const C44: char, const C45: char, const C46: char, const C47: char, const C48: char, const C49: char, const C50: char, const C51: char, const C52: char, const C53: char, const C54: char, const C55: char, const C56: char, const C57: char, const C58: char, const C59: char, const C60: char, const C61: char, const C62: char, const C63: char>
    TableName for Name<C00, C01, C02, C03, C04, C05, C06, C07, C08, C09, C10, C11, C12, C13, C14, C15, C16, C17, C18, C19, C20, C21, C22, C23, C24, C25, C26, C27, C28, C29, C30, C31, C32, C33, C34, C35, C36, C37, C38, C39, C40, C41, C42, C43, C44, C45, C46, C47, C48, C49, C50, C51, C52, C53, C54, C55, C56, C57, C58, C59, C60, C61, C62, C63>
{
    const NAME: &'static str = text(&[C00 as u8, C01 as u8, C02 as u8, C03 as u8, C04 as u8, C05 as u8, C06 as u8, C07 as u8, C08 as u8, C09 as u8, C10 as u8, C11 as u8, C12 as u8, C13 as u8, C14 as u8, C15 as u8, C16 as u8, C17 as u8, C18 as u8, C19 as u8, C20 as u8, C21 as u8, C22 as u8, C23 as u8, C24 as u8, C25 as u8, C26 as u8, C27 as u8, C28 as u8, C29 as u8, C30 as u8, C31 as u8, C32 as u8, C33 as u8, C34 as u8, C35 as u8, C36 as u8, C37 as u8, C38 as u8, C39 as u8, C40 as u8, C41 as u8, C42 as u8, C43 as u8, C44 as u8, C45 as u8, C46 as u8, C47 as u8, C48 as u8, C49 as u8, C50 as u8, C51 as u8, C52 as u8, C53 as u8, C54 as u8, C55 as u8, C56 as u8, C57 as u8, C58 as u8, C59 as u8, C60 as u8, C61 as u8, C62 as u8, C63 as u8]);
}

/// The characters up to the first NUL.
const fn text(bytes: &'static [u8; 64]) -> &'static str {
    let mut length = 0;
    while length < bytes.len() && bytes[length] != 0 {
        length += 1;
    }
    match str::from_utf8(bytes.split_at(length).0) {
        Ok(text) => text,
        Err(_) => panic!("a table's name is ASCII"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_its_text() {
        assert_eq!(<Name<'u', 's', 'e', 'r', 's'> as TableName>::NAME, "users");
        assert_eq!(<Name as TableName>::NAME, "");
    }
}
