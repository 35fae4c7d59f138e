//! Users' credentials: the keys they are sealed with, the cipher, the record they
//! are stored in, the functions of main that hold the records, and sealing them
//! anew with another key.

mod cipher;
mod ids;
mod key;
mod keyring;
mod record;
mod reseal;
mod store;

pub use cipher::Credentials;
pub use ids::{Subject, UserId};
pub use key::EncryptionKey;
pub(crate) use key::is_quoted;
pub use keyring::{Keyring, Opened, OpenedBy};
pub use record::{ConnectionStatus, Moving, SealedCredentials, UserDatabaseConfig};
pub use reseal::{Records, Resealed};

pub(crate) use store::{Change, Store, Who, time_after, to_the_end};
