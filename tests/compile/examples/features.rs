//! What isn't compiled in is asked for in words, when the settings are checked.

use byod_runtime::{Byod, EncryptionKey, Error};

fn main() -> Result<(), Error> {
    let byod = || {
        Ok::<_, Error>(
            Byod::builder()
                .main_url("https://happy-animal-123.convex.cloud")
                .deploy_key("prod:happy-animal-123|secret")
                .encryption_key(EncryptionKey::parse("correct horse battery staple")?),
        )
    };
    byod()?.proxy_from_env(false).build()?;
    let Err(Error::Config { message }) = byod()?.proxy_from_env(true).build() else {
        panic!("this program is compiled without the feature `reqwest`");
    };
    let asked = "proxy_from_env needs the feature `reqwest` of byod-runtime; write \
                 `byod-runtime = { …, features = [\"reqwest\"] }` in Cargo.toml";
    assert_eq!(&*message, asked);
    Ok(())
}
