use std::sync::{Arc, Mutex};

use crate::support::{Reply, Server, Way};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use byod_runtime::{Byod, Client, DeployKey, EncryptionKey, Error, Value};
use serde_json::json;

const KEY: &str = "prod:happy-animal-123|geheim-geheim";

fn client(url: &str) -> Client {
    let byod = Byod::builder()
        .main_url(url)
        .deploy_key("local|secret")
        .encryption_key(EncryptionKey::parse("key").unwrap());
    let byod = Way::of(module_path!()).set(byod).build().unwrap();
    byod.main_client().clone()
}

/// What a deployment can echo, and in which forms.
fn echoes() -> Vec<(u16, String)> {
    let whole = format!("Convex {KEY}");
    let after = "geheim-geheim";
    // So that a limit on the length falls into the key.
    let late = format!("{}{KEY}", "x".repeat(270));
    let very_late = format!("{}{KEY}", "x".repeat(4076));
    let mut echoes = Vec::new();
    for echo in [&*whole, KEY, after, &*late, &*very_late] {
        let refusal = json!({"code": echo, "message": "no"}).to_string();
        echoes.push((403, refusal));
        echoes.push((503, json!({"code": "no", "message": echo}).to_string()));
        echoes.push((502, format!("<p>{echo}</p>")));
        for answer in [
            json!(echo),
            json!([echo]),
            json!({"status": echo}),
            json!({"status": "success", "value": echo}),
            json!({"status": "success", "value": {"n": echo}}),
            json!({"status": "error", "errorMessage": echo, "errorData": {echo: [echo]}}),
            json!({"status": "error", "errorMessage": [echo]}),
        ] {
            echoes.push((200, answer.to_string()));
        }
    }
    echoes
}

#[tokio::test]
async fn a_key_that_is_sent_back_reaches_no_error() {
    let key = DeployKey::from(KEY);
    for (status, body) in echoes() {
        let sent = body.clone();
        let server = Server::start(move |_| Reply::Status(status, sent.clone())).await;
        let client = client(&server.url).with_retries(0);
        for client in [
            client.with_deploy_key(&key),
            client.acting_as(&key, &json!({"subject": "alice"})),
        ] {
            let error = client.query::<f64>("a:b", &json!({})).await.unwrap_err();
            let data = error.function_data::<Value>();
            let text = format!("{error} {error:?} {data:?}");
            assert!(!text.contains("geheim"), "{body}\n{text}");
            let cut = format!("x{}", &KEY[..15]);
            assert!(!text.contains(&cut), "{body}\n{text}");
        }
    }
}
#[tokio::test]
async fn what_a_deployment_says_forges_no_line() {
    let forged = "no\nERROR forged";
    let server = Server::start(move |_| {
        let answer = json!({"status": "error", "errorMessage": forged});
        Reply::Status(200, answer.to_string())
    })
    .await;
    let client = client(&server.url);
    let error = client.query::<f64>("a:b", &json!({})).await.unwrap_err();
    assert!(error.to_string().ends_with(r"failed: no\nERROR forged"));
    let Error::Function { message, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(&**message, forged, "the caller has it as it was");
    let path = "a:b`\nERROR forged";
    let error = client.query::<f64>(path, &json!({})).await.unwrap_err();
    assert!(!error.to_string().contains('\n'), "{error}");
}

/// A form in which a secret can be sent back.
type Form = fn(&str) -> String;

const FORMS: [(&str, Form); 16] = [
    ("as it is", str::to_owned),
    ("in capitals", str::to_uppercase),
    ("in small letters", str::to_lowercase),
    ("percent-encoded", |secret| {
        let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        percent(secret, kept)
    }),
    ("percent-encoded but for URL's own", |secret| {
        let kept =
            |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~:/?#@!$&'()*+,;=".contains(&byte);
        percent(secret, kept).to_lowercase()
    }),
    ("percent-encoded as a whole", |secret| {
        percent(secret, |_| false)
    }),
    ("as JSON", |secret| json!(secret).to_string()),
    ("as JSON in JSON", |secret| {
        json!(json!(secret).to_string()).to_string()
    }),
    ("as JSON with escaped slashes", |secret| {
        secret.replace('/', "\\/")
    }),
    ("as JSON in ASCII", |secret| {
        let mut units = [0; 2];
        let escaped = secret
            .chars()
            .flat_map(|c| c.encode_utf16(&mut units).to_vec());
        escaped.map(|unit| format!("\\u{unit:04x}")).collect()
    }),
    ("as HTML", |secret| {
        let secret = secret.replace('&', "&amp;").replace('<', "&lt;");
        secret
            .replace('"', "&quot;")
            .replace('\'', "&#39;")
            .replace('/', "&#x2F;")
    }),
    ("as HTML's numbers", |secret| {
        secret
            .chars()
            .map(|c| format!("&#{};", u32::from(c)))
            .collect()
    }),
    ("in base64", |secret| STANDARD.encode(secret)),
    ("in base64 with what is before it", |secret| {
        STANDARD.encode(format!("Convex {secret}\n"))
    }),
    ("in base64 for URLs", |secret| {
        URL_SAFE_NO_PAD.encode(format!("?{secret}"))
    }),
    ("in hex", |secret| hex::encode(secret).to_uppercase()),
];

fn percent(secret: &str, kept: impl Fn(u8) -> bool) -> String {
    let encode = |byte: u8| match kept(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    secret.bytes().map(encode).collect()
}

/// Where an echo stands in an answer: a status and a body.
fn places(echo: &str) -> [(u16, String); 6] {
    let late = format!("{}{echo}", "x".repeat(fastrand::usize(280..300)));
    let code = format!("no {echo}");
    [
        (403, json!({"code": code, "message": late}).to_string()),
        (502, format!("<p>{echo}</p>")),
        (200, json!(echo).to_string()),
        (
            200,
            json!({"status": "success", "value": {"n": echo}}).to_string(),
        ),
        (
            200,
            json!({"status": "error", "errorMessage": late, "errorData": {"a": [code]}})
                .to_string(),
        ),
        (
            200,
            json!({"status": "error", "errorMessage": echo, "errorData": {echo: [echo]}})
                .to_string(),
        ),
    ]
}

/// A key as Convex makes them, and as nobody would.
fn key(random: &mut fastrand::Rng) -> String {
    const LETTERS: [&str; 3] = [
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=",
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "abcABC019 !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~äß鍵☃😀",
    ];
    let letters: Vec<char> = LETTERS[random.usize(0..3)].chars().collect();
    let length = random.usize(16..80);
    let secret: String = (0..length)
        .map(|_| letters[random.usize(0..letters.len())])
        .collect();
    // What a key begins and ends with isn't a space.
    format!(
        "prod:happy-animal-{}|{}x",
        random.u16(..),
        secret.trim_start()
    )
}

/// What of the secret may stand in a text at most: four characters in a row come by
/// chance or from the words around.
fn longest_piece(secret: &str, text: &str) -> Option<String> {
    let letters: Vec<char> = secret.chars().collect();
    let mut pieces = letters
        .windows(8)
        .map(|piece| piece.iter().collect::<String>());
    pieces.find(|piece| text.contains(piece.as_str()))
}

#[tokio::test]
async fn no_form_of_a_secret_reaches_an_error() {
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let reply = Arc::new(Mutex::new((200, String::new())));
    let said = reply.clone();
    let server = Server::start(move |_| {
        let (status, body) = said.lock().unwrap().clone();
        Reply::Status(status, body)
    })
    .await;
    let client = client(&server.url).with_retries(0);
    let mut searched = 0;
    for _ in 0..12 {
        let key = key(&mut random);
        let (name, second) = key.split_once('|').unwrap();
        // As it is copied, with what is around it.
        let copied = [format!("{key} "), format!("\t{key}\r\n"), key.clone()];
        let copied = &copied[random.usize(0..3)];
        let clients = [
            (client.with_deploy_key(&DeployKey::from(&**copied)), &*key),
            (client.with_deploy_key(&DeployKey::from(&**copied)), second),
            (client.with_token(&**copied), &*key),
        ];
        for (form, encode) in FORMS {
            for (client, secret) in &clients {
                let echo = encode(secret);
                // The search finds what it is for.
                assert!(longest_piece(&echo, &places(&echo)[1].1).is_some());
                for (status, body) in places(&echo) {
                    *reply.lock().unwrap() = (status, body.clone());
                    let error = client.query::<f64>("a:b", &json!({})).await.unwrap_err();
                    let data = error.function_data::<Value>();
                    let text = format!("{error} {error:?} {data:?}").replace(name, "");
                    searched += 1;
                    let place = format!("seed {seed}: {form}: {key}\nof {body}\nis in {text}");
                    for form in [&*echo, secret, &*encode(second)] {
                        assert_eq!(longest_piece(form, &text), None, "{place}");
                    }
                }
            }
        }
    }
    let way = Way::of(module_path!());
    println!("secrets' forms searched {searched}, found 0, over {way}");
}
