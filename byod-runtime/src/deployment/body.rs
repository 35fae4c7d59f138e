//! The bodies of requests.

use serde::Serialize;
use serde::ser::SerializeSeq;

/// Enough for most calls to be written without growing, in bytes.
const CAPACITY: usize = 256;

#[derive(Serialize)]
struct Request<'a, A> {
    path: &'a str,
    args: &'a A,
    format: &'static str,
}

impl<'a, A> Request<'a, A> {
    fn new(path: &'a str, args: &'a A) -> Self {
        Self {
            path,
            args,
            format: "convex_encoded_json",
        }
    }
}

/// The body of a query, mutation or action.
pub(crate) fn call(path: &str, args: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut body = Vec::with_capacity(CAPACITY);
    serde_json::to_writer(&mut body, &Request::new(path, args))?;
    Ok(body)
}

/// The body of a call of the function that the URL names.
pub(crate) fn arguments(args: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    #[derive(Serialize)]
    struct Arguments<'a, A> {
        args: &'a A,
        format: &'static str,
    }

    let format = "convex_encoded_json";
    serde_json::to_vec(&Arguments { args, format })
}

/// The body of a query at a moment.
pub(crate) fn call_at(path: &str, args: &impl Serialize, ts: &str) -> serde_json::Result<Vec<u8>> {
    #[derive(Serialize)]
    struct At<'a, A> {
        #[serde(flatten)]
        request: Request<'a, A>,
        ts: &'a str,
    }

    let request = Request::new(path, args);
    serde_json::to_vec(&At { request, ts })
}

/// The body of a query batch.
pub(crate) fn batch(queries: &[(&str, impl Serialize)]) -> serde_json::Result<Vec<u8>> {
    struct Queries<'a, 'b, A>(&'a [(&'b str, A)]);

    impl<A: Serialize> Serialize for Queries<'_, '_, A> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut queries = serializer.serialize_seq(Some(self.0.len()))?;
            for (path, args) in self.0 {
                queries.serialize_element(&Request::new(path, args))?;
            }
            queries.end()
        }
    }

    #[derive(Serialize)]
    struct Batch<'a, 'b, A: Serialize> {
        queries: Queries<'a, 'b, A>,
    }

    let mut body = Vec::with_capacity(CAPACITY * queries.len());
    let queries = Queries(queries);
    serde_json::to_writer(&mut body, &Batch { queries })?;
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bodies_have_convexs_form() {
        let body = call("a/b:list", &json!({"n": 1})).unwrap();
        assert_eq!(
            String::from_utf8(body).unwrap(),
            r#"{"path":"a/b:list","args":{"n":1},"format":"convex_encoded_json"}"#
        );
        let body = batch(&[("a:x", json!({})), ("a:y", json!({}))]).unwrap();
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(&body).unwrap(),
            json!({"queries": [
                {"path": "a:x", "args": {}, "format": "convex_encoded_json"},
                {"path": "a:y", "args": {}, "format": "convex_encoded_json"},
            ]})
        );
    }
}
