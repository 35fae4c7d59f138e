// Stands in for `convex/values` where the package is not installed: everything
// of it that can run while a module loads.

const UNDEFINED_HELP =
  "This is often caused by circular imports. See https://docs.convex.dev/error#undefined-validator for details.";

function undefinedIn(place, field) {
  const which = field === undefined ? "" : ` for field "${field}"`;
  return new Error(`A validator is undefined${which} in ${place}. ${UNDEFINED_HELP}`);
}

const isValidator = (value) => value?.isConvexValidator === true;

// Much is printed, and much more slowly by way of objects. These make the text of a
// validator at once; `undefined` where it has become another than it was made.
const TEXT = Symbol("text");

// Names of fields and tables come again and again.
const quotedTexts = new Map();

function quoted(text) {
  let result = quotedTexts.get(text);
  if (result === undefined) quotedTexts.set(text, (result = JSON.stringify(text)));
  return result;
}

let textOf;

class BaseValidator {
  // What it was made by. Only what is still of that class, and no copy or proxy of
  // it, has a text; all else is asked for its `json`.
  #maker;

  static {
    textOf = (validator) => {
      if (typeof validator !== "object" || validator === null || !(#maker in validator)) return undefined;
      const isAsMade = Object.getPrototypeOf(validator) === validator.#maker.prototype && !Object.hasOwn(validator, "json");
      return isAsMade ? validator[TEXT]() : undefined;
    };
  }

  constructor(isOptional, maker) {
    this.#maker = maker;
    this.type = undefined;
    this.fieldPaths = undefined;
    this.isOptional = isOptional;
    this.isConvexValidator = true;
  }

  asOptional() {
    return this.optional();
  }
}

// A kind without anything inside; `type` where its name in JSON is not its own.
function simpleKind(name, kind, type) {
  const text = JSON.stringify({ type: type ?? kind });
  const made = {
    [name]: class extends BaseValidator {
      constructor({ isOptional }) {
        super(isOptional, made[name]);
        this.kind = kind;
      }

      get json() {
        return { type: type ?? this.kind };
      }

      [TEXT]() {
        return type !== undefined || this.kind === kind ? text : undefined;
      }

      optional() {
        return new made[name]({ isOptional: "optional" });
      }
    },
  };
  return made[name];
}

const VNull = simpleKind("VNull", "null");
const VFloat64 = simpleKind("VFloat64", "float64", "number");
const VInt64 = simpleKind("VInt64", "int64", "bigint");
const VCommitTs = simpleKind("VCommitTs", "commitTs");
const VBoolean = simpleKind("VBoolean", "boolean");
const VString = simpleKind("VString", "string");
const VBytes = simpleKind("VBytes", "bytes");
const VAny = simpleKind("VAny", "any");

class VId extends BaseValidator {
  constructor({ isOptional, tableName }) {
    super(isOptional, VId);
    if (typeof tableName !== "string") throw new Error("v.id(tableName) requires a string");
    this.tableName = tableName;
    this.kind = "id";
  }

  get json() {
    return { type: "id", tableName: this.tableName };
  }

  [TEXT]() {
    const { tableName } = this;
    return typeof tableName === "string" ? '{"type":"id","tableName":' + quoted(tableName) + "}" : undefined;
  }

  optional() {
    return new VId({ isOptional: "optional", tableName: this.tableName });
  }
}

class VLiteral extends BaseValidator {
  constructor({ isOptional, value }) {
    super(isOptional, VLiteral);
    if (!["string", "boolean", "number", "bigint"].includes(typeof value)) {
      throw new Error("v.literal(value) must be a string, number, or boolean");
    }
    this.value = value;
    this.kind = "literal";
  }

  get json() {
    return { type: this.kind, value: convexToJson(this.value) };
  }

  [TEXT]() {
    const { value } = this;
    if (this.kind !== "literal") return undefined;
    const text = typeof value === "string" ? quoted(value) : JSON.stringify(convexToJson(value));
    return '{"type":"literal","value":' + text + "}";
  }

  optional() {
    return new VLiteral({ isOptional: "optional", value: this.value });
  }
}

class VArray extends BaseValidator {
  constructor({ isOptional, element }) {
    super(isOptional, VArray);
    if (element === undefined) throw undefinedIn("v.array()");
    this.element = element;
    this.kind = "array";
  }

  get json() {
    return { type: this.kind, value: this.element.json };
  }

  [TEXT]() {
    const element = this.kind === "array" ? textOf(this.element) : undefined;
    return element && '{"type":"array","value":' + element + "}";
  }

  optional() {
    return new VArray({ isOptional: "optional", element: this.element });
  }
}

class VRecord extends BaseValidator {
  constructor({ isOptional, key, value }) {
    super(isOptional, VRecord);
    if (key === undefined) throw undefinedIn("v.record()", "key");
    if (value === undefined) throw undefinedIn("v.record()", "value");
    if (key.isOptional === "optional") throw new Error("Record validator cannot have optional keys");
    if (value.isOptional === "optional") throw new Error("Record validator cannot have optional values");
    if (!key.isConvexValidator || !value.isConvexValidator) {
      throw new Error("Key and value of v.record() must be validators");
    }
    this.key = key;
    this.value = value;
    this.kind = "record";
  }

  get json() {
    return { type: this.kind, keys: this.key.json, values: { fieldType: this.value.json, optional: false } };
  }

  [TEXT]() {
    const keys = this.kind === "record" ? textOf(this.key) : undefined;
    const values = keys && textOf(this.value);
    return values && `{"type":"record","keys":${keys},"values":{"fieldType":${values},"optional":false}}`;
  }

  optional() {
    return new VRecord({ isOptional: "optional", key: this.key, value: this.value });
  }
}

class VUnion extends BaseValidator {
  constructor({ isOptional, members }) {
    super(isOptional, VUnion);
    members.forEach((member, index) => {
      if (member === undefined) throw undefinedIn("v.union()", `member at index ${index}`);
      if (!member.isConvexValidator) throw new Error("All members of v.union() must be validators");
    });
    this.members = members;
    this.kind = "union";
  }

  get json() {
    return { type: this.kind, value: this.members.map((member) => member.json) };
  }

  [TEXT]() {
    if (this.kind !== "union" || !Array.isArray(this.members)) return undefined;
    const members = this.members.map(textOf);
    return members.includes(undefined) ? undefined : '{"type":"union","value":[' + members.join() + "]}";
  }

  optional() {
    return new VUnion({ isOptional: "optional", members: this.members });
  }
}

class VObject extends BaseValidator {
  constructor({ isOptional, fields }) {
    super(isOptional, VObject);
    const names = Object.keys(fields);
    for (let i = 0; i < names.length; i++) {
      const validator = fields[names[i]];
      if (validator === undefined) throw undefinedIn("v.object()", names[i]);
      if (!validator.isConvexValidator) throw new Error("v.object() entries must be validators");
    }
    this.fields = fields;
    this.kind = "object";
  }

  get json() {
    const value = Object.entries(this.fields).map(([name, validator]) => [
      name,
      { fieldType: validator.json, optional: validator.isOptional === "optional" },
    ]);
    return { type: this.kind, value: Object.fromEntries(value) };
  }

  [TEXT]() {
    if (this.kind !== "object") return undefined;
    const { fields } = this;
    const names = Object.keys(fields);
    let text = '{"type":"object","value":{';
    for (let i = 0; i < names.length; i++) {
      const validator = fields[names[i]];
      const type = textOf(validator);
      if (type === undefined) return undefined;
      const isOptional = validator.isOptional === "optional";
      text += (i === 0 ? "" : ",") + quoted(names[i]) + ':{"fieldType":' + type;
      text += isOptional ? ',"optional":true}' : ',"optional":false}';
    }
    return text + "}}";
  }

  optional() {
    return new VObject({ isOptional: "optional", fields: this.fields });
  }

  omit(...names) {
    const fields = { ...this.fields };
    for (const name of names) delete fields[name];
    return withFields(this, fields);
  }

  pick(...names) {
    const fields = {};
    for (const name of names) fields[name] = this.fields[name];
    return withFields(this, fields);
  }

  partial() {
    const fields = {};
    for (const [name, validator] of Object.entries(this.fields)) fields[name] = validator.asOptional();
    return withFields(this, fields);
  }

  extend(fields) {
    return withFields(this, { ...this.fields, ...fields });
  }
}

const withFields = ({ isOptional }, fields) => new VObject({ isOptional, fields });

const required = { isOptional: "required" };

export const v = {
  id: (tableName) => new VId({ isOptional: "required", tableName }),
  null: () => new VNull(required),
  number: () => new VFloat64(required),
  float64: () => new VFloat64(required),
  bigint: () => new VInt64(required),
  int64: () => new VInt64(required),
  commitTs: () => new VCommitTs(required),
  boolean: () => new VBoolean(required),
  string: () => new VString(required),
  bytes: () => new VBytes(required),
  literal: (value) => new VLiteral({ isOptional: "required", value }),
  array: (element) => new VArray({ isOptional: "required", element }),
  object: (fields) => new VObject({ isOptional: "required", fields }),
  record: (key, value) => new VRecord({ isOptional: "required", key, value }),
  union: (...members) => new VUnion({ isOptional: "required", members }),
  any: () => new VAny(required),
  optional: (validator) => validator.asOptional(),
  nullable: (validator) => v.union(validator, v.null()),
};

// For `convex/server`; not a name that the package would not have.
Object.defineProperty(v, Symbol.for("byod.validatorText"), { value: textOf });

export function asObjectValidator(fields) {
  return isValidator(fields) ? fields : v.object(fields);
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function byteLength(text) {
  return Math.floor((text.replace(/=+$/, "").length * 3) / 4);
}

function toByteArray(text) {
  if (text.length % 4 > 0) throw new Error("Invalid string. Length must be a multiple of 4");
  const digits = text.replace(/=+$/, "").replace(/-/g, "+").replace(/_/g, "/");
  const bytes = new Uint8Array(byteLength(text));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const digit of digits) {
    bits = (bits << 6) | ALPHABET.indexOf(digit);
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[at++] = (bits >> held) & 255;
    }
  }
  return bytes;
}

function fromByteArray(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const word = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const left = bytes.length - i;
    text += ALPHABET[word >> 18] + ALPHABET[(word >> 12) & 63];
    text += left > 1 ? ALPHABET[(word >> 6) & 63] : "=";
    text += left > 2 ? ALPHABET[word & 63] : "=";
  }
  return text;
}

export const Base64 = {
  byteLength,
  toByteArray,
  fromByteArray,
  fromByteArrayUrlSafeNoPadding: (bytes) =>
    fromByteArray(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, ""),
};

export class CommitTsPlaceholder {}

function eightBytes(write) {
  const view = new DataView(new ArrayBuffer(8));
  write(view);
  return fromByteArray(new Uint8Array(view.buffer));
}

function viewOf(text, member) {
  const bytes = toByteArray(text);
  if (bytes.length !== 8) throw new Error(`Received ${bytes.length} bytes, expected 8 for ${member}`);
  return new DataView(bytes.buffer);
}

function isPlain(value) {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function checkFieldName(name) {
  if (name.startsWith("$")) throw new Error(`Field name ${name} starts with a '$', which is reserved.`);
  if (!/^[ -~]*$/.test(name)) {
    throw new Error(`Field name ${name} is invalid: Field names can only contain non-control ASCII characters`);
  }
}

export function convexToJson(value) {
  switch (typeof value) {
    case "boolean":
    case "string":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $float: eightBytes((view) => view.setFloat64(0, value, true)) };
    case "bigint":
      if (BigInt.asIntN(64, value) !== value) {
        throw new Error(`BigInt ${value} does not fit into a 64-bit signed integer.`);
      }
      return { $integer: eightBytes((view) => view.setBigInt64(0, value, true)) };
    case "undefined":
      throw new Error("undefined is not a valid Convex value.");
  }
  if (value === null) return null;
  if (value instanceof ArrayBuffer) return { $bytes: fromByteArray(new Uint8Array(value)) };
  if (value instanceof CommitTsPlaceholder) return { $commitTs: null };
  if (Array.isArray(value)) return value.map(convexToJson);
  if (typeof value !== "object" || !isPlain(value)) {
    throw new Error(`${value?.constructor?.name ?? typeof value} is not a supported Convex type.`);
  }
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    entries.map(([name, member]) => {
      checkFieldName(name);
      return [name, convexToJson(member)];
    }),
  );
}

export function jsonToConvex(json) {
  if (json === null || typeof json !== "object") return json;
  if (Array.isArray(json)) return json.map(jsonToConvex);
  const entries = Object.entries(json);
  if (entries.length === 1) {
    const [[member, text]] = entries;
    if (member === "$bytes") return toByteArray(text).buffer;
    if (member === "$integer") return viewOf(text, member).getBigInt64(0, true);
    if (member === "$float") return viewOf(text, member).getFloat64(0, true);
    if (member === "$commitTs") return new CommitTsPlaceholder();
  }
  return Object.fromEntries(
    entries.map(([name, member]) => {
      checkFieldName(name);
      return [name, jsonToConvex(member)];
    }),
  );
}

export class ConvexError extends Error {
  name = "ConvexError";
  [Symbol.for("ConvexError")] = true;

  constructor(data) {
    super(typeof data === "string" ? data : JSON.stringify(data));
    this.data = data;
  }
}

// Convex orders values by type first, in this order.
const TYPE_ORDER = ["undefined", "null", "bigint", "number", "boolean", "string", "bytes", "array", "object"];

function typeOf(value) {
  if (value === null) return "null";
  if (value instanceof ArrayBuffer) return "bytes";
  return Array.isArray(value) ? "array" : typeof value;
}

function compareLists(a, b, compare) {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compare(a[i], b[i]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareNumbers(a, b) {
  // The total order of IEEE 754: its bits, negative numbers reversed.
  const key = (value) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    const bits = view.getBigInt64(0);
    return bits < 0n ? -(bits & 0x7fffffffffffffffn) - 1n : bits;
  };
  return compareScalars(key(a), key(b));
}

const compareScalars = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const codePoints = (text) => Array.from(text, (character) => character.codePointAt(0));

export function compareValues(a, b) {
  const type = typeOf(a);
  if (type !== typeOf(b)) {
    return compareScalars(TYPE_ORDER.indexOf(type), TYPE_ORDER.indexOf(typeOf(b)));
  }
  switch (type) {
    case "number":
      return compareNumbers(a, b);
    case "string":
      return compareLists(codePoints(a), codePoints(b), compareScalars);
    case "bytes":
      return compareLists(new Uint8Array(a), new Uint8Array(b), compareScalars);
    case "array":
      return compareLists(a, b, compareValues);
    case "object": {
      const sorted = (value) => Object.entries(value).sort(([m], [n]) => compareScalars(m, n));
      return compareLists(sorted(a), sorted(b), compareValues);
    }
    default:
      return a === undefined || a === null ? 0 : compareScalars(a, b);
  }
}

const utf8Length = (text) =>
  codePoints(text).reduce((sum, c) => sum + (c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4), 0);

export function getConvexSize(value) {
  switch (typeOf(value)) {
    case "undefined":
      return 0;
    case "null":
    case "boolean":
      return 1;
    case "bigint":
    case "number":
      return 9;
    case "string":
      return 2 + utf8Length(value);
    case "bytes":
      return 2 + value.byteLength;
    case "array":
      return value.reduce((sum, member) => sum + getConvexSize(member), 2);
    default:
      return Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .reduce((sum, [name, member]) => sum + utf8Length(name) + 1 + getConvexSize(member), 2);
  }
}

export function getDocumentSize(document, options) {
  const idSize = options?.customIdLength ? options.customIdLength + 6 : 38;
  const added = (document._id === undefined ? idSize : 0) + (document._creationTime === undefined ? 23 : 0);
  return getConvexSize(document) + added;
}
