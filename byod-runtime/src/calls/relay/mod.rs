//! What a gateway needs that speaks Convex's sync protocol with clients of its own: each of their queries, mutations and actions
//! is answered by main or by the user's own deployment, and watched where it is.
//!
//! A service that watches queries for itself has [`Query::watch`](crate::Query::watch).
//!
//! | | |
//! | --- | --- |
//! | [`Route`] | where a user's functions run, and that it may have changed |
//! | [`MainLine`] | main, over a socket of one client's own: what the client says goes there as it came |
//! | [`OwnLive`] | the client's queries on the user's deployment, over the socket that all of that user's clients in this process share |
//! | [`mutate_own`], [`act_own`] | mutations and actions on the user's deployment |
//! | [`WritingMain`] | that copies of main's documents are out of date after a function on main |

mod line;
mod own_calls;
mod route;

pub use super::live::{OwnLive, OwnMoments, OwnQuery, OwnResult, OwnResults};
pub use line::{MainLine, MainResult, MainWatch, WeakMainLine};
pub use own_calls::{WritingMain, act_own, check_own, mutate_own};
pub use route::{Route, runs_at};
