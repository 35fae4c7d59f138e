//! The wrapper that byod generates, used as its README says: a `Byod` for the
//! process, a session per request with the user's token, the generated function.

use byod_examples::conversations::{self, ListArgs};
use byod_runtime::{Byod, EncryptionKey};

use super::load::{Contender, Failure};
use byod_bench::deployment::{DEPLOY_KEY, ENCRYPTION_KEY};

#[derive(Clone)]
pub(crate) struct Wrapper(pub(crate) Byod);

impl Wrapper {
    pub(crate) fn new(url: &str) -> Result<Self, byod_runtime::Error> {
        let byod = Byod::builder()
            .main_url(url)
            .development(true)
            .deploy_key(DEPLOY_KEY)
            .encryption_key(EncryptionKey::parse(ENCRYPTION_KEY)?)
            .concurrency(1024)
            .build()?;
        Ok(Self(byod))
    }
}

impl Contender for Wrapper {
    async fn call(&self, documents: usize) -> Result<usize, Failure> {
        let session = self.0.session("a user", "user_2abcdefghijklmnop");
        let session = session.with_token("the user's token");
        let args = ListArgs {
            archived: Some(false),
            limit: Some(documents as f64),
        };
        Ok(conversations::list(&session, args).await?.len())
    }
}
