//! Brings copies of main's documents to a deployment that was just connected.

use super::service::Byod;
use crate::copies::{Failed, Whose};

impl Byod {
    /// Brings them there, where functions are known that read them. If that fails, calls
    /// try it again.
    pub(super) async fn bring_copies(&self, whose: Whose<'_>) {
        if !self.inner().router.reads_copies() {
            return;
        }
        let deadline = whose.client.deadline();
        let brought = self.inner().copies.refresh(whose, deadline).await;
        if let Err(Failed::Main(error) | Failed::User(error)) = brought {
            tracing::warn!(
                user = ?whose.user, %error,
                "copies of main's documents could not be brought to the user's deployment: \
                 calls that read them try it again"
            );
        }
    }
}
