//! What came of users' deployments, written into their records.

use super::super::service::Byod;
use super::super::testing::{After, Finding, Settled};
use super::outcome::{DeployProblem, Deployed};
use crate::error::{ConnectionProblem, EXPLANATION, Error, one_line};
use crate::users::{ConnectionStatus, UserDatabaseConfig, UserId, time_after, to_the_end};

/// What came of a user's deployment, before that is in their record.
///
/// ```
/// use byod_runtime::{Byod, Deployed, Error, Pushed};
///
/// /// Writes down what came of one; what that is.
/// async fn noted(byod: &Byod, pushed: Pushed) -> Result<Option<Deployed>, Error> {
///     let mut noted = byod.note_deployed(vec![pushed]).await?;
///     Ok(noted.pop())
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "`Byod::note_deployed` writes it into the user's record"]
pub struct Pushed {
    outcome: Deployed,
    /// `None` where the record says it already, or it is nothing to be written.
    note: Option<Note>,
}

/// What is to be written into the record of a user whose deployment was examined.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) seen: UserDatabaseConfig,
    /// The version that it runs, or why it can't be used.
    pub(super) found: Result<u64, ConnectionProblem>,
    pub(super) after: After,
}

impl From<Deployed> for Pushed {
    /// Nothing is to be written.
    fn from(outcome: Deployed) -> Self {
        Self {
            outcome,
            note: None,
        }
    }
}

impl Pushed {
    pub(super) fn to_be_noted(outcome: Deployed, note: Note) -> Self {
        let note = Some(note);
        Self { outcome, note }
    }

    /// It fails where the deployment doesn't run that version.
    pub(super) fn expect_version(&mut self, wanted: u64) {
        if let Some(Note {
            found: Ok(found), ..
        }) = &self.note
            && *found != wanted
        {
            let found = *found;
            self.outcome = Deployed::Failed(DeployProblem::OtherVersion { found });
        }
    }

    /// What came of it, so far: [`Deployed::Changed`] where it turns out that the record is another one by now.
    pub fn so_far(&self) -> &Deployed {
        &self.outcome
    }

    /// Whether main is to be told: nothing is to be written of who failed, say.
    pub fn is_to_be_noted(&self) -> bool {
        self.note.is_some()
    }

    /// What came of it, with what became of the record.
    fn settled(self, settled: Result<Settled, Error>) -> Result<Deployed, Error> {
        let settled = match settled {
            Err(Error::RecordChanged { .. }) => return Ok(Deployed::Changed),
            Err(Error::Function { message, .. }) => {
                let reason = one_line(&message, EXPLANATION).into();
                return Ok(Deployed::Failed(DeployProblem::NotNoted { reason }));
            }
            settled => settled?,
        };
        let is_noted = settled.is_written && settled.status == ConnectionStatus::Connected;
        Ok(match self.outcome {
            // Another deployment was connected meanwhile, say, which hasn't got it.
            Deployed::Pushed | Deployed::Current if !is_noted => Deployed::Changed,
            outcome => outcome,
        })
    }
}

impl Byod {
    /// Writes into the users' records what came of their deployments, in one request for all of them, and says what came of
    /// each, in their order. A record that was changed meanwhile stays as it is, unless what was found is still so.
    ///
    /// Where main's `byod export --main` is of before there was a function for several, or it refuses what is to be written
    /// of somebody, main is told of each by themselves. Errors are those of main; then some may not be noted, which
    /// deploying to them again makes good.
    pub async fn note_deployed(&self, pushed: Vec<Pushed>) -> Result<Vec<Deployed>, Error> {
        let notes: Vec<Note> = pushed.iter().filter_map(|one| one.note.clone()).collect();
        let written = match notes.len() {
            0 | 1 => None,
            _ => to_the_end(self.clone().write_notes(notes)).await?,
        };
        let mut written = written.unwrap_or_default().into_iter();
        let mut outcomes = Vec::with_capacity(pushed.len());
        for one in pushed {
            let is_written = one.note.is_some() && written.next().unwrap_or(false);
            outcomes.push(match (&one.note, is_written) {
                (Some(note), true) => {
                    let user = UserId::from(&*note.seen.user_id);
                    let settled = self.settled(&user, &note.found).await;
                    one.settled(Ok(settled))?
                }
                // Nothing was, or somebody else came first.
                _ => self.note_one(one).await?,
            });
        }
        Ok(outcomes)
    }

    /// In one request; `None` where main is to be told of each by themselves. Main compares each record with what was seen, so
    /// nobody of this process has to be waited for.
    async fn write_notes(self, notes: Vec<Note>) -> Result<Option<Vec<bool>>, Error> {
        let byod = self.inner();
        let findings = notes.iter().map(|note| {
            let at = time_after(Some(&note.seen));
            (Finding::of(&note.found, note.after), at)
        });
        let findings: Vec<(Finding, u64)> = findings.collect();
        let user = |note: &Note| UserId::from(&*note.seen.user_id);
        for (note, (_, at)) in notes.iter().zip(&findings) {
            byod.listening.writing(&user(note), *at as f64);
        }
        let changes = notes.iter().zip(&findings);
        let changes = changes.map(|(note, (finding, at))| (&note.seen, finding.change(), *at));
        let written = byod.store.update_all(changes).await;
        for (number, note) in notes.iter().enumerate() {
            match &written {
                Ok(Some(written)) if written.get(number) == Some(&true) => {}
                // Whose what main told of it meanwhile is isn't known, nor, where that failed, whether it was written.
                _ => {
                    byod.listening.not_written(&user(note));
                    self.clear_user_client(user(note));
                }
            }
        }
        written
    }

    /// The same of one user.
    pub(super) async fn note_one(&self, pushed: Pushed) -> Result<Deployed, Error> {
        let Some(Note { seen, found, after }) = pushed.note.clone() else {
            return Ok(pushed.outcome);
        };
        let user = UserId::from(seen.user_id.as_str());
        let settled = self.clone().settle(user, seen, found, after);
        pushed.settled(to_the_end(settled).await)
    }
}
