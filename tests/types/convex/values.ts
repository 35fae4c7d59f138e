import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";

const handler = () => null;

/** A field of every validator, alone and inside of others. */
export const values = {
  user: v.id("users"),
  none: v.null(),
  number: v.number(),
  int64: v.int64(),
  boolean: v.boolean(),
  string: v.string(),
  bytes: v.bytes(),
  literal: v.literal("one"),
  numberLiteral: v.literal(1.5),
  int64Literal: v.literal(7n),
  booleanLiteral: v.literal(true),
  array: v.array(v.array(v.int64())),
  record: v.record(v.string(), v.bytes()),
  idRecord: v.record(v.id("users"), v.number()),
  object: v.object({ text: v.string(), maybe: v.optional(v.number()), inner: v.object({}) }),
  literals: v.union(v.literal("a"), v.literal("b")),
  mixed: v.union(v.literal("auto"), v.number(), v.int64(), v.array(v.string())),
  tagged: v.union(v.object({ ok: v.literal(true), n: v.int64() }), v.object({ ok: v.literal(false) })),
  any: v.any(),
  optional: v.optional(v.string()),
  nullable: v.union(v.string(), v.null()),
  optionalNullable: v.optional(v.union(v.int64(), v.null())),
};

export const create = mutation({ args: values, returns: v.id("values"), handler });
export const get = query({
  args: { id: v.id("values") },
  returns: v.union(
    v.object({ ...values, _id: v.id("values"), _creationTime: v.number() }),
    v.null(),
  ),
  handler,
});
