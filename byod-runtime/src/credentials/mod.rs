//! Users' credentials: the key they are sealed with, the cipher, the record they
//! are stored in, and the functions of main that hold the records.

mod cipher;
mod key;
mod record;
mod store;

pub use cipher::Credentials;
pub use key::EncryptionKey;
pub use record::{ConnectionStatus, SealedCredentials, UserDatabaseConfig};

pub(crate) use store::{Change, Store, to_the_end};
