// Written by `byod export --main`.

import {
  ConvexError,
  convexToJson,
  jsonToConvex,
  type Value,
} from "convex/values";
import { setting, type Credentials } from "./sealed";

// One call of a function on a user's deployment, which is in a stranger's hands: it may
// answer anything, or never. No redirect is followed, and no error holds the key.

export type Kind = "query" | "mutation" | "action";

/** How long a call may take with all its attempts, in seconds. */
const LIMITS = { query: 30, mutation: 30, action: 300 };

/** The largest answer that is read, in bytes. */
const LARGEST = 20 * 1024 * 1024;

/** How long a file may take to be read or put, in seconds. */
const FILE_LIMIT = 120;

/** How often what may be repeated is sent at most. */
const ATTEMPTS = 3;

/** How much of a message is passed on, in characters. */
const SHOWN = 500;

/** What can go wrong with a call, beside the function's own errors. */
export type Code =
  | "byod_address"
  | "byod_blocked"
  | "byod_credentials"
  | "byod_moved"
  | "byod_moving"
  | "byod_not_claimed"
  | "byod_not_served"
  | "byod_unreachable"
  | "byod_wrong_owner";

/** An error that the app can tell from others, also on its clients. */
export function failure(code: Code, message: string) {
  return new ConvexError({ code, message });
}

/** It didn't work; `mayRepeat` says whether trying again may help. */
class Unreachable extends Error {
  constructor(
    message: string,
    readonly mayRepeat: boolean,
    /** Whether the function certainly did not run. */
    readonly notRun = false,
  ) {
    super(message);
  }
}

export interface Call {
  kind: Kind;
  path: string;
  args: Record<string, Value | undefined>;
  /** Whether it may be sent again though it may have run. */
  isRepeatable: boolean;
}

/** Runs the function and gives its value. */
export async function run(where: Credentials, call: Call): Promise<unknown> {
  const { kind, path, args } = call;
  const body = JSON.stringify({
    path,
    args: [convexToJson(defined(args))],
    format: "convex_encoded_json",
  });
  // `BYOD_CALL_SECONDS` sets another limit for all.
  const limit = Number(setting("BYOD_CALL_SECONDS")) || LIMITS[kind];
  const end = Date.now() + 1000 * limit;
  for (let attempt = 1; ; attempt++) {
    try {
      return await send(where, kind, body, end - Date.now());
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      const pause = 200 * 2 ** attempt * Math.random();
      const again =
        error.mayRepeat &&
        (call.isRepeatable || error.notRun) &&
        attempt < ATTEMPTS &&
        Date.now() + pause < end;
      if (!again) {
        const host = new URL(where.url).host;
        const ran = error.notRun ? "did not run" : "may have run";
        throw failure(
          "byod_unreachable",
          `\`${path}\` on the user's deployment (${host}) gave no result and ${ran}: ${error.message}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

function defined(args: Record<string, Value | undefined>): Value {
  const all = Object.entries(args).filter(([, value]) => value !== undefined);
  return Object.fromEntries(all) as Value;
}

async function send(
  where: Credentials,
  kind: Kind,
  body: string,
  limit: number,
): Promise<unknown> {
  return await within(limit, (signal) => answer(where, kind, body, signal));
}

/** What is asked, unless it takes longer; in milliseconds. */
async function within<T>(
  limit: number,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const cancel = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        reject(new Unreachable("it took too long", true));
        cancel.abort();
      },
      Math.max(limit, 0),
    );
  });
  try {
    return await Promise.race([late, ask(cancel.signal)]);
  } finally {
    clearTimeout(timer);
  }
}

/** A file's bytes from a user's deployment, or what is said of one that is put there. */
export async function transferred(
  url: string,
  request: RequestInit,
  largest: number,
): Promise<{ status: number; type: string; bytes: Uint8Array }> {
  try {
    return await within(1000 * FILE_LIMIT, async (signal) => {
      const response = await asked(url, { ...request, signal });
      const type = response.headers.get("content-type") ?? "";
      const bytes = await read(response, largest);
      return { status: response.status, type, bytes };
    });
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    throw failure(
      "byod_unreachable",
      `a file on the user's deployment (${new URL(url).host}): ${error.message}`,
    );
  }
}

/** One request, which no redirect leads elsewhere. */
async function asked(url: string, request: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { ...request, redirect: "manual" });
  } catch {
    // What a system says of a connection may hold anything.
    throw new Unreachable("no connection, or it was cut off", true);
  }
  const { status } = response;
  // A status of 0 is how browsers show a redirect.
  if (response.redirected || status === 0 || (status >= 300 && status < 400))
    throw new Unreachable("it answers with a redirect", false);
  return response;
}

async function answer(
  where: Credentials,
  kind: Kind,
  body: string,
  signal: AbortSignal,
): Promise<unknown> {
  const response = await asked(`${where.url}/api/${kind}`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "Convex-Client": "npm-1.30.0",
      Authorization: `Convex ${where.key}`,
    },
    body,
    signal,
  });
  const { status } = response;
  const text = new TextDecoder().decode(await read(response, LARGEST));
  const told = parsed(text);
  if (status !== 200 && status !== 560) {
    const code = typeof told?.code === "string" ? told.code : "";
    const message = typeof told?.message === "string" ? told.message : "";
    const notRun =
      status === 429 ||
      [400, 401, 403, 404].includes(status) ||
      code === "RejectedBeforeExecution";
    throw new Unreachable(
      clean(`status ${status} ${code} ${message}`.trim(), where),
      status === 429 || status === 408 || status >= 500,
      notRun,
    );
  }
  if (told?.status === "success" && "value" in told) return valueOf(told.value);
  if (told?.status === "error") {
    const message = clean(String(told.errorMessage ?? ""), where);
    if (told.errorData === undefined) throw new Error(message);
    const data = cleaned(valueOf(told.errorData), where) as any;
    // A service takes its own word for it to say that nothing has run.
    if (data?.code === "byod_claim")
      throw failure(
        "byod_not_claimed",
        data.claim === "unclaimed"
          ? "the user's deployment belongs to nobody yet: connect it, which claims it"
          : "the user's deployment belongs to somebody else",
      );
    throw new ConvexError(data);
  }
  throw new Unreachable("its answer is not that of a Convex function", false);
}

function valueOf(json: unknown): Value {
  try {
    return jsonToConvex(json as any);
  } catch {
    throw new Unreachable("its answer holds what is no value of Convex", false);
  }
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const json = JSON.parse(text);
    return typeof json === "object" && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}

/** The body, as long as it isn't too large. */
async function read(response: Response, largest: number): Promise<Uint8Array> {
  const tooLarge = () =>
    new Unreachable(`its answer is larger than ${largest} bytes`, false);
  if (Number(response.headers.get("content-length") ?? 0) > largest)
    throw tooLarge();
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      size += value.length;
      if (size > largest) throw tooLarge();
    }
  } catch (error) {
    void reader.cancel().catch(() => {});
    if (error instanceof Unreachable) throw error;
    throw new Unreachable("its answer was cut off", true);
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A text of the deployment on one line, without the key that was sent to it. */
function clean(text: string, { key }: Credentials): string {
  const secret = key.slice(key.indexOf("|") + 1);
  let clean = text.slice(0, 64 * SHOWN);
  for (const part of [key, secret]) {
    const forms = [
      part,
      encodeURIComponent(part),
      encodeURI(part),
      JSON.stringify(part).slice(1, -1),
      ...base64Of(part),
      hexOf(part),
    ];
    for (const form of forms) {
      if (form.length > 3) clean = clean.split(form).join("[removed]");
    }
  }
  return oneLine(clean);
}

/** The beginning of a text, on one line. */
export function oneLine(text: string): string {
  const line = text
    .slice(0, 64 * SHOWN)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
}

/** How the text shows in base64, wherever in a longer text it begins. */
function base64Of(text: string): string[] {
  const bytes = [...new TextEncoder().encode(text)];
  return [0, 1, 2].map((before) => {
    const padded = [...Array<number>(before).fill(0), ...bytes];
    const encoded = btoa(String.fromCharCode(...padded));
    // Without what depends on the neighbours.
    const from = before === 0 ? 0 : before + 1;
    const to = Math.floor((padded.length * 4) / 3);
    return encoded.slice(from, to);
  });
}

function hexOf(text: string): string {
  const bytes = [...new TextEncoder().encode(text)];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** An error's data, the same way. */
function cleaned(value: Value, where: Credentials): unknown {
  if (typeof value === "string") return clean(value, where);
  if (Array.isArray(value)) return value.map((one) => cleaned(one, where));
  if (
    value === null ||
    typeof value !== "object" ||
    value instanceof ArrayBuffer
  )
    return value;
  const entries = Object.entries(value as Record<string, Value>);
  return Object.fromEntries(
    entries.map(([name, one]) => [clean(name, where), cleaned(one, where)]),
  );
}
