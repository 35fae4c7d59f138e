//! `reqwest` by hand: one client for all calls with the same TLS and HTTP features
//! as byod's, the URL and the header made once, a time-out as a service needs one,
//! and a typed parse of the whole body.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Url};

use super::load::{Contender, Failure};
use super::typed::{Call, parse};
use byod_bench::deployment::DEPLOY_KEY;

#[derive(Clone)]
pub(crate) struct Reqwest {
    client: Client,
    url: Url,
    key: HeaderValue,
}

impl Reqwest {
    pub(crate) fn new(url: &str) -> Result<Self, Box<dyn std::error::Error>> {
        // Which provider of cryptography, where rustls is built without one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self {
            client: Client::builder()
                .timeout(Duration::from_secs(30))
                .connect_timeout(Duration::from_secs(5))
                .build()?,
            url: format!("{url}/api/query").parse()?,
            key: format!("Convex {DEPLOY_KEY}").parse()?,
        })
    }
}

impl Contender for Reqwest {
    async fn call(&self, documents: usize) -> Result<usize, Failure> {
        let body = serde_json::to_vec(&Call::list(documents))?;
        let response = self
            .client
            .post(self.url.clone())
            .header(AUTHORIZATION, &self.key)
            .header(CONTENT_TYPE, "application/json")
            .body(body)
            .send()
            .await?
            .error_for_status()?;
        Ok(parse(&response.bytes().await?)?.len())
    }
}
