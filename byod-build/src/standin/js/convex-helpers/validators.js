// Stands in for `convex-helpers/validators`.
import { v } from "convex/values";

export const literals = (...values) => v.union(...values.map((value) => v.literal(value)));
export const nullable = (validator) => v.union(v.null(), validator);
export const brandedString = (_brand) => v.string();
export const deprecated = v.optional(v.any());
export const pretend = (_validator) => v.optional(v.any());
export const pretendRequired = (validator) => v.optional(validator);

function mapMembers(union, transform) {
  const mapped = v.union(...union.members.map(transform));
  return union.isOptional === "optional" ? v.optional(mapped) : mapped;
}

const partialFields = (fields) =>
  Object.fromEntries(Object.entries(fields).map(([name, validator]) => [name, v.optional(validator)]));

export function partial(fields) {
  if (!fields.isConvexValidator) return partialFields(fields);
  if (fields.kind === "union") return mapMembers(fields, partial);
  if (fields.kind !== "object") {
    throw new Error("partial only works with union or object Validators, or a Record<string, Validator> currently");
  }
  const object = v.object(partialFields(fields.fields));
  return fields.isOptional === "optional" ? v.optional(object) : object;
}

export const systemFields = (tableName) => ({ _id: v.id(tableName), _creationTime: v.number() });
export const withSystemFields = (tableName, fields) => ({ ...fields, ...systemFields(tableName) });

// A field that both declare is required where one of the two requires it.
function intersect(a, b) {
  if (a.kind !== b.kind) throw new Error(`Cannot intersect validators with different kinds: ${a.kind} and ${b.kind}`);
  return a.isOptional === "optional" ? b : a;
}

function merged(a, b) {
  const fields = { ...a };
  for (const [name, validator] of Object.entries(b)) {
    fields[name] = Object.hasOwn(a, name) ? intersect(a[name], validator) : validator;
  }
  return fields;
}

export function addFieldsToValidator(validator, fields) {
  if (Object.keys(fields).length === 0) return validator.isConvexValidator ? validator : v.object(validator);
  if (!validator.isConvexValidator) return v.object(merged(validator, fields));
  switch (validator.kind) {
    case "object":
      return v.object(merged(validator.fields, fields));
    case "union":
      return v.union(...validator.members.map((member) => addFieldsToValidator(member, fields)));
    default:
      throw new Error("Cannot add arguments to a validator that is not an object or union.");
  }
}

export function doc(schema, tableName) {
  const withFields = (validator) => {
    switch (validator.kind) {
      case "object":
        return v.object({ ...validator.fields, ...systemFields(tableName) });
      case "union":
        return v.union(...validator.members.map(withFields));
      default:
        throw new Error("Only object and union validators are supported for documents");
    }
  };
  return withFields(schema.tables[tableName].validator);
}

export const typedV = (schema) => ({
  ...v,
  id: (tableName) => v.id(tableName),
  doc: (tableName) => doc(schema, tableName),
});

export function vRequired(validator) {
  switch (validator.kind) {
    case "id":
      return v.id(validator.tableName);
    case "literal":
      return v.literal(validator.value);
    case "object":
      return v.object(validator.fields);
    case "array":
      return v.array(validator.element);
    case "record":
      return v.record(validator.key, validator.value);
    case "union":
      return v.union(...validator.members);
    default:
      return v[validator.kind]();
  }
}
