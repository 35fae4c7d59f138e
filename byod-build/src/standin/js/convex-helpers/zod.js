// Stands in for `convex-helpers/server/zod3` and `zod4`, which make validators of
// the schemas of the stand-in for `zod`. The two differ, as they do in the package.
import { v } from "convex/values";
import { addFieldsToValidator, systemFields, vRequired } from "convex-helpers/validators";
import { z } from "zod";

const { absent, known } = import.meta;
const DEFINITION = Symbol.for("byod.zod");
const SIMPLE = { string: "string", number: "number", bigint: "int64", boolean: "boolean", null: "null", any: "any" };
const TITLES = { undefined: "Undefined", nativeEnum: "NativeEnum" };
const titleOf = ({ kind }) => `Zod${TITLES[kind] ?? kind[0].toUpperCase() + kind.slice(1)}`;
const mapValues = (object, transform) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, transform(value)]));

function definitionOf(schema) {
  const definition = schema?.[DEFINITION];
  if (definition === undefined) {
    throw new Error("only schemas of `zod` can be made validators, and `zod` and `convex-helpers` must both be installed");
  }
  return definition;
}

// The strings that the keys of a record may be, where they are known one by one.
function literalKeys(schema) {
  const { kind, values, members } = definitionOf(schema);
  if (kind === "literal" || kind === "enum" || kind === "nativeEnum") return values;
  if (kind !== "union") return undefined;
  const keys = members.map(literalKeys);
  return keys.includes(undefined) ? undefined : keys.flat();
}

const isId = ({ kind, members }) => kind === "id" || (kind === "union" && members.every(isId));

function recordOf({ key, value, isPartial }, convert, version) {
  const values = convert(value);
  if (version === 3) {
    const keys = convert(key);
    const kinds = keys.kind === "union" ? keys.members.map((member) => member.kind) : [keys.kind];
    const wrong = kinds.find((kind) => kind !== "string" && kind !== "id");
    if (wrong !== undefined) throw new Error(`Record keys must be strings or ids: ${wrong}`);
    return v.record(keys, values);
  }
  const names = literalKeys(key);
  if (names !== undefined) {
    const field = isPartial ? v.optional(values) : values;
    return v.object(Object.fromEntries(names.map((name) => [name, field])));
  }
  const keys = convert(key);
  return v.record(isId(keys) ? keys : v.string(), vRequired(values));
}

const literalOf = (value) => (value === null ? v.null() : v.literal(value));

function literals({ kind, values, given }, version) {
  if (version === 3) {
    if (kind === "literal") return v.literal(given);
    if (given !== undefined) throw new Error("z.enum() of an object is of zod 4: use convex-helpers/server/zod4");
  }
  if (kind === "literal" && values.length === 1) return literalOf(values[0]);
  return v.union(...values.map(literalOf));
}

function helpers(version) {
  const convert = (schema, isOutput, seen = []) => {
    const definition = definitionOf(schema);
    const { kind, inner, members } = definition;
    if (kind in SIMPLE) return v[SIMPLE[kind]]();
    if (version === 4 && seen.includes(definition)) return v.any();
    const below = (one) => convert(one, isOutput, [...seen, definition]);
    switch (kind) {
      case "zid":
        return v.id(definition.tableName);
      case "literal":
      case "enum":
        return literals(definition, version);
      case "object":
        return v.object(mapValues(definition.shape, below));
      case "array": {
        const element = below(inner);
        if (element.isOptional === "optional") throw new Error("Arrays of optional values are not supported");
        return v.array(element);
      }
      case "tuple":
        return v.array(v.union(...[...members, ...(definition.rest ? [definition.rest] : [])].map(below)));
      case "union":
        return v.union(...members.map(below));
      case "record":
        return recordOf(definition, below, version);
      case "optional":
        return v.optional(below(inner));
      case "nullable": {
        const value = below(inner);
        const both = v.union(value, v.null());
        const isOptional =
          version === 3 ? definitionOf(inner).kind === "optional" : value.isOptional === "optional";
        return isOptional ? v.optional(both) : both;
      }
      case "default":
        return isOutput ? below(inner) : v.optional(below(inner));
      case "lazy":
        return below(definition.get());
      case "transform":
        return isOutput ? v.any() : below(inner);
      case "pipe":
        return below(isOutput ? definition.to : definition.from);
      case "refined":
        return version === 3 && isOutput ? v.any() : below(inner);
      case "preprocess":
        return isOutput === (version === 3) ? v.any() : below(inner);
      case "nonoptional":
        return vRequired(below(inner));
      default:
    }
    if (version === 4) {
      if (kind === "nativeEnum") return literals(definition, version);
      if (kind === "catch") return below(inner);
      if (kind === "never") return v.union();
      if (kind === "intersection" || kind === "prefault") return v.any();
      throw new Error(`Validator ${titleOf(definition)} is not supported in Convex`);
    }
    throw new Error(`Unknown ${isOutput ? "zod" : "Zod"} type: ${titleOf(definition)}`);
  };

  const zodToConvex = (schema) => convert(schema, false);
  const zodOutputToConvex = (schema) => convert(schema, true);
  const zodToConvexFields = (fields) => mapValues(fields, zodToConvex);
  const zodOutputToConvexFields = (fields) => mapValues(fields, zodOutputToConvex);
  const zid = (tableName) => idOf(tableName);

  // The fields of an object's schema, or of a plain object of schemas.
  function fieldsOf(args) {
    if (args[DEFINITION] === undefined) return args;
    let definition = definitionOf(args);
    while (version === 4 && definition.kind === "refined") definition = definitionOf(definition.inner);
    if (definition.kind === "object") return definition.shape;
    const title = definition.kind === "refined" ? "ZodEffects" : titleOf(definition);
    throw new Error(`Unsupported zod type as args validator: ${title}`);
  }

  const customized = (builder, customization) => (definition) => {
    const handler = definition.handler ?? definition;
    if (known(definition.skipConvexValidation)) return builder({ handler });
    let { args, returns } = definition;
    if (returns !== undefined) returns = returns[DEFINITION] ? zodOutputToConvex(returns) : v.object(zodOutputToConvexFields(returns));
    if (args === undefined) return builder({ returns, handler });
    return builder({ args: addFieldsToValidator(zodToConvexFields(fieldsOf(args)), customization.args ?? {}), returns, handler });
  };

  function convexToZod(validator) {
    const required = fromConvex(validator, convexToZod);
    return validator.isOptional === "optional" ? required.optional() : required;
  }

  return {
    zid,
    zodToConvex,
    zodToConvexFields,
    zodOutputToConvex,
    zodOutputToConvexFields,
    convexToZod,
    convexToZodFields: (fields) => mapValues(fields, convexToZod),
    withSystemFields: (tableName, fields) => ({ ...fields, ...mapValues(systemFields(tableName), convexToZod) }),
    zBrand: (schema) => schema,
    zCustomQuery: customized,
    zCustomMutation: customized,
    zCustomAction: customized,
    Zid: absent.Zid,
  };
}

const idOf = (tableName) => z.zid(tableName);

function fromConvex(validator, convert) {
  switch (validator.kind) {
    case "id":
      return idOf(validator.tableName);
    case "float64":
      return z.number();
    case "int64":
      return z.bigint();
    case "boolean":
    case "string":
    case "null":
    case "any":
      return z[validator.kind]();
    case "literal":
      return z.literal(validator.value);
    case "array":
      return z.array(convert(validator.element));
    case "object":
      return z.object(mapValues(validator.fields, convert));
    case "union":
      return validator.members.length === 1 ? convert(validator.members[0]) : z.union(validator.members.map(convert));
    case "record":
      return z.record(convert(validator.key), convert(validator.value));
    default:
      throw new Error(`v.${validator.kind}() is not supported`);
  }
}
