/// What becomes of pushes, for the tests of whoever pushes.
///
/// What the network does to them is for a proxy to try.
///
/// ```
/// use byod_local::{LocalDeployment, PushFault};
///
/// fn refuse_one_push(alices: &LocalDeployment) {
///     alices.fail_pushes(PushFault::MissesEnvironmentVariable("SECRET".to_owned()), 1);
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushFault {
    /// The project needs an environment variable of that name, which isn't set:
    /// `start_push` is refused.
    MissesEnvironmentVariable(String),
    /// Somebody else begins a push, too: `wait_for_schema` says that this one lost.
    IsOvertaken,
    /// Environment variables change meanwhile: `finish_push` is refused.
    EnvironmentChanges,
    /// `finish_push` fails with HTTP status 500, and changes nothing.
    FailsToFinish,
}

/// A fault, and for how many pushes.
#[derive(Debug, Default)]
pub(super) struct Faults(Option<(PushFault, usize)>);

impl Faults {
    pub(super) fn set(&mut self, fault: PushFault, times: usize) {
        self.0 = (times > 0).then_some((fault, times));
    }

    /// That of a push that begins now.
    pub(super) fn next(&mut self) -> Option<PushFault> {
        let (fault, times) = self.0.take()?;
        self.set(fault.clone(), times - 1);
        Some(fault)
    }
}
