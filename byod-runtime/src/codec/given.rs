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

/// What stands for the required arguments of a function, which can't be left out.
#[derive(Debug)]
pub struct RequiredArguments;

/// Arguments of which some are required have a default only where those can be left out,
/// which they never can: so the compiler says what to write instead.
#[diagnostic::on_unimplemented(
    message = "`{T}` has no default, for some of its arguments are required",
    label = "`..Default::default()` would leave required arguments out",
    note = "write all of its fields or, where some can be left out, call `{T}::builder()`, which asks for the others alone"
)]
pub trait LeftOut<'a, T> {
    /// Without them.
    fn left_out() -> T;
}
