//! Who calls: nobody, a user with a bearer token, or an admin with the deploy
//! key, who may act as a user.

use std::collections::HashMap;
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value as Json, json};
use tokio::sync::watch;

use crate::error::StartError;
use crate::random;

/// The issuer of an identity that names none.
const ISSUER: &str = "https://auth.local";

/// Who a user is, as `ctx.auth.getUserIdentity()` gives it.
///
/// ```
/// use byod_local::Identity;
///
/// let alice = Identity::new("auth|alice").with("email", "alice@example.org");
/// assert_eq!(alice.token_identifier(), "https://auth.local|auth|alice");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    subject: String,
    issuer: String,
    token_identifier: Option<String>,
    other: Map<String, Json>,
}

impl Identity {
    /// An identity of the auth provider `https://auth.local`.
    pub fn new(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            issuer: ISSUER.to_owned(),
            token_identifier: None,
            other: Map::new(),
        }
    }

    /// Sets the auth provider's URL.
    pub fn with_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = issuer.into();
        self
    }

    /// Sets the token identifier; without it, it is `<issuer>|<subject>`.
    pub fn with_token_identifier(mut self, token_identifier: impl Into<String>) -> Self {
        self.token_identifier = Some(token_identifier.into());
        self
    }

    /// Sets another field: `name`, `email`, `emailVerified`, …
    pub fn with(mut self, field: impl Into<String>, value: impl Into<Json>) -> Self {
        self.other.insert(field.into(), value.into());
        self
    }

    /// The user at the auth provider.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The auth provider.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Issuer and subject in one, unique over all providers.
    pub fn token_identifier(&self) -> String {
        match &self.token_identifier {
            Some(identifier) => identifier.clone(),
            None => format!("{}|{}", self.issuer, self.subject),
        }
    }

    /// Another field.
    pub fn get(&self, field: &str) -> Option<&Json> {
        self.other.get(field)
    }

    /// When the token is no longer valid, in seconds since 1970; `None` where it always is.
    pub(crate) fn expires(&self) -> Option<f64> {
        self.other.get("exp")?.as_f64()
    }

    /// Reads the attributes with which an admin acts as a user.
    fn from_attributes(json: &[u8]) -> Option<Self> {
        let mut other: Map<String, Json> = serde_json::from_slice(json).ok()?;
        let mut take = |name| match other.remove(name) {
            Some(Json::String(text)) => Some(text),
            _ => None,
        };
        Some(Self {
            subject: take("subject")?,
            issuer: take("issuer").unwrap_or_else(|| ISSUER.to_owned()),
            token_identifier: take("tokenIdentifier"),
            other,
        })
    }
}

impl From<&str> for Identity {
    fn from(subject: &str) -> Self {
        Self::new(subject)
    }
}

impl From<String> for Identity {
    fn from(subject: String) -> Self {
        Self::new(subject)
    }
}

/// How a caller was authenticated.
///
/// ```
/// use byod_local::{AuthKind, LocalDeployment};
///
/// /// Whether nothing was asked of it by the deploy key.
/// fn is_left_alone(main: &LocalDeployment) -> bool {
///     main.requests().iter().all(|request| request.auth != AuthKind::Admin)
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthKind {
    /// Not at all.
    #[default]
    None,
    /// With a bearer token.
    User,
    /// With the deploy key, also when acting as a user.
    Admin,
}

/// Who made a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller {
    pub(crate) admin: bool,
    pub(crate) identity: Option<Identity>,
}

impl Caller {
    pub(crate) fn admin() -> Self {
        Self {
            admin: true,
            identity: None,
        }
    }

    pub(crate) fn kind(&self) -> AuthKind {
        match (self.admin, &self.identity) {
            (true, _) => AuthKind::Admin,
            (false, Some(_)) => AuthKind::User,
            (false, None) => AuthKind::None,
        }
    }
}

/// The present time in seconds since 1970.
pub(crate) fn seconds() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}

/// Why an `Authorization` header was refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Refusal {
    Malformed,
    Token,
    DeployKey,
}

impl Refusal {
    /// Why, as the deployment of that name says it.
    pub(crate) fn message(self, deployment: &str) -> String {
        match self {
            Self::Malformed => "Malformed Authorization header.".to_owned(),
            Self::Token => "Could not verify OIDC token claim. Check that the token signature is valid and the token hasn't expired.".to_owned(),
            Self::DeployKey => format!(
                "The provided deploy key was invalid for deployment '{deployment}'. Double check that the environment this key was generated for matches the desired deployment."
            ),
        }
    }
}

/// The deploy key and the tokens that a deployment accepts.
pub(crate) struct Auth {
    deploy_key: String,
    tokens: HashMap<String, Identity>,
    /// That what was accepted may be accepted no longer.
    taken_away: watch::Sender<()>,
}

impl Auth {
    pub(crate) fn new(deploy_key: String) -> Self {
        Self {
            deploy_key,
            tokens: HashMap::new(),
            taken_away: watch::Sender::default(),
        }
    }

    /// A fresh key in Convex's form.
    pub(crate) fn generate_key(name: &str) -> Result<String, StartError> {
        Ok(format!("local:{name}|{}", random::secret()?))
    }

    pub(crate) fn deploy_key(&self) -> &str {
        &self.deploy_key
    }

    pub(crate) fn set_deploy_key(&mut self, deploy_key: String) {
        self.deploy_key = deploy_key;
        self.taken_away.send_replace(());
    }

    /// Issues a token, in the form of a JWT so that clients can look into it.
    pub(crate) fn issue(&mut self, identity: Identity, secret: &str) -> String {
        let mut claims = identity.other.clone();
        claims.insert("iss".into(), identity.issuer.clone().into());
        claims.insert("sub".into(), identity.subject.clone().into());
        let part = |json: Json| URL_SAFE_NO_PAD.encode(json.to_string());
        let token = format!(
            "{}.{}.{}",
            part(json!({"alg": "HS256", "typ": "JWT"})),
            part(Json::Object(claims)),
            URL_SAFE_NO_PAD.encode(secret)
        );
        self.tokens.insert(token.clone(), identity);
        token
    }

    pub(crate) fn revoke(&mut self, token: &str) {
        self.tokens.remove(token);
        self.taken_away.send_replace(());
    }

    /// Tells when what was accepted may be accepted no longer.
    pub(crate) fn taken_away(&self) -> watch::Receiver<()> {
        self.taken_away.subscribe()
    }

    /// Who the `Authorization` header names.
    pub(crate) fn authenticate(&self, header: Option<&str>) -> Result<Caller, Refusal> {
        let Some(header) = header else {
            return Ok(Caller::default());
        };
        let (scheme, credentials) = header.split_once(' ').ok_or(Refusal::Malformed)?;
        if scheme.eq_ignore_ascii_case("convex") {
            self.admin(credentials)
        } else if scheme.eq_ignore_ascii_case("bearer") {
            self.user(credentials)
        } else {
            Err(Refusal::Malformed)
        }
    }

    /// Whose token it is.
    pub(crate) fn user(&self, token: &str) -> Result<Caller, Refusal> {
        let identity = self.tokens.get(token).ok_or(Refusal::Token)?;
        if identity
            .expires()
            .is_some_and(|expires| expires <= seconds())
        {
            return Err(Refusal::Token);
        }
        Ok(Caller {
            admin: false,
            identity: Some(identity.clone()),
        })
    }

    /// The deploy key, with the identity's JSON where it is to act as a user.
    pub(crate) fn admin_as(&self, key: &str, attributes: Option<&str>) -> Result<Caller, Refusal> {
        if !self.accepts(key) {
            return Err(Refusal::DeployKey);
        }
        let identity = attributes
            .map(|json| Identity::from_attributes(json.as_bytes()).ok_or(Refusal::Malformed))
            .transpose()?;
        Ok(Caller {
            admin: true,
            identity,
        })
    }

    /// `<deploy key>` or `<deploy key>:<base64 of the identity's JSON>`.
    fn admin(&self, credentials: &str) -> Result<Caller, Refusal> {
        if self.accepts(credentials) {
            return Ok(Caller::admin());
        }
        let (key, attributes) = credentials.rsplit_once(':').ok_or(Refusal::DeployKey)?;
        if !self.accepts(key) {
            return Err(Refusal::DeployKey);
        }
        let attributes = STANDARD.decode(attributes).ok();
        let attributes = attributes.and_then(|bytes| String::from_utf8(bytes).ok());
        self.admin_as(key, Some(&attributes.ok_or(Refusal::Malformed)?))
    }

    fn accepts(&self, key: &str) -> bool {
        without_type(key) == without_type(&self.deploy_key)
    }
}

/// The key without `prod:`, `dev:` or `local:`, which Convex ignores too.
fn without_type(key: &str) -> &str {
    match (key.find(':'), key.find('|')) {
        (Some(colon), Some(bar)) if colon < bar => &key[colon + 1..],
        _ => key,
    }
}

/// Shows neither the key nor the tokens.
impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth")
            .field("tokens", &self.tokens.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auth() -> Auth {
        Auth::new("local:main|0123".into())
    }

    fn kind(auth: &Auth, header: &str) -> Result<AuthKind, Refusal> {
        auth.authenticate(Some(header)).map(|caller| caller.kind())
    }

    #[test]
    fn the_deploy_key_is_taken_with_any_type_prefix() {
        let auth = auth();
        for header in [
            "Convex local:main|0123",
            "convex prod:main|0123",
            "Convex main|0123",
        ] {
            assert_eq!(kind(&auth, header), Ok(AuthKind::Admin), "{header}");
        }
        for header in ["Convex local:main|0124", "Convex 0123", "Convex "] {
            assert_eq!(kind(&auth, header), Err(Refusal::DeployKey), "{header}");
        }
        assert_eq!(kind(&auth, "Basic abc"), Err(Refusal::Malformed));
        assert_eq!(kind(&auth, "nonsense"), Err(Refusal::Malformed));
    }

    #[test]
    fn an_admin_may_act_as_a_user() {
        let attributes =
            STANDARD.encode(r#"{"subject": "alice", "issuer": "https://a", "email": "a@b"}"#);
        let header = format!("Convex local:main|0123:{attributes}");
        let caller = auth().authenticate(Some(&header)).unwrap();
        let identity = caller.identity.unwrap();
        assert!(caller.admin);
        assert_eq!(identity.token_identifier(), "https://a|alice");
        assert_eq!(identity.get("email"), Some(&"a@b".into()));

        let header = "Convex local:main|0123:bm9uc2Vuc2U=";
        assert_eq!(kind(&auth(), header), Err(Refusal::Malformed));
    }

    #[test]
    fn a_token_stands_for_its_identity_until_it_is_revoked() {
        let mut auth = auth();
        let token = auth.issue(Identity::new("alice").with("email", "a@b"), "secret");
        let header = format!("Bearer {token}");
        let caller = auth.authenticate(Some(&header)).unwrap();
        assert_eq!(caller.identity.unwrap().subject(), "alice");

        let claims = URL_SAFE_NO_PAD
            .decode(token.split('.').nth(1).unwrap())
            .unwrap();
        let claims: Json = serde_json::from_slice(&claims).unwrap();
        assert_eq!(
            claims,
            json!({"iss": ISSUER, "sub": "alice", "email": "a@b"})
        );

        auth.revoke(&token);
        assert_eq!(kind(&auth, &header), Err(Refusal::Token));
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(format!("{:?}", auth()), "Auth { tokens: 0, .. }");
    }
}
