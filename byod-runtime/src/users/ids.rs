//! Who a user is: on main, and at the auth provider.

use std::fmt;
use std::sync::Arc;

use crate::error::Error;

macro_rules! shared_text {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<T: Into<Arc<str>>> From<T> for $name {
            fn from(text: T) -> Self {
                Self(text.into())
            }
        }

        impl From<&$name> for $name {
            fn from(text: &$name) -> Self {
                text.clone()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            /// At most its beginning: it may be of any length.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let end = self.0.char_indices().nth(SHOWN).map(|(end, _)| end);
                fmt::Debug::fmt(&self.0[..end.unwrap_or(self.0.len())], f)?;
                f.write_str(if end.is_some() { "…" } else { "" })
            }
        }

        impl $name {
            /// [`Error::Argument`] if it can be nobody's.
            pub(crate) fn check(&self) -> Result<(), Error> {
                if self.0.trim().is_empty() {
                    return Err(Error::argument(concat!(
                        "the ", $what, " is empty; calls of nobody in particular go through `Byod::main_client`"
                    )));
                }
                if self.0.len() > LONGEST {
                    return Err(Error::argument(format!(
                        concat!("the ", $what, " has {} bytes, more than {}; is it one?"),
                        self.0.len(),
                        LONGEST
                    )));
                }
                Ok(())
            }
        }
    };
}

/// How much of an id `Debug` shows, in characters.
const SHOWN: usize = 100;

/// Far more than any id of Convex or of an auth provider has, in bytes. Without a
/// limit, ids could fill the memory.
const LONGEST: usize = 1024;

shared_text! {
    /// A user's id in the main deployment. Cheap to clone.
    ///
    /// Ids are compared as they are: case, spaces and forms of Unicode count. One that
    /// is empty or longer than 1,024 bytes is an error of every call.
    ///
    /// It can't be taken for a [`Subject`], nor the reverse:
    ///
    /// ```
    /// # use byod_runtime::{Byod, Subject, UserId};
    /// # fn run(byod: &Byod, user_id: UserId, subject: Subject) {
    /// byod.session(user_id, subject);
    /// # }
    /// ```
    /// ```compile_fail
    /// # use byod_runtime::{Byod, Subject, UserId};
    /// # fn run(byod: &Byod, user_id: UserId, subject: Subject) {
    /// byod.session(subject, user_id);
    /// # }
    /// ```
    UserId, "user's id"
}

shared_text! {
    /// A user's subject at the auth provider: who the user is on their own
    /// deployment. Cheap to clone.
    ///
    /// Compared and limited as a [`UserId`] is.
    ///
    /// ```
    /// let subject = byod_runtime::Subject::from("auth|alice");
    /// assert_eq!(subject.as_str(), "auth|alice");
    /// ```
    Subject, "user's subject"
}
