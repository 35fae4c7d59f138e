// Stands in for `convex/values` where the package is not installed: everything
// of it that can run while a module loads.

const UNDEFINED_HELP =
  "This is often caused by circular imports. See https://docs.convex.dev/error#undefined-validator for details.";

function mustBeDefined(validator, place, field) {
  if (validator === undefined) {
    const which = field === undefined ? "" : ` for field "${field}"`;
    throw new Error(`A validator is undefined${which} in ${place}. ${UNDEFINED_HELP}`);
  }
}

const isValidator = (value) => value?.isConvexValidator === true;

// Prints a validator: much is printed, and much more slowly by way of objects.
const TEXT = Symbol.for("byod.validatorText");

// The text of a validator, which need not be one of those below.
const textOf = (validator, member) => validator[TEXT]?.() ?? foreignText(validator, member);

function foreignText(validator, member) {
  const text = JSON.stringify(validator.json);
  if (text === undefined) throw new Error(`A validator is undefined for field "${member}". ${UNDEFINED_HELP}`);
  return text;
}

const fieldText = (validator) =>
  '{"fieldType":' +
  textOf(validator, "fieldType") +
  (validator.isOptional === "optional" ? ',"optional":true}' : ',"optional":false}');

// Names of fields and tables come again and again.
const quotedTexts = Object.create(null);
const quoted = (text) => (quotedTexts[text] ??= JSON.stringify(text));

class Validator {
  constructor(kind, isOptional) {
    this.isConvexValidator = true;
    this.kind = kind;
    this.isOptional = isOptional;
  }

  get json() {
    return JSON.parse(this[TEXT]());
  }

  [TEXT]() {
    return '{"type":"' + this.kind + '"}';
  }

  optional() {
    const copy = Object.create(Object.getPrototypeOf(this));
    return Object.assign(copy, this, { isOptional: "optional" });
  }

  asOptional() {
    return this.optional();
  }
}

// A kind whose name in JSON is not its own.
class Renamed extends Validator {
  [TEXT]() {
    return this.kind === "float64" ? '{"type":"number"}' : '{"type":"bigint"}';
  }
}

class VId extends Validator {
  constructor(tableName) {
    super("id", "required");
    if (typeof tableName !== "string") throw new Error("v.id(tableName) requires a string");
    this.tableName = tableName;
  }

  [TEXT]() {
    return `{"type":"id","tableName":${quoted(this.tableName)}}`;
  }
}

class VLiteral extends Validator {
  constructor(value) {
    super("literal", "required");
    if (!["string", "boolean", "number", "bigint"].includes(typeof value)) {
      throw new Error("v.literal(value) must be a string, number, or boolean");
    }
    this.value = value;
  }

  [TEXT]() {
    const { value } = this;
    const text = typeof value === "string" ? quoted(value) : JSON.stringify(convexToJson(value));
    return `{"type":"literal","value":${text}}`;
  }
}

class VArray extends Validator {
  constructor(element) {
    super("array", "required");
    mustBeDefined(element, "v.array()");
    this.element = element;
  }

  [TEXT]() {
    return `{"type":"array","value":${textOf(this.element, "value")}}`;
  }
}

class VRecord extends Validator {
  constructor(key, value) {
    super("record", "required");
    mustBeDefined(key, "v.record()", "key");
    mustBeDefined(value, "v.record()", "value");
    if (key.isOptional === "optional") throw new Error("Record validator cannot have optional keys");
    if (value.isOptional === "optional") throw new Error("Record validator cannot have optional values");
    if (!key.isConvexValidator || !value.isConvexValidator) {
      throw new Error("Key and value of v.record() must be validators");
    }
    this.key = key;
    this.value = value;
  }

  [TEXT]() {
    return `{"type":"record","keys":${textOf(this.key, "keys")},"values":${fieldText(this.value)}}`;
  }
}

class VUnion extends Validator {
  constructor(members) {
    super("union", "required");
    for (const [index, member] of members.entries()) {
      mustBeDefined(member, "v.union()", `member at index ${index}`);
      if (!member.isConvexValidator) throw new Error("All members of v.union() must be validators");
    }
    this.members = members;
  }

  [TEXT]() {
    return '{"type":"union","value":[' + this.members.map(textOf).join() + "]}";
  }
}

class VObject extends Validator {
  constructor(fields, isOptional = "required") {
    super("object", isOptional);
    const names = Object.keys(fields);
    for (let i = 0; i < names.length; i++) {
      const validator = fields[names[i]];
      mustBeDefined(validator, "v.object()", names[i]);
      if (!validator.isConvexValidator) throw new Error("v.object() entries must be validators");
    }
    this.fields = fields;
  }

  [TEXT]() {
    const { fields } = this;
    const names = Object.keys(fields);
    let text = '{"type":"object","value":{';
    for (let i = 0; i < names.length; i++) {
      text += (i === 0 ? "" : ",") + quoted(names[i]) + ":" + fieldText(fields[names[i]]);
    }
    return text + "}}";
  }

  omit(...names) {
    const kept = Object.entries(this.fields).filter(([name]) => !names.includes(name));
    return new VObject(Object.fromEntries(kept), this.isOptional);
  }

  pick(...names) {
    return new VObject(Object.fromEntries(names.map((name) => [name, this.fields[name]])), this.isOptional);
  }

  partial() {
    const fields = Object.entries(this.fields).map(([name, validator]) => [name, validator.asOptional()]);
    return new VObject(Object.fromEntries(fields), this.isOptional);
  }

  extend(fields) {
    return new VObject({ ...this.fields, ...fields }, this.isOptional);
  }
}

const simple = (kind) => () => new Validator(kind, "required");
const renamed = (kind) => () => new Renamed(kind, "required");

export const v = {
  id: (tableName) => new VId(tableName),
  null: simple("null"),
  number: renamed("float64"),
  float64: renamed("float64"),
  bigint: renamed("int64"),
  int64: renamed("int64"),
  commitTs: simple("commitTs"),
  boolean: simple("boolean"),
  string: simple("string"),
  bytes: simple("bytes"),
  literal: (value) => new VLiteral(value),
  array: (element) => new VArray(element),
  object: (fields) => new VObject(fields),
  record: (key, value) => new VRecord(key, value),
  union: (...members) => new VUnion(members),
  any: simple("any"),
  optional: (validator) => validator.asOptional(),
  nullable: (validator) => v.union(validator, v.null()),
};

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
