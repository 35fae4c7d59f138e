use hyper::Uri;
use tokio::task::futures::TaskLocalFuture;

tokio::task_local! {
    static DESTINATION: Destination;
}

/// Where the call goes that a connection is made for. Any other name that is asked
/// for meanwhile is that of a proxy, which only the operator can have named.
#[derive(Clone)]
pub(crate) struct Destination(Uri);

impl Destination {
    pub(crate) fn of(url: &Uri) -> Self {
        Self(url.clone())
    }

    /// That of the call in which this runs.
    pub(crate) fn of_the_call() -> Option<Self> {
        DESTINATION.try_with(Self::clone).ok()
    }

    /// Runs a call that goes there, or a part of it.
    pub(crate) fn scope<F: Future>(self, call: F) -> TaskLocalFuture<Self, F> {
        DESTINATION.scope(self, call)
    }

    pub(super) fn is(&self, name: &str) -> bool {
        let host = self.0.host();
        host.is_none_or(|host| host.eq_ignore_ascii_case(name))
    }
}
