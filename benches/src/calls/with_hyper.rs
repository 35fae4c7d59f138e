//! `hyper` by hand, with the pool of `hyper-util`: what is below `reqwest`, without
//! its redirects, time-outs and TLS. No call has a deadline here, which a service
//! could not do without: it shows what is left, not what could be used.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::load::{Contender, Failure};
use super::typed::{Call, parse};
use byod_bench::deployment::DEPLOY_KEY;

#[derive(Clone)]
pub(crate) struct Hyper {
    client: Client<HttpConnector, Full<Bytes>>,
    url: Uri,
    key: HeaderValue,
}

impl Hyper {
    pub(crate) fn new(url: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let mut connector = HttpConnector::new();
        // As `reqwest` does.
        connector.set_nodelay(true);
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            url: format!("{url}/api/query").parse()?,
            key: format!("Convex {DEPLOY_KEY}").parse()?,
        })
    }
}

impl Contender for Hyper {
    async fn call(&self, documents: usize) -> Result<usize, Failure> {
        let body = serde_json::to_vec(&Call::list(documents))?;
        let request = Request::post(self.url.clone())
            .header(AUTHORIZATION, &self.key)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::from(body))?;
        let response = self.client.request(request).await?;
        let body = response.into_body().collect().await?;
        Ok(parse(&body.to_bytes())?.len())
    }
}
