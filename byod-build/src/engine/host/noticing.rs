/// Whose operators notice what is unknown: the more is not there, the more must.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Noticing {
    /// Everything is there that was looked at.
    #[default]
    Nobody,
    /// What is of the environment is not there, of which packages may ask what they like.
    OwnModules,
    /// A package is not there, so those that are must not decide by its values either.
    Packages,
}
