use super::*;
use crate::telemetry::test_log::record;
use crate::users::Credentials;

fn vars(vars: &[(&str, &str)]) -> Result<Byod, Error> {
    let find = |name: &str| vars.iter().find(|(known, _)| *known == name);
    ByodBuilder::from_vars(|name| find(name).map(|(_, value)| (*value).to_owned()))?.build()
}

const OWN_URL: (&str, &str) = ("CONVEX_SELF_HOSTED_URL", "https://convex.example.org");
const URL: (&str, &str) = ("CONVEX_URL", "https://happy-animal-123.convex.cloud");
const KEY: (&str, &str) = ("CONVEX_DEPLOY_KEY", "prod:happy-animal-123|geheim");
const SECRET: (&str, &str) = ("BYOD_ENCRYPTION_KEY", "geheim");

#[test]
fn three_variables_are_enough() {
    let byod = vars(&[URL, KEY, SECRET]).unwrap();
    assert_eq!(byod.main_client().url(), URL.1);
    let next = ("NEXT_PUBLIC_CONVEX_URL", "https://next");
    let byod = vars(&[next, KEY, SECRET]).unwrap();
    assert_eq!(byod.main_client().url(), "https://next");
    assert!(!format!("{byod:?}").contains("geheim"));
    assert!(!format!("{:?}", Byod::builder().deploy_key("geheim")).contains("geheim"));
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let (no_url, bad_url) = (("CONVEX_URL", " "), ("CONVEX_URL", "prod:happy|geheim"));
    for (set, message) in [
        (
            &[KEY, SECRET][..],
            "CONVEX_URL (or NEXT_PUBLIC_CONVEX_URL, or CONVEX_SELF_HOSTED_URL) is not set",
        ),
        (
            &[no_url, KEY, SECRET],
            "CONVEX_URL (or NEXT_PUBLIC_CONVEX_URL, or CONVEX_SELF_HOSTED_URL) is not set",
        ),
        (
            &[
                ("CONVEX_URL", "https://happy-animal-123.convex.site"),
                KEY,
                SECRET,
            ],
            "CONVEX_URL: deployment URL is the one for HTTP actions; the deployment's own ends in `.convex.cloud`",
        ),
        (
            &[OWN_URL, KEY, SECRET],
            "CONVEX_SELF_HOSTED_ADMIN_KEY is not set; set it to",
        ),
        (
            &[bad_url, KEY, SECRET],
            "CONVEX_URL: deployment URL names no host",
        ),
        (&[URL, SECRET], "CONVEX_DEPLOY_KEY is not set; set it to"),
        (&[URL, KEY], "BYOD_ENCRYPTION_KEY is not set; set it to"),
    ] {
        let error = vars(set).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
        assert!(!error.contains("geheim"), "{error}");
    }
}

/// As Convex's own tool reads them; a key is for the URL that it is named with.
#[test]
fn a_main_that_one_hosts_is_named_as_convex_names_it() {
    let own_key = ("CONVEX_SELF_HOSTED_ADMIN_KEY", "own|geheim");
    let url = |set: &[_]| vars(set).unwrap().main_client().url().to_owned();
    assert_eq!(url(&[OWN_URL, own_key, SECRET]), OWN_URL.1);
    assert_eq!(url(&[URL, OWN_URL, own_key, KEY, SECRET]), URL.1);
    let error = vars(&[URL, own_key, SECRET]).unwrap_err().to_string();
    assert!(error.contains("CONVEX_DEPLOY_KEY is not set"), "{error}");
}

#[test]
fn the_environment_says_where_users_deployments_may_be() {
    let hosts = |list| vars(&[URL, KEY, SECRET, ("BYOD_ALLOWED_HOSTS", list)]);
    let checked = |list, url| hosts(list).unwrap().inner().addresses.check(url).is_ok();
    let two = "convex.example.org, *.hosted.example.org:3210,\n";
    assert!(checked(two, "https://convex.example.org"));
    assert!(checked(two, "https://a.hosted.example.org:3210"));
    assert!(checked(two, URL.1));
    assert!(!checked(two, "https://example.org"));
    assert!(checked("*", "https://example.org"));
    assert!(!checked("*", "https://127.0.0.1"));
    let error = hosts("convex.example.org, https://geheim").unwrap_err();
    let error = error.to_string();
    assert!(error.contains("BYOD_ALLOWED_HOSTS: an entry "), "{error}");
    assert!(!error.contains("geheim"), "{error}");
}

#[test]
fn a_line_break_after_a_value_is_none_of_it() {
    let digits = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let (key, secret) = (format!("{}\n", KEY.1), format!("\t{digits} \n"));
    let byod = vars(&[URL, (KEY.0, &key), (SECRET.0, &secret)]);
    let byod = byod.expect("a key with a line break can't be sent");
    assert_eq!(hex::encode(byod.inner().keys.current().bytes()), digits);
}

#[test]
fn what_was_copied_with_more_or_less_than_itself_is_refused() {
    let digits = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let refused = |name: &str, value: &str| {
        let mut all = vec![URL, KEY, SECRET];
        all.retain(|(other, _)| *other != name);
        all.push((name, value));
        let error = vars(&all).err().map(|error| error.to_string());
        let error = error.unwrap_or_else(|| panic!("{name}: {value} is taken"));
        assert!(error.contains(name), "{error}");
        assert!(
            !error.contains("geheim") && !error.contains(&digits[4..]),
            "{error}"
        );
    };
    for quote in ['"', '\'', '`'] {
        for (name, value) in [
            URL,
            KEY,
            (SECRET.0, digits),
            ("BYOD_FORMER_ENCRYPTION_KEYS", digits),
        ] {
            refused(name, &format!("{quote}{value}{quote}\n"));
        }
        let list = format!("one,{quote}geheim{quote}");
        refused("BYOD_FORMER_ENCRYPTION_KEYS", &list);
    }
    let mistyped = [
        format!("0x{digits}"),
        digits[1..].to_owned(),
        format!("{digits}0"),
    ];
    for key in &mistyped {
        refused(SECRET.0, key);
        refused("BYOD_FORMER_ENCRYPTION_KEYS", key);
        // Records may be sealed so: then it is said on purpose.
        let list = serde_json::json!([key, "\"quoted\""]).to_string();
        vars(&[URL, KEY, SECRET, ("BYOD_FORMER_ENCRYPTION_KEYS", &list)]).unwrap();
    }
}

#[test]
fn a_key_that_may_be_right_is_taken_and_a_doubt_is_logged() {
    let digits = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    for (key, doubt) in [
        (&digits[..32], "is hex digits, and not 64 of them"),
        ("correct horse \"battery\"", "begins or ends with a quote"),
        ("0xyz", "begins with `0x`"),
        (KEY.1, "looks like a deploy key"),
        ("correct horse battery staple", ""),
        (digits, ""),
    ] {
        for name in [SECRET.0, "BYOD_FORMER_ENCRYPTION_KEYS"] {
            let secret = if name == SECRET.0 { key } else { SECRET.1 };
            let all = [URL, KEY, (SECRET.0, secret), (name, key)];
            let log = record(|| drop(vars(&all).unwrap()));
            let warned: Vec<_> = log.iter().filter(|line| line.contains(name)).collect();
            match doubt {
                "" => assert!(warned.is_empty(), "{warned:?}"),
                doubt => assert!(warned[0].contains(doubt), "{key}: {warned:?}"),
            }
            let said = log.concat();
            assert!(
                !said.contains("geheim") && !said.contains(&digits[4..32]),
                "{said}"
            );
        }
    }
}

#[test]
fn former_keys_come_from_the_environment_too() {
    let former = |keys| vars(&[URL, KEY, SECRET, ("BYOD_FORMER_ENCRYPTION_KEYS", keys)]);
    let byod = former("one, geheim-too\n").unwrap();
    let sealed_with = |key: &str| {
        let credentials = Credentials {
            deployment_url: URL.1.into(),
            deploy_key: KEY.1.into(),
        };
        EncryptionKey::parse(key)
            .unwrap()
            .seal(&credentials)
            .unwrap()
    };
    for key in ["geheim", "one", "geheim-too"] {
        byod.inner()
            .keys
            .open(&"alice".into(), &sealed_with(key))
            .unwrap();
    }
    let none = former(" ").unwrap();
    assert!(
        none.inner()
            .keys
            .open(&"alice".into(), &sealed_with("one"))
            .is_err()
    );
    let error = former("one,,geheim").unwrap_err().to_string();
    let expected = "configuration: BYOD_FORMER_ENCRYPTION_KEYS: the encryption key is empty";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn debug_shows_no_key_in_the_place_of_the_url() {
    let builder = Byod::builder()
        .main_url("prod:happy|geheim")
        .deploy_key("geheim")
        .allow_host("prod:happy|geheim");
    assert!(!format!("{builder:?}").contains("geheim"));
    let builder = Byod::builder().main_url("https://happy-animal-123.convex.cloud");
    assert!(format!("{builder:?}").contains("happy-animal-123"));
}

#[test]
fn an_empty_key_is_a_missing_one() {
    let builder = Byod::builder().main_url("https://x").deploy_key(" ");
    let key = EncryptionKey::parse("x").unwrap();
    let error = builder.encryption_key(key).build().unwrap_err().to_string();
    assert!(error.contains("deploy_key is not set"), "{error}");
}

#[test]
fn the_builder_names_what_is_missing() {
    let error = Byod::builder().main_url("https://x").build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "configuration: deploy_key is not set; call `ByodBuilder::deploy_key` or `from_env`"
    );
}

#[test]
fn a_root_certificate_that_is_none_is_refused() {
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for pem in ["", "geheim", broken] {
        let builder = Byod::builder().main_url("https://x").deploy_key("k|x");
        let key = EncryptionKey::parse("x").unwrap();
        let result = builder.encryption_key(key).root_certificate(pem).build();
        let error = result.unwrap_err().to_string();
        assert!(error.contains("root_certificate: "), "{error}");
    }
}

#[test]
fn the_cache_may_hold_none_or_as_many_as_there_are() {
    for capacity in [0, 1, usize::MAX] {
        let builder = Byod::builder().main_url("https://x").deploy_key("k|x");
        let builder = builder.cache_capacity(capacity);
        let key = EncryptionKey::parse("x").unwrap();
        builder.encryption_key(key).build().unwrap();
    }
}
