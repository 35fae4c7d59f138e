// Written by `byod export --main`.

import type { Value } from "convex/values";
import { OWNER_FIELDS } from "./routes";
import { encryptionKeys, SealError } from "./sealed";

// Work that is scheduled, or run by an action, has no identity of its own: who it is
// done for comes as the argument `byodCaller`, with a seal that only main can make.
// So what a client sends can't pass for it, however an app hands arguments on.

/** Who calls. */
export interface Caller {
  /** The id on main. */
  user: string;
  /** The subject at the auth provider: who they are on their own deployment. */
  subject: string;
  /** Where their data was when the work was begun. */
  at: "main" | "user";
}

/** The argument's name. */
export const CALLER = "byodCaller";

/** What says who calls; nothing where main has no key, and so no connected user. */
export async function sealCaller(caller: Caller): Promise<string | undefined> {
  const [key] = await encryptionKeys();
  if (key === undefined) return undefined;
  const { user, subject, at } = caller;
  const text = JSON.stringify([at, user, subject]);
  const seal = await crypto.subtle.sign(
    "HMAC",
    await macKey(key),
    bytesOf(text),
  );
  const digits = [...new Uint8Array(seal)].map((byte) =>
    byte.toString(16).padStart(2, "0"),
  );
  return `${digits.join("")} ${text}`;
}

/** Whether it can be said who calls. */
export async function canTell(): Promise<boolean> {
  return (await encryptionKeys()).length > 0;
}

/** What a user's deployment gives an action of main's, and that it is for that user. */
export async function telling(
  { user, subject }: { user: string; subject: string },
  args: Record<string, any>,
): Promise<Record<string, any>> {
  const sealed = await sealCaller({ user, subject, at: "user" });
  return { ...renamed(args, subject, user), [CALLER]: sealed };
}

/** Who calls, if main has sealed it. */
export async function openCaller(sealed: unknown): Promise<Caller> {
  const found = /^([0-9a-f]{64}) (.*)$/s.exec(String(sealed));
  if (found !== null) {
    const seal = found[1]!.match(/../g)!.map((digits) => parseInt(digits, 16));
    for (const key of await encryptionKeys()) {
      const of = await macKey(key);
      const text = bytesOf(found[2]!);
      if (await crypto.subtle.verify("HMAC", of, new Uint8Array(seal), text)) {
        const [at, user, subject] = JSON.parse(found[2]!);
        return { user, subject, at };
      }
    }
  }
  throw new SealError(`\`${CALLER}\` was not made by this deployment`);
}

/** A key for this alone. */
async function macKey(key: Uint8Array): Promise<CryptoKey> {
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const import_ = async (raw: BufferSource) =>
    await crypto.subtle.importKey("raw", raw, hmac, false, ["sign", "verify"]);
  const of = await import_(key as BufferSource);
  const purpose = bytesOf("byod caller 1");
  return await import_(await crypto.subtle.sign("HMAC", of, purpose));
}

function bytesOf(text: string): BufferSource {
  return new TextEncoder().encode(text) as BufferSource;
}

/**
 * Who calls has an id on main, and on their own deployment their subject. Where fields
 * hold whose a document is, one stands for the other.
 */
export function renamed(value: any, from: string, to: string, field = ""): any {
  if (value === from)
    return field === "" || OWNER_FIELDS.has(field) ? to : value;
  if (Array.isArray(value))
    return value.map((one) => renamed(one, from, to, field));
  if (!isObject(value)) return value;
  const entries = Object.entries(value as Record<string, Value>);
  return Object.fromEntries(
    entries.map(([name, one]) => [name, renamed(one, from, to, name)]),
  );
}

function isObject(value: unknown): boolean {
  if (value === null || typeof value !== "object") return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
