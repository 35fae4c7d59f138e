//! Finds out whose a token is.

use std::time::Instant;

use super::cache::Found;
use super::known_tokens::SignedIn;
use super::service::Byod;
use crate::deployment::Token;
use crate::error::Error;
use crate::users::{Subject, UserId, Who};

impl Byod {
    /// Whose a token is. Main is asked once by all who ask at the same time.
    pub(crate) async fn signed_in(&self, token: &Token) -> Result<(UserId, Subject), Error> {
        if token.is_empty() {
            return Err(Error::unauthenticated("the token is empty"));
        }
        let (digest, now) = (token.digest(), Instant::now());
        let SignedIn { user, subject, .. } = match self.inner().tokens.users().find(&digest, now) {
            Found::Known(known) => known,
            Found::ToRead(reading) => reading.value(|_| self.ask_main(token, now)).await?,
        };
        Ok((user, subject))
    }

    async fn ask_main(&self, token: &Token, now: Instant) -> Result<SignedIn, Error> {
        let who = self.inner().store.who_am_i(token).await?;
        let Some(Who { user_id, subject }) = who else {
            return Err(Error::Unauthenticated {
                reason: "main takes the token, and finds no user by it: who it is of has not signed up, or another subject or `tokenIdentifier` is stored of them".into(),
                is_stranger: true,
            });
        };
        let (user, subject) = (UserId::from(user_id), Subject::from(subject));
        user.check()?;
        subject.check()?;
        Ok(SignedIn::new(user, subject, token, now))
    }
}
