// Written by `byod export --main`.

// The service seals where a user's deployment is, and the key to it, with
// `BYOD_ENCRYPTION_KEY`. What is opened stays in the memory of one action.

declare const process: { env: Record<string, string | undefined> };

/** What a record has of it, in hex. */
export interface Sealed {
  encryptedDeploymentUrl: string;
  encryptedDeployKey: string;
  encryptionIV: string;
  authTags: string;
}

/** Who calls, and the record of their own deployment, as it is stored. */
export interface UserRecord {
  user: string;
  subject: string;
  record: Status | null;
}

interface Status extends Sealed {
  connectionStatus: string;
  connectionError?: string;
  /** Where the user's data is on its way: whether nothing may be written. */
  move?: { frozen: boolean };
}

/** Where a deployment is, and the key to it. Neither may be in an error or a log. */
export interface Credentials {
  url: string;
  key: string;
}

/** What is wrong, in words that hold no secret. */
export class SealError extends Error {}

/** The encryption key that the operator has set, and the former ones; perhaps none. */
export async function encryptionKeys(): Promise<Uint8Array[]> {
  const current = setting("BYOD_ENCRYPTION_KEY");
  if (current === undefined) return [];
  const former = setting("BYOD_FORMER_ENCRYPTION_KEYS");
  const texts = [written("BYOD_ENCRYPTION_KEY", current), ...listed(former)];
  return await Promise.all(texts.map(keyOf));
}

/** A variable without the space around it; nothing where it is empty. */
export function setting(name: string): string | undefined {
  const text = process.env[name]?.trim();
  return text === undefined || text === "" ? undefined : text;
}

function listed(text: string | undefined): string[] {
  const name = "BYOD_FORMER_ENCRYPTION_KEYS";
  if (text === undefined) return [];
  if (!text.startsWith("["))
    return text.split(",").map((key) => written(name, key.trim()));
  let keys: unknown;
  try {
    keys = JSON.parse(text);
  } catch {
    // The parser's own words would repeat what stands there.
  }
  const isText = (key: unknown) => typeof key === "string" && key !== "";
  if (!Array.isArray(keys) || !keys.every(isText))
    throw new SealError(`${name} is no JSON array of strings`);
  return keys;
}

/** What a person has set, unless it was meant otherwise than it would be read. */
function written(name: string, text: string): string {
  const digits = /^[0-9a-f]*$/i;
  if (text === "") throw new SealError(`${name} holds an empty key`);
  if (/^(["'`]).*\1$/s.test(text))
    throw new SealError(`${name} stands in quotes; set it without them`);
  if (/^0x[0-9a-f]{32,}$/i.test(text))
    throw new SealError(`${name} begins with 0x; set the hex digits alone`);
  if (
    digits.test(text) &&
    Math.abs(text.length - 64) <= 4 &&
    text.length !== 64
  )
    throw new SealError(`${name} has not 64 hex digits; copy it again`);
  return text;
}

/** 64 hex digits are the key; of any other text it is the SHA-256. */
async function keyOf(text: string): Promise<Uint8Array> {
  if (/^[0-9a-f]{64}$/i.test(text)) return unhex(text)!;
  const bytes = new TextEncoder().encode(text);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** A user's credentials, opened with whichever key fits. */
export async function open(user: string, sealed: Sealed): Promise<Credentials> {
  const keys = await encryptionKeys();
  if (keys.length === 0)
    throw new SealError(
      "BYOD_ENCRYPTION_KEY is not set on main: `npx convex env set BYOD_ENCRYPTION_KEY …`, the same as the service's",
    );
  const ivs = halves(sealed.encryptionIV, [12, 16]);
  const tags = halves(sealed.authTags, [16]);
  const texts = {
    encryptedDeploymentUrl: unhex(sealed.encryptedDeploymentUrl),
    encryptedDeployKey: unhex(sealed.encryptedDeployKey),
  };
  const mustBeBound = setting("BYOD_REQUIRE_BOUND_RECORDS") === "1";
  for (const key of keys) {
    for (const bound of mustBeBound ? [true] : [true, false]) {
      const part = async (field: keyof typeof texts, at: 0 | 1) => {
        const [text, iv, tag] = [texts[field], ivs?.[at], tags?.[at]];
        if (!text?.length || !iv || !tag)
          throw new SealError("the user's record is malformed");
        const data = bound ? `byod record 1, ${field} of ${user}` : "";
        return await decrypt(
          key,
          iv,
          text,
          tag,
          new TextEncoder().encode(data),
        );
      };
      const url = await part("encryptedDeploymentUrl", 0);
      if (url === undefined) continue;
      // As the URL did: else parts of two records were put together.
      const deployKey = await part("encryptedDeployKey", 1);
      if (deployKey === undefined) break;
      return { url: textOf(url), key: textOf(deployKey) };
    }
  }
  throw new SealError(
    "the user's record can't be decrypted: it was changed, or sealed with another encryption key than main has",
  );
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new SealError("the user's record is not text once decrypted");
  }
}

/** `"<url's>:<key's>"`, each of one of these lengths. */
function halves(text: string, lengths: number[]) {
  const parts = text.split(":").map(unhex);
  const fits = (part?: Uint8Array) => lengths.includes(part?.length ?? 0);
  return parts.length === 2 && parts.every(fits) ? parts : undefined;
}

function unhex(text: string): Uint8Array | undefined {
  if (!/^(?:[0-9a-f]{2})*$/i.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** AES-256-GCM; nothing where the tag doesn't fit. */
async function decrypt(
  key: Uint8Array,
  iv: Uint8Array,
  text: Uint8Array,
  tag: Uint8Array,
  data: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (iv.length !== 12) return await decryptLong(key, iv, text, tag, data);
  const raw = key as BufferSource;
  const of = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, [
    "decrypt",
  ]);
  const how: any = {
    name: "AES-GCM",
    iv,
    additionalData: data,
    tagLength: 128,
  };
  try {
    const sealed: any = joined(text, tag);
    return new Uint8Array(await crypto.subtle.decrypt(how, of, sealed));
  } catch (error) {
    if ((error as Error).name === "OperationError") return undefined;
    throw error;
  }
}

/**
 * The same with an IV of 16 bytes, as other services write it: Convex's runtime takes
 * 12 alone, so the counter mode is Web Crypto's, and the tag is computed here.
 */
async function decryptLong(
  key: Uint8Array,
  iv: Uint8Array,
  text: Uint8Array,
  tag: Uint8Array,
  data: Uint8Array,
): Promise<Uint8Array | undefined> {
  const raw = key as BufferSource;
  const of = await crypto.subtle.importKey("raw", raw, "AES-CTR", false, [
    "encrypt",
  ]);
  const stream = async (counter: Uint8Array, bytes: Uint8Array) => {
    const how: any = { name: "AES-CTR", counter, length: 32 };
    const made = await crypto.subtle.encrypt(how, of, bytes as BufferSource);
    return new Uint8Array(made);
  };
  const zero = new Uint8Array(16);
  const h = numberOf(await stream(zero, zero));
  const start = ghash(h, new Uint8Array(), iv);
  const counter = unhex(start.toString(16).padStart(32, "0"))!;
  // The first block hides the tag, those after it the text.
  const plain = await stream(counter, joined(zero, text));
  const mac = ghash(h, data, text) ^ numberOf(plain.subarray(0, 16));
  return mac === numberOf(tag) ? plain.slice(16) : undefined;
}

/** GHASH of NIST SP 800-38D, of both texts and their lengths. */
function ghash(h: bigint, data: Uint8Array, text: Uint8Array): bigint {
  let sum = 0n;
  for (const part of [data, text]) {
    for (let at = 0; at < part.length; at += 16) {
      const block = new Uint8Array(16);
      block.set(part.subarray(at, at + 16));
      sum = times(sum ^ numberOf(block), h);
    }
  }
  const bits = (of: Uint8Array) => BigInt(8 * of.length);
  return times(sum ^ ((bits(data) << 64n) | bits(text)), h);
}

/** The product in the field of GCM. */
function times(a: bigint, b: bigint): bigint {
  let product = 0n;
  for (let bit = 127n; bit >= 0n; bit--) {
    if ((a >> bit) & 1n) product ^= b;
    b = b & 1n ? (b >> 1n) ^ (0xe1n << 120n) : b >> 1n;
  }
  return product;
}

function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
