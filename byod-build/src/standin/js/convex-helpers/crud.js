// Stands in for `convex-helpers/server/crud`: five functions for one table,
// internal unless builders are given.
import { internalMutationGeneric, internalQueryGeneric, paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { partial, systemFields } from "convex-helpers/validators";

const mapObjects = (validator, transform) => {
  if (validator.kind === "object") return transform(validator);
  if (validator.kind === "union") return v.union(...validator.members.map((member) => mapObjects(member, transform)));
  throw new Error("Validator must be an object or union");
};

export function crud(schema, table, query = internalQueryGeneric, mutation = internalMutationGeneric) {
  const { validator } = schema.tables[table];
  const added = systemFields(table);
  const id = { id: v.id(table) };
  const handler = async () => {};
  const created = mapObjects(validator, (object) => v.object({ ...object.fields, ...partial(added) }));
  const patch = mapObjects(validator, (object) => v.object(partial({ ...object.fields, ...added })));
  return {
    create: mutation({ args: created, handler }),
    read: query({ args: id, handler }),
    paginate: query({ args: { paginationOpts: paginationOptsValidator }, handler }),
    update: mutation({ args: { ...id, patch }, handler }),
    destroy: mutation({ args: id, handler }),
  };
}
