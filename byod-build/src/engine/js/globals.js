// The environment that module code expects while it loads. There is no network,
// no clock that waits and no environment variable; what a module only mentions
// is inert.

const timers = [];
let nextTimer = 1;

function addTimer(callback, delay, args, repeats) {
  const id = nextTimer++;
  if (!repeats) timers.push({ id, due: Number(delay) || 0, run: () => callback(...args) });
  return { __proto__: { ref() { return this; }, unref() { return this; }, hasRef: () => false }, [Symbol.toPrimitive]: () => id, id };
}

function removeTimer(timer) {
  const at = timers.findIndex((one) => one.id === Number(timer));
  if (at >= 0) timers.splice(at, 1);
}

// Runs the timer that is due first, without waiting for it.
function fireTimer() {
  if (timers.length === 0) return false;
  let first = 0;
  for (let i = 1; i < timers.length; i++) if (timers[i].due < timers[first].due) first = i;
  const [timer] = timers.splice(first, 1);
  timer.run();
  return true;
}

const quiet = () => {};
const noNetwork = async () => {
  throw new TypeError("fetch failed: there is no network while a project is read");
};

function utf8Encode(text) {
  const encoded = unescape(encodeURIComponent(String(text).toWellFormed()));
  return Uint8Array.from(encoded, (character) => character.charCodeAt(0));
}

function utf8Decode(input) {
  const bytes = input instanceof ArrayBuffer ? new Uint8Array(input) : new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  try {
    return decodeURIComponent(escape(text));
  } catch {
    return text;
  }
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function btoa(text) {
  let out = "";
  const at = (i) => String(text).charCodeAt(i) || 0;
  for (let i = 0; i < text.length; i += 3) {
    const word = (at(i) << 16) | (at(i + 1) << 8) | at(i + 2);
    out += BASE64[word >> 18] + BASE64[(word >> 12) & 63];
    out += (i + 1 < text.length ? BASE64[(word >> 6) & 63] : "=") + (i + 2 < text.length ? BASE64[word & 63] : "=");
  }
  return out;
}

function atob(text) {
  let bits = 0;
  let held = 0;
  let out = "";
  for (const digit of String(text).replace(/[=\s]/g, "")) {
    bits = ((bits << 6) | BASE64.indexOf(digit)) & 0xffffff;
    held += 6;
    if (held >= 8) out += String.fromCharCode((bits >> (held -= 8)) & 255);
  }
  return out;
}

function structuredCopy(value, seen = new Map()) {
  if (!isObject(value) || isInert(value)) return value;
  if (seen.has(value)) return seen.get(value);
  if (value instanceof Date) return new Date(value);
  if (value instanceof ArrayBuffer) return value.slice(0);
  const copy = Array.isArray(value) ? [] : value instanceof Map ? new Map() : value instanceof Set ? new Set() : {};
  seen.set(value, copy);
  if (copy instanceof Map) for (const [k, v] of value) copy.set(structuredCopy(k, seen), structuredCopy(v, seen));
  else if (copy instanceof Set) for (const v of value) copy.add(structuredCopy(v, seen));
  else for (const key of Object.keys(value)) copy[key] = structuredCopy(value[key], seen);
  return copy;
}

class SearchParams {
  #pairs = [];

  constructor(init = "") {
    if (typeof init === "string") {
      for (const pair of init.replace(/^\?/, "").split("&").filter(Boolean)) {
        const [name, value = ""] = pair.split("=");
        this.append(decodeURIComponent(name.replace(/\+/g, " ")), decodeURIComponent(value.replace(/\+/g, " ")));
      }
    } else {
      for (const [name, value] of init[Symbol.iterator] ? init : Object.entries(init)) this.append(name, value);
    }
  }

  append(name, value) {
    this.#pairs.push([String(name), String(value)]);
  }
  set(name, value) {
    this.delete(name);
    this.append(name, value);
  }
  get(name) {
    return this.#pairs.find(([one]) => one === name)?.[1] ?? null;
  }
  getAll(name) {
    return this.#pairs.filter(([one]) => one === name).map(([, value]) => value);
  }
  has(name, value) {
    return this.#pairs.some(([one, other]) => one === name && (value === undefined || other === value));
  }
  delete(name, value) {
    this.#pairs = this.#pairs.filter(([one, other]) => one !== name || (value !== undefined && other !== value));
  }
  sort() {
    this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  }
  get size() {
    return this.#pairs.length;
  }
  forEach(callback) {
    for (const [name, value] of this.#pairs) callback(value, name, this);
  }
  keys() {
    return this.#pairs.map(([name]) => name).values();
  }
  values() {
    return this.#pairs.map(([, value]) => value).values();
  }
  entries() {
    return this.#pairs.map((pair) => [...pair]).values();
  }
  [Symbol.iterator]() {
    return this.entries();
  }
  toString() {
    const encode = (text) => encodeURIComponent(text).replace(/%20/g, "+");
    return this.#pairs.map((pair) => pair.map(encode).join("=")).join("&");
  }
}

// Enough of a URL to be taken apart and put together at a module's top level.
class SimpleUrl {
  constructor(text, base) {
    let whole = String(text);
    if (!/^[a-z][a-z0-9+.-]*:/i.test(whole)) {
      if (base === undefined) throw new TypeError(`Invalid URL: ${whole}`);
      const parent = new SimpleUrl(base);
      const folder = parent.pathname.slice(0, parent.pathname.lastIndexOf("/") + 1);
      whole = parent.protocol + (parent.host || parent.protocol === "file:" ? "//" : "") + parent.host + (whole.startsWith("/") ? whole : folder + whole);
    }
    const parts = /^([a-z][a-z0-9+.-]*:)(?:\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?([^:/?#]*)(?::(\d+))?)?([^?#]*)(\?[^#]*)?(#.*)?$/i.exec(whole);
    if (!parts) throw new TypeError(`Invalid URL: ${whole}`);
    this.protocol = parts[1].toLowerCase();
    this.username = parts[2] ?? "";
    this.password = parts[3] ?? "";
    this.hostname = (parts[4] ?? "").toLowerCase();
    this.port = { "https:443": "", "http:80": "" }[this.protocol + parts[5]] ?? parts[5] ?? "";
    this.pathname = this.#normal(parts[6], /^[a-z][a-z0-9+.-]*:\/\//i.test(whole));
    this.search = parts[7] === "?" ? "" : (parts[7] ?? "");
    this.hash = parts[8] === "#" ? "" : (parts[8] ?? "");
    this.searchParams = new SearchParams(this.search);
  }

  #normal(path, isHierarchical) {
    if (!isHierarchical) return path;
    const kept = [];
    for (const part of path.split("/").slice(1)) {
      if (part === "..") kept.pop();
      else if (part !== ".") kept.push(part);
    }
    return `/${kept.join("/")}`;
  }

  get host() {
    return this.hostname + (this.port && `:${this.port}`);
  }
  get origin() {
    return this.protocol.startsWith("http") ? `${this.protocol}//${this.host}` : "null";
  }
  get href() {
    const user = this.username && `${this.username}${this.password && `:${this.password}`}@`;
    const slashes = this.host || this.pathname.startsWith("/") ? "//" : "";
    const query = this.searchParams.toString();
    return this.protocol + slashes + user + this.host + this.pathname + (query && `?${query}`) + this.hash;
  }
  toString() {
    return this.href;
  }
  toJSON() {
    return this.href;
  }
  static parse(text, base) {
    try {
      return new SimpleUrl(text, base);
    } catch {
      return null;
    }
  }
  static canParse(text, base) {
    return SimpleUrl.parse(text, base) !== null;
  }
}

class SimpleHeaders {
  #map = new Map();

  constructor(init = {}) {
    for (const [name, value] of init[Symbol.iterator] ? init : Object.entries(init)) this.set(name, value);
  }
  set(name, value) {
    this.#map.set(String(name).toLowerCase(), String(value));
  }
  append(name, value) {
    this.set(name, this.has(name) ? `${this.get(name)}, ${value}` : value);
  }
  get(name) {
    return this.#map.get(String(name).toLowerCase()) ?? null;
  }
  has(name) {
    return this.#map.has(String(name).toLowerCase());
  }
  delete(name) {
    this.#map.delete(String(name).toLowerCase());
  }
  forEach(callback) {
    for (const [name, value] of this.#map) callback(value, name, this);
  }
  keys() {
    return this.#map.keys();
  }
  values() {
    return this.#map.values();
  }
  entries() {
    return this.#map.entries();
  }
  getSetCookie() {
    return this.has("set-cookie") ? [this.get("set-cookie")] : [];
  }
  [Symbol.iterator]() {
    return this.entries();
  }
}

class SimpleEventTarget {
  addEventListener() {}
  removeEventListener() {}
  dispatchEvent() {
    return true;
  }
}

class SimpleAbortController {
  signal = Object.assign(new SimpleEventTarget(), { aborted: false, throwIfAborted() {} });
  abort(reason = new Error("This operation was aborted")) {
    Object.assign(this.signal, { aborted: true, reason });
  }
}

function uuid() {
  return "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx".replace(/x/g, () => ((Math.random() * 16) | 0).toString(16));
}

const simpleCrypto = {
  getRandomValues: (array) => array.map((_, i) => (array[i] = (Math.random() * 2 ** 32) | 0)) && array,
  randomUUID: uuid,
  subtle: inert("`crypto.subtle`", "", true),
};

// No variable is set; where a module can't load without, it is tried again as if
// all were. The text is one that checks of URLs, keys and lengths let pass.
const PLACEHOLDER = "https://unset.variable.invalid/";
const askedVariables = new Set();

// Whether a text was made with one.
const hasPlaceholder = (text) => host.placeholders && text.includes(PLACEHOLDER);
const variables = Object.assign(Object.create(null), { NODE_ENV: "production" });
const isUnset = (env, name) => typeof name === "string" && !(name in env);

const outlet = { isTTY: false, columns: 80, write: () => true, on: quiet, once: quiet, end: quiet };

const process = {
  env: new Proxy(variables, {
    get(env, name) {
      if (!isUnset(env, name)) return env[name];
      askedVariables.add(name);
      return host.placeholders ? PLACEHOLDER + name : undefined;
    },
    has: (env, name) => name in env || (host.placeholders && isUnset(env, name)),
  }),
  argv: [],
  execArgv: [],
  versions: {},
  platform: "linux",
  arch: "x64",
  version: "",
  title: "node",
  pid: 1,
  stdin: outlet,
  stdout: outlet,
  stderr: outlet,
  cwd: () => "/",
  uptime: () => 0,
  cpuUsage: () => ({ user: 0, system: 0 }),
  memoryUsage: () => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }),
  nextTick: (callback, ...args) => queueMicrotask(() => callback(...args)),
  hrtime: Object.assign(() => [0, 0], { bigint: () => 0n }),
  on: quiet,
  once: quiet,
  off: quiet,
  addListener: quiet,
  removeListener: quiet,
  removeAllListeners: quiet,
  listenerCount: () => 0,
  listeners: () => [],
  emitWarning: quiet,
  exit: quiet,
};

const INERT_GLOBALS = [
  "Request", "Response", "Blob", "File", "FormData", "ReadableStream", "WritableStream", "TransformStream",
  "CompressionStream", "DecompressionStream", "TextDecoderStream", "TextEncoderStream", "WebSocket",
  "MessageChannel", "BroadcastChannel", "WebAssembly", "URLPattern",
  "Buffer", "Convex", "CryptoKey", "CustomEvent", "Event", "DOMException",
];

const defined = {
  process,
  console: new Proxy({}, { get: () => quiet }),
  setTimeout: (callback, delay, ...args) => addTimer(callback, delay, args, false),
  setImmediate: (callback, ...args) => addTimer(callback, 0, args, false),
  setInterval: (callback, delay, ...args) => addTimer(callback, delay, args, true),
  clearTimeout: removeTimer,
  clearInterval: removeTimer,
  clearImmediate: removeTimer,
  fetch: noNetwork,
  crypto: simpleCrypto,
  performance: { now: () => 0, timeOrigin: 0, mark: quiet, measure: quiet, clearMarks: quiet, clearMeasures: quiet },
  TextEncoder: class TextEncoder {
    encoding = "utf-8";
    encode(text = "") {
      return utf8Encode(text);
    }
    encodeInto(text, target) {
      const bytes = utf8Encode(text).subarray(0, target.length);
      target.set(bytes);
      return { read: String(text).length, written: bytes.length };
    }
  },
  TextDecoder: class TextDecoder {
    encoding = "utf-8";
    decode(input = new ArrayBuffer(0)) {
      return utf8Decode(input);
    }
  },
  URL: SimpleUrl,
  URLSearchParams: SearchParams,
  Headers: SimpleHeaders,
  EventTarget: SimpleEventTarget,
  AbortController: SimpleAbortController,
  AbortSignal: Object.assign(class AbortSignal extends SimpleEventTarget {}, {
    timeout: () => new SimpleAbortController().signal,
    any: () => new SimpleAbortController().signal,
    abort: () => new SimpleAbortController().signal,
  }),
  structuredClone: (value) => structuredCopy(value),
  atob,
  btoa,
  self: globalThis,
  global: globalThis,
  navigator: { userAgent: "Convex" },
};

for (const [name, value] of Object.entries(defined)) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}
const meetsAmbient = () => isOwn(host.runningNow()) && host.meetsInert(true);
const inertIntl = inert("`Intl`", "", true);
Object.defineProperty(globalThis, "Intl", {
  value: new Proxy({}, {
    get(_, name) {
      if (name === "Collator") return Collator;
      meetsAmbient();
      return inertIntl[name];
    },
  }),
  writable: true,
  configurable: true,
});
for (const name of INERT_GLOBALS) {
  if (!(name in globalThis)) {
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get: () => {
        meetsAmbient();
        const value = inert(`\`${name}\``, "", true);
        Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
        return value;
      },
      set: (value) => Object.defineProperty(globalThis, name, { value, writable: true, configurable: true }),
    });
  }
}
