use std::str;

/// The text of a [`Name`].
///
/// ```
/// use byod_runtime::{Name, TableName};
///
/// assert_eq!(<Name<'n', 'o', 't', 'e', 's'>>::NAME, "notes");
/// ```
pub trait TableName: 'static {
    /// The table's name, as Convex knows it.
    const NAME: &'static str;
}

macro_rules! name {
    ($($char:ident)*) => {
        /// A table's name as a type, so that the ids of different tables differ.
        ///
        /// Two places that mean the table `users` mean the same type,
        /// `Name<'u', 's', 'e', 'r', 's'>`, whether or not there is a struct for that
        /// table. Table names have at most 64 characters, all ASCII: a rule of Convex.
        ///
        /// ```
        /// use byod_runtime::{DocumentId, Name};
        ///
        /// /// Of a table for which there is no struct.
        /// type UserId = DocumentId<Name<'u', 's', 'e', 'r', 's'>>;
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct Name<$(const $char: char = '\0'),*>;

        impl<$(const $char: char),*> TableName for Name<$($char),*> {
            const NAME: &'static str = text(&[$($char as u8),*]);
        }
    };
}

name! {
    C00 C01 C02 C03 C04 C05 C06 C07 C08 C09 C10 C11 C12 C13 C14 C15
    C16 C17 C18 C19 C20 C21 C22 C23 C24 C25 C26 C27 C28 C29 C30 C31
    C32 C33 C34 C35 C36 C37 C38 C39 C40 C41 C42 C43 C44 C45 C46 C47
    C48 C49 C50 C51 C52 C53 C54 C55 C56 C57 C58 C59 C60 C61 C62 C63
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
