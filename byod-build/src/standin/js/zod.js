// Stands in for `zod`: schemas that know what they are made of, so that the
// stand-in for `convex-helpers/server/zod` can make validators of them. They
// check nothing; what they would parse is inert.

const { absent, known } = import.meta;

// What a schema of ours is made of, by the schema.
const DEFINITION = Symbol.for("byod.zod");
const definitionOf = (schema) => schema?.[DEFINITION];

// Checks and texts, which make no other type.
const SAME = new Set(
  (
    "min max length nonempty size gt gte lt lte positive negative nonnegative nonpositive multipleOf step int finite safe " +
    "email url uuid guid cuid cuid2 ulid nanoid emoji regex includes startsWith endsWith datetime date time duration ip ipv4 ipv6 " +
    "cidr cidrv4 cidrv6 base64 base64url jwt e164 xid ksuid trim toLowerCase toUpperCase lowercase uppercase normalize slugify " +
    "describe meta register check overwrite brand readonly strict strip passthrough loose catchall clone with"
  ).split(" "),
);

function inside() {
  // Read out as what it is of, and what to run.
  throw new Error(String(absent["(the inside of a schema)"]));
}

function schema(definition) {
  const self = new Proxy(() => {}, {
    get(_, name) {
      if (name === DEFINITION) return definition;
      if (typeof name === "symbol" || name === "then") return undefined;
      if (name === "_def" || name === "def" || name === "_zod") {
        inside();
      }
      if (name === "shape") return definition.kind === "object" ? definition.shape : undefined;
      if (SAME.has(name)) return () => self;
      const found = Object.hasOwn(METHODS, name) ? METHODS[name] : PROPERTIES[definition.kind]?.[name];
      if (found === undefined) return absent[name];
      return Object.hasOwn(METHODS, name) ? (...args) => found(self, definition, ...args) : found(self, definition);
    },
    // Of whoever asks which class of `zod` it is, each would be the wrong answer.
    getPrototypeOf: inside,
    set: () => true,
    apply: () => absent(),
  });
  return self;
}

const wrap = (kind) => (inner) => schema({ kind, inner });
const optional = wrap("optional");
const nullable = wrap("nullable");
const simple = (kind) => () => schema({ kind });

// Getters, by which zod 4 lets a schema hold itself, stay getters.
const shapeOf = (fields) => Object.defineProperties({}, Object.getOwnPropertyDescriptors(fields));
const object = (fields = {}) => schema({ kind: "object", shape: shapeOf(fields) });
const mapShape = (shape, transform) => Object.fromEntries(Object.entries(shape).map(transform));
const masked = (mask, name) => known(mask) === undefined || known(mask[name]) === true;

function required(field) {
  let { kind, inner } = definitionOf(field);
  if (kind !== "optional") return field;
  while (definitionOf(inner).kind === "optional") inner = definitionOf(inner).inner;
  return inner;
}

function deepPartial(field) {
  const definition = definitionOf(field);
  if (definition.kind === "object") {
    return object(mapShape(definition.shape, ([name, one]) => [name, optional(deepPartial(one))]));
  }
  const { inner } = definition;
  return inner === undefined ? field : schema({ ...definition, inner: deepPartial(inner) });
}

const METHODS = {
  optional,
  nullable,
  nullish: (self) => optional(nullable(self)),
  nonoptional: (self) => schema({ kind: "nonoptional", inner: self }),
  exactOptional: optional,
  array: (self) => schema({ kind: "array", inner: self }),
  promise: (self) => schema({ kind: "promise", inner: self }),
  or: (self, _, other) => schema({ kind: "union", members: [self, other] }),
  and: (self, _, other) => schema({ kind: "intersection", members: [self, other] }),
  default: (self) => schema({ kind: "default", inner: self }),
  prefault: (self) => schema({ kind: "prefault", inner: self }),
  catch: (self) => schema({ kind: "catch", inner: self }),
  transform: (self) => schema({ kind: "transform", inner: self }),
  refine: (self) => schema({ kind: "refined", inner: self }),
  superRefine: (self) => schema({ kind: "refined", inner: self }),
  pipe: (self, _, other) => schema({ kind: "pipe", from: self, to: other }),
  extend: (_self, { shape }, fields) => object({ ...shape, ...shapeOf(fields) }),
  safeExtend: (_self, { shape }, fields) => object({ ...shape, ...shapeOf(fields) }),
  augment: (_self, { shape }, fields) => object({ ...shape, ...fields }),
  merge: (_self, { shape }, other) => object({ ...shape, ...definitionOf(other).shape }),
  setKey: (_self, { shape }, name, field) => object({ ...shape, [name]: field }),
  pick: (_self, { shape }, mask) =>
    object(Object.fromEntries(Object.entries(shape).filter(([name]) => known(known(mask)[name]) === true))),
  omit: (_self, { shape }, mask) =>
    object(Object.fromEntries(Object.entries(shape).filter(([name]) => known(known(mask)[name]) !== true))),
  partial: (_self, { shape }, mask) =>
    object(mapShape(shape, ([name, field]) => [name, masked(mask, name) ? optional(field) : field])),
  required: (_self, { shape }, mask) =>
    object(mapShape(shape, ([name, field]) => [name, masked(mask, name) ? required(field) : field])),
  deepPartial: (self) => deepPartial(self),
  keyof: (_self, { shape }) => z.enum(Object.keys(shape)),
  exclude: (_self, { values }, out) => z.enum(values.filter((value) => !known(out).map(known).includes(known(value)))),
  extract: (_self, _definition, kept) => z.enum(kept),
  rest: (_self, definition, rest) => schema({ ...definition, rest }),
  unwrap: (_self, { inner }) => inner,
  innerType: (_self, { inner }) => inner,
  sourceType: (_self, { inner }) => inner,
  removeDefault: (_self, { inner }) => inner,
  removeCatch: (_self, { inner }) => inner,
  isOptional: (_self, { kind }) => kind === "optional" || kind === "default",
  isNullable: (_self, { kind }) => kind === "nullable" || kind === "null",
};

const asObject = (values) => Object.fromEntries(values.map((value) => [value, value]));

const PROPERTIES = {
  array: { element: (_self, { inner }) => inner },
  enum: {
    options: (_self, { values }) => values,
    enum: (_self, { values, given }) => given ?? asObject(values),
    Enum: (_self, { values }) => asObject(values),
    Values: (_self, { values }) => asObject(values),
  },
  literal: {
    value: (_self, { values }) => values[0],
    values: (_self, { values }) => new Set(values),
  },
  union: { options: (_self, { members }) => members },
  record: { keySchema: (_self, { key }) => key, valueSchema: (_self, { value }) => value },
  lazy: { schema: (_self, { get }) => get() },
};

// A TypeScript enum of numbers also has its names by number.
function enumValues(values) {
  const names = Object.keys(values).filter((name) => typeof values[values[name]] !== "number");
  return names.map((name) => values[name]);
}

const enumOf = (values) =>
  Array.isArray(values)
    ? schema({ kind: "enum", values: [...values] })
    : schema({ kind: "enum", values: enumValues(values), given: values });

const record = (key, value) =>
  definitionOf(value) ? schema({ kind: "record", key, value }) : schema({ kind: "record", key: z.string(), value: key });

const texts = Object.fromEntries(
  (
    "email url httpUrl uuid uuidv4 uuidv6 uuidv7 guid cuid cuid2 ulid nanoid emoji ipv4 ipv6 mac cidrv4 cidrv6 base64 base64url " +
    "jwt e164 xid ksuid hostname hex hash templateLiteral stringFormat"
  )
    .split(" ")
    .map((name) => [name, simple("string")]),
);

const unsupported = (kind) => [kind, simple(kind)];
const date = simple("date");

const made = {
  ...texts,
  string: simple("string"),
  number: simple("number"),
  nan: simple("number"),
  int: simple("number"),
  int32: simple("number"),
  uint32: simple("number"),
  float32: simple("number"),
  float64: simple("number"),
  bigint: simple("bigint"),
  int64: simple("bigint"),
  uint64: simple("bigint"),
  boolean: simple("boolean"),
  null: simple("null"),
  any: simple("any"),
  unknown: simple("any"),
  custom: simple("any"),
  instanceof: simple("any"),
  never: simple("never"),
  date,
  ...Object.fromEntries(["undefined", "void", "map", "set", "symbol", "function", "file"].map(unsupported)),
  iso: { datetime: simple("string"), date: simple("string"), time: simple("string"), duration: simple("string") },
  coerce: {
    string: simple("string"),
    number: simple("number"),
    boolean: simple("boolean"),
    bigint: simple("bigint"),
    date,
  },
  literal: (value) => schema({ kind: "literal", values: Array.isArray(value) ? value : [value], given: value }),
  enum: enumOf,
  nativeEnum: (values) => schema({ kind: "nativeEnum", values: enumValues(values) }),
  array: (inner) => schema({ kind: "array", inner }),
  tuple: (members, rest) => schema({ kind: "tuple", members, rest }),
  object,
  strictObject: object,
  looseObject: object,
  union: (members) => schema({ kind: "union", members }),
  discriminatedUnion: (_discriminator, members) => schema({ kind: "union", members }),
  xor: (members) => schema({ kind: "union", members }),
  intersection: (a, b) => schema({ kind: "intersection", members: [a, b] }),
  record,
  partialRecord: (key, value) => schema({ kind: "record", key, value, isPartial: true }),
  looseRecord: record,
  optional,
  nullable,
  nullish: (inner) => optional(nullable(inner)),
  exactOptional: optional,
  nonoptional: wrap("nonoptional"),
  _default: wrap("default"),
  prefault: wrap("prefault"),
  catch: wrap("catch"),
  readonly: (inner) => inner,
  promise: wrap("promise"),
  lazy: (get) => schema({ kind: "lazy", get }),
  preprocess: (_transform, inner) => schema({ kind: "preprocess", inner }),
  transform: () => schema({ kind: "any" }),
  pipe: (from, to) => schema({ kind: "pipe", from, to }),
  codec: (from, to) => schema({ kind: "pipe", from, to }),
  stringbool: () => schema({ kind: "pipe", from: made.string(), to: made.boolean() }),
  success: simple("any"),
  // Of convex-helpers; here, for its stand-in makes schemas with it.
  zid: (tableName) => schema({ kind: "zid", tableName }),
  json: () =>
    made.union([
      made.string(),
      made.number(),
      made.boolean(),
      made.null(),
      made.array(made.any()),
      made.record(made.string(), made.any()),
    ]),
};

export const z = new Proxy(made, {
  get: (known, name) => (Object.hasOwn(known, name) || typeof name === "symbol" ? known[name] : absent[name]),
});
export default z;
// For `import * as z`.
export const {
  email, url, httpUrl, uuid, uuidv4, uuidv6, uuidv7, guid, cuid, cuid2, ulid, nanoid, emoji, ipv4, ipv6, mac,
  cidrv4, cidrv6, base64, base64url, jwt, e164, xid, ksuid, hostname, hex, hash, templateLiteral,
  stringFormat, string, number, nan, int, int32, uint32, float32, float64, bigint, int64, uint64, boolean,
  any, unknown, custom, never, map, set, symbol, file, iso, coerce, literal, nativeEnum, array, tuple,
  strictObject, looseObject, union, discriminatedUnion, xor, intersection, partialRecord, looseRecord,
  nullish, exactOptional, nonoptional, _default, prefault, readonly, promise, lazy, preprocess, transform,
  pipe, codec, stringbool, success, json,
} = made;
const {
  null: zodNull, undefined: zodUndefined, void: zodVoid, function: zodFunction, instanceof: zodInstanceof,
  enum: zodEnum, catch: zodCatch, date: zodDate, object: zodObject, record: zodRecord, optional: zodOptional,
  nullable: zodNullable,
} = made;
export {
  zodNull as null, zodUndefined as undefined, zodVoid as void, zodFunction as function, zodInstanceof as
  instanceof, zodEnum as enum, zodCatch as catch, zodDate as date, zodObject as object, zodRecord as record,
  zodOptional as optional, zodNullable as nullable,
};
