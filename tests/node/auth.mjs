// Who calls: nobody, a user with a token of one of the project's auth providers,
// or an admin with the deploy key, who may act as a user.

import { createPublicKey, verify } from "node:crypto";
import { Refused } from "./refused.mjs";

/**
 * @typedef {object} Caller
 * @property {boolean} admin
 * @property {object | null} identity what `ctx.auth.getUserIdentity()` gives
 */

/** Claims that `ctx.auth.getUserIdentity()` gives under another name. */
const NAMES = {
  sub: "subject",
  iss: "issuer",
  given_name: "givenName",
  family_name: "familyName",
  preferred_username: "preferredUsername",
  profile: "profileUrl",
  picture: "pictureUrl",
  email_verified: "emailVerified",
  birthdate: "birthday",
  zoneinfo: "timezone",
  locale: "language",
  phone_number: "phoneNumber",
  phone_number_verified: "phoneNumberVerified",
  updated_at: "updatedAt",
};

/** Claims about the token, not about the user. */
const OF_THE_TOKEN = ["aud", "exp", "iat", "nbf", "jti"];

/**
 * @param {string | undefined} header `Authorization`
 * @param {{ name: string, deployKey: string, providers: object[] }} deployment
 * @returns {Promise<Caller>}
 */
export async function authenticate(header, { name, deployKey, providers }) {
  if (header === undefined) return { admin: false, identity: null };
  const [, scheme, credentials] = /^(\S+) (.*)$/s.exec(header) ?? [];
  switch (scheme?.toLowerCase()) {
    case "bearer":
      return { admin: false, identity: await userOf(credentials, providers) };
    case "convex":
      return adminOf(credentials, name, deployKey);
    default:
      throw malformed();
  }
}

/** `<deploy key>`, or `<deploy key>:<base64 of the identity's JSON>`. */
function adminOf(credentials, name, deployKey) {
  const [key, acting] = withoutType(credentials).split(/:(.*)/s);
  if (key !== withoutType(deployKey)) throw badDeployKey(name);
  return { admin: true, identity: acting === undefined ? null : actingAs(acting) };
}

export function badDeployKey(name) {
  return new Refused(
    403,
    "BadDeployKey",
    `The provided deploy key was invalid for deployment '${name}'. Double check that the environment this key was generated for matches the desired deployment.`,
  );
}

/** The key without `prod:`, `dev:` …, which Convex ignores too. */
function withoutType(key) {
  return key.replace(/^[^|:]*:(?=[^|]*\|)/, "");
}

function actingAs(base64) {
  let identity;
  try {
    identity = JSON.parse(Buffer.from(base64, "base64").toString());
  } catch {
    throw malformed();
  }
  const { subject, issuer } = identity ?? {};
  if (typeof subject !== "string" || typeof issuer !== "string") throw malformed();
  return { tokenIdentifier: `${issuer}|${subject}`, ...identity };
}

function malformed() {
  return new Refused(400, "HeaderParseFailure", "Malformed Authorization header.");
}

async function userOf(token, providers) {
  const [head, body, signature] = token.split(".");
  let header, claims;
  try {
    [header, claims] = [head, body].map((part) =>
      JSON.parse(Buffer.from(part, "base64url").toString()),
    );
  } catch {
    throw new Refused(401, "InvalidAuthHeader", "Could not parse as a JWT: it must be three base64 parts separated by dots.");
  }
  const provider = providers.find((provider) => isFrom(provider, claims));
  if (provider === undefined) {
    const hint = providers.length === 0 ? " (no providers configured)" : "";
    throw new Refused(401, "NoAuthProvider", `No auth provider found matching the given token${hint}.`);
  }
  const now = Date.now() / 1000;
  const key = (await keysOf(provider)).find((key) => key.kid === header.kid);
  const valid =
    key !== undefined &&
    [header.alg, undefined].includes(provider.algorithm) &&
    claims.exp > now &&
    verify(
      "sha256",
      Buffer.from(`${head}.${body}`),
      { key: createPublicKey({ key, format: "jwk" }), dsaEncoding: "ieee-p1363" },
      Buffer.from(signature ?? "", "base64url"),
    );
  if (!valid) {
    throw new Refused(
      401,
      "Unauthenticated",
      "Could not verify OIDC token claim. Check that the token signature is valid and the token hasn't expired.",
    );
  }
  const identity = { tokenIdentifier: `${claims.iss}|${claims.sub}` };
  for (const [claim, value] of Object.entries(claims)) {
    if (!OF_THE_TOKEN.includes(claim)) identity[NAMES[claim] ?? claim] = value;
  }
  return identity;
}

function isFrom(provider, claims) {
  const audiences = [claims?.aud].flat();
  const { applicationID, issuer = provider.domain } = provider;
  return (
    issuer === claims?.iss &&
    (applicationID === undefined || audiences.includes(applicationID))
  );
}

/** The provider's public keys; of OpenID Connect by its discovery document. */
async function keysOf(provider) {
  const json = async (url) => (await fetch(url)).json();
  const url =
    provider.jwks ??
    (await json(`${provider.domain}/.well-known/openid-configuration`)).jwks_uri;
  return (await json(url)).keys;
}
