// The auth provider of the tests: a key of its own, made on first use, which
// signs users' tokens. `node keys.mjs` prints what a deployment needs to know of
// it, for `npx convex env set AUTH_JWKS`.

import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const ISSUER = "https://auth.byod.test";
export const AUDIENCE = "convex";

const FILE = fileURLToPath(new URL(".key.pem", import.meta.url));
const KEY_ID = "byod-tests";

const privateKey = createPrivateKey(readKey());

function readKey() {
  try {
    return readFileSync(FILE);
  } catch {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = privateKey.export({ type: "pkcs8", format: "pem" });
    const draft = `${FILE}.${process.pid}`;
    writeFileSync(draft, pem, { mode: 0o600 });
    // Whoever is first wins, and everybody reads the same.
    try {
      linkSync(draft, FILE);
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    } finally {
      rmSync(draft);
    }
    return readFileSync(FILE);
  }
}

/** The public key, as a URL that needs no server. */
export function jwks() {
  const key = createPublicKey(privateKey).export({ format: "jwk" });
  const keys = [{ ...key, kid: KEY_ID, alg: "ES256", use: "sig" }];
  const json = Buffer.from(JSON.stringify({ keys })).toString("base64");
  return `data:text/plain;charset=utf-8;base64,${json}`;
}

/**
 * A token that is valid for an hour, unless the claims say otherwise.
 * @param {Record<string, unknown>} claims at least `sub`
 */
export function token(claims) {
  const now = Math.floor(Date.now() / 1000);
  const head = part({ alg: "ES256", typ: "JWT", kid: KEY_ID });
  const body = part({ iss: ISSUER, aud: AUDIENCE, iat: now, exp: now + 3600, ...claims });
  const signature = sign("sha256", Buffer.from(`${head}.${body}`), {
    key: privateKey,
    dsaEncoding: "ieee-p1363",
  });
  return `${head}.${body}.${signature.toString("base64url")}`;
}

function part(json) {
  return Buffer.from(JSON.stringify(json)).toString("base64url");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(jwks());
