//! How far roll-outs are, heard of main at once.

use std::time::Duration;

use byod_schema::Location;
use byod_sync::{Json, Subscription};
use futures_util::stream::{self, Stream};
use tokio::time::{sleep, timeout};

use super::history::{KeptRollout, MODULE, ROLLOUTS};
use super::service::Byod;
use crate::deployment::sockets::{Caller, News, Watch};
use crate::error::is_without;

/// `None` where main has no function that tells.
type Told = Option<Vec<KeptRollout>>;

struct Watching {
    byod: Byod,
    watch: Option<Watch>,
    /// Whether the socket has told something, and nothing went wrong since.
    is_sound: bool,
    given: Option<Told>,
}

impl Byod {
    /// How far roll-outs are, now and whenever that changes, as [`rollouts`](Self::rollouts) gives it. Where there is no
    /// socket to main, it is asked every two seconds ([`ByodBuilder::live_poll`](crate::ByodBuilder::live_poll)). It never
    /// ends.
    pub fn watch_rollouts(&self) -> impl Stream<Item = Option<Vec<KeptRollout>>> + Send + 'static {
        let caller = Caller {
            client: self.inner().store.main(),
            user: "",
            location: Location::Main,
            source: None,
        };
        let watching = Watching {
            byod: self.clone(),
            watch: subscription().and_then(|subscription| {
                let sockets = &self.inner().sockets;
                sockets.watch(&caller, vec![subscription])
            }),
            is_sound: false,
            given: None,
        };
        stream::unfold(watching, |mut watching| async move {
            let told = watching.next().await;
            Some((told, watching))
        })
    }
}

fn subscription() -> Option<Subscription> {
    Some(Subscription {
        path: ROLLOUTS.to_owned(),
        args: Json::parse("[{}]").ok()?,
        component_path: None,
        journal: None,
    })
}

impl Watching {
    async fn next(&mut self) -> Told {
        loop {
            let told = self.told().await;
            if let Some(told) = told
                && self.given.as_ref() != Some(&told)
            {
                self.given = Some(told.clone());
                return told;
            }
        }
    }

    /// What is heard or, in time, asked.
    async fn told(&mut self) -> Option<Told> {
        let pause = self.byod.inner().live.poll;
        let news = match &self.watch {
            Some(watch) => timeout(pause, watch.next()).await.ok(),
            None => {
                self.pause(pause).await;
                None
            }
        };
        match news {
            Some(News::Results(results)) => {
                let told = match &results.first()?.result {
                    Ok(rollouts) => rollouts.read().ok().map(Some),
                    Err(error) => is_without(&error.message, MODULE).then_some(None),
                };
                self.is_sound = told.is_some();
                return told;
            }
            Some(News::Refused(_) | News::NoSocket) => self.is_sound = false,
            None if self.is_sound => return None,
            None => {}
        }
        self.byod.rollouts().await.ok()
    }

    async fn pause(&self, pause: Duration) {
        if self.given.is_some() {
            sleep(pause).await;
        }
    }
}
