use std::fmt;

use super::text::{EXPLANATION, one_line};

/// What a user's deployment says of itself: bounded, and without the key that was sent.
///
/// ```
/// use byod_runtime::{ConnectionProblem, ConnectionTest};
///
/// /// Convex's code, for whoever looks into it.
/// fn code(test: &ConnectionTest) -> Option<&str> {
///     match test.problem.as_ref()? {
///         ConnectionProblem::WrongKey { said } | ConnectionProblem::Stopped { said } => said.code.as_deref(),
///         _ => None,
///     }
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Said {
    /// Convex's code, such as `BadDeployKey`.
    pub code: Option<Box<str>>,
    /// Its sentence; empty where there is only a code, or nothing.
    pub sentence: Box<str>,
}

impl Said {
    pub(super) fn new(code: Option<&str>, sentence: &str) -> Self {
        Self {
            code: code.map(|code| one_line(code, EXPLANATION).into()),
            sentence: one_line(sentence, EXPLANATION).into(),
        }
    }

    /// Of an answer that has a code, which is the deployment's own; what stands between
    /// says nothing of it.
    pub(super) fn by_code(code: Option<&str>, sentence: &str) -> Self {
        code.map_or_else(Self::default, |code| Self::new(Some(code), sentence))
    }
}

/// As the end of a sentence: nothing, or what it says after `: `.
impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [self.code.as_deref().unwrap_or_default(), &self.sentence];
        for part in parts.iter().filter(|part| !part.is_empty()) {
            write!(f, ": {part}")?;
        }
        Ok(())
    }
}
