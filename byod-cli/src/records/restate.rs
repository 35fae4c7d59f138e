//! `--engine restate=URL`: who has it done in the place of this process.

use std::str::FromStr;

use byod_fleet::Engine;

/// Restate at that URL. Boxed, for what is asked of the tool isn't to be large.
#[derive(Clone)]
pub(super) struct Restate(Box<Engine>);

impl Restate {
    pub(super) fn engine(&self) -> &Engine {
        &self.0
    }
}

impl FromStr for Restate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(url) = text.strip_prefix("restate=") else {
            return Err("write `restate=URL`, such as restate=http://127.0.0.1:8080".to_owned());
        };
        let engine = Engine::at(url);
        engine
            .map(|engine| Self(Box::new(engine)))
            .map_err(|error| error.to_string())
    }
}
