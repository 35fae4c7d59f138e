/// A required argument in a generated builder, once it has been given.
#[diagnostic::on_unimplemented(
    message = "the required argument `{Self}` is missing",
    label = "`{Self}` has not been given",
    note = "call the method of that name before `build`"
)]
pub trait Given<T> {
    /// The argument.
    fn given(self) -> T;
}

impl<T> Given<T> for T {
    fn given(self) -> T {
        self
    }
}
