//! Several processes of a service, main's own `disconnect` and `rotate-key` at one
//! user's record: in chosen orders of their steps, and as they come over sockets.

mod claims;
mod finality;
mod gate;
mod one_process;
mod orders;
mod sockets;
mod world;

/// How many rounds are run: few by default, more where the environment asks.
fn rounds(default: usize) -> usize {
    let asked = std::env::var("BYOD_RACES").ok();
    asked.map_or(default, |rounds| rounds.parse().unwrap())
}
