// Stands in for `convex-ents`: ents become tables, their edges become fields,
// indexes and the tables of many-to-many edges.
import { defineSchema, internalMutationGeneric } from "convex/server";
import { v } from "convex/values";

const { known } = import.meta;

// As the package does, into the very objects that were given: whoever else uses them
// has the field from then on.
function addField(validator, name, field) {
  for (const one of validator.kind === "union" ? validator.members : [validator]) {
    if (one.kind === "object") one.fields[name] = field;
  }
}

function hasField(validator, name) {
  const all = validator.kind === "union" ? validator.members : [validator];
  return all.some((one) => one.kind === "object" && one.fields[name] !== undefined);
}

class EntDefinition {
  indexes = [];
  searchIndexes = [];
  vectorIndexes = [];
  edgeConfigs = {};
  fieldConfigs = {};
  defaults = {};

  constructor(validator) {
    this.validator = validator;
  }

  " indexes"() {
    return this.indexes;
  }

  index(indexDescriptor, config) {
    this.indexes.push({ indexDescriptor, fields: Array.isArray(config) ? config : config.fields });
    return this;
  }

  searchIndex(indexDescriptor, { searchField, filterFields }) {
    this.searchIndexes.push({ indexDescriptor, searchField, filterFields: filterFields ?? [] });
    return this;
  }

  vectorIndex(indexDescriptor, { vectorField, dimensions, filterFields }) {
    this.vectorIndexes.push({ indexDescriptor, vectorField, dimensions, filterFields: filterFields ?? [] });
    return this;
  }

  field(name, validator, options = {}) {
    if (hasField(this.validator, name)) throw new Error(`Duplicate field "${name}"`);
    const hasDefault = known(options.default) !== undefined;
    addField(this.validator, name, hasDefault ? v.optional(validator) : validator);
    const isUnique = known(options.unique);
    if (isUnique || known(options.index)) this.index(name, [name]);
    if (isUnique) this.fieldConfigs[name] = { name, unique: true };
    if (hasDefault) this.defaults[name] = options.default;
    return this;
  }

  edge(name, options = {}) {
    if (this.edgeConfigs[name] !== undefined) throw new Error(`Duplicate edge "${name}"`);
    const to = options.to ?? `${name}s`;
    const edge = { name, to, cardinality: "single", deletion: options.deletion };
    if (known(options.ref) === undefined) {
      const field = options.field ?? `${name}Id`;
      const id = v.id(to);
      addField(this.validator, field, known(options.optional) ? v.optional(id) : id);
      this.index(field, [field]);
      this.edgeConfigs[name] = { ...edge, type: "field", field, optional: options.optional === true };
    } else {
      this.edgeConfigs[name] = { ...edge, type: "ref", ref: options.ref === true ? null : options.ref };
    }
    return this;
  }

  edges(name, options = {}) {
    const { to = name, ref, table, field, inverse, inverseField, deletion } = options;
    const edge = { name, to, cardinality: "multiple", deletion };
    this.edgeConfigs[name] =
      known(ref) === undefined
        ? { ...edge, type: "ref", table, field, inverse, inverseField }
        : { ...edge, type: "field", ref: ref === true ? null : ref };
    return this;
  }

  deletion(type, options) {
    if (hasField(this.validator, "deletionTime")) {
      throw new Error(`Cannot enable "${type}" deletion because "deletionTime" field was already defined.`);
    }
    addField(this.validator, "deletionTime", v.optional(v.number()));
    this.deletionConfig = { type, ...options };
    return this;
  }

  export() {
    return {
      indexes: this.indexes,
      searchIndexes: this.searchIndexes,
      vectorIndexes: this.vectorIndexes,
      documentType: this.validator.json,
    };
  }
}

export function defineEnt(documentSchema) {
  const validator = documentSchema.isConvexValidator ? documentSchema : v.object(documentSchema);
  const parts = validator.kind === "union" ? validator.members : [validator];
  if (!parts.every((part) => part.kind === "object")) throw new Error("Ent shape must be an object or a union of objects");
  return new EntDefinition(validator);
}

export function defineEntFromTable(table) {
  if (table.validator.kind !== "object") {
    throw new Error("Only tables with object definition are supported in Ents, not unions");
  }
  const ent = defineEnt(table.validator.fields);
  return Object.assign(ent, {
    indexes: table.indexes,
    searchIndexes: table.searchIndexes,
    vectorIndexes: table.vectorIndexes,
  });
}

export const defineEntsFromTables = (tables) =>
  Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, defineEntFromTable(table)]));

// The table of a many-to-many edge.
function edgeTable(first, second, isSymmetric) {
  const table = defineEnt({ [first.field]: v.id(first.to), [second.field]: v.id(second.to) })
    .index(first.field, [first.field])
    .index(second.field, [second.field])
    .index(`${first.field}_${second.field}`, [first.field, second.field]);
  return isSymmetric ? table : table.index(`${second.field}_${first.field}`, [second.field, first.field]);
}

function selfEdge(tables, tableName, edge) {
  const { name, to } = edge;
  const inverse = known(edge.inverse);
  const isSymmetric = inverse === undefined;
  const forward = { to, field: edge.field ?? (isSymmetric ? "aId" : `${inverse}Id`) };
  const backward = { to, field: edge.inverseField ?? (isSymmetric ? "bId" : `${name}Id`) };
  const table = edge.table ?? (isSymmetric ? `${tableName}_${name}` : `${tableName}_${inverse}_to_${name}`);
  tables[table] = edgeTable(forward, backward, isSymmetric);
  return { table, field: forward.field, ref: backward.field };
}

function edgeBetween(tables, tableName, edge, inverse) {
  const { name, to } = edge;
  const here = { to: tableName, field: edge.field ?? `${tableName}Id` };
  const there = { to, field: inverse.field ?? `${to}Id` };
  // Each end is named in the table where its edge has another name than the table.
  const from = inverse.name === tableName ? tableName : `${tableName}_${inverse.name}`;
  const table = edge.table ?? `${from}_to_${name}`;
  tables[table] = edgeTable(here, there, false);
  inverse.done = true;
}

function inversesOf(schema, tableName, edge) {
  const other = schema[edge.to];
  if (other === undefined) {
    throw new Error(`Edge "${edge.name}" in table "${tableName}" points to an undefined table "${edge.to}"`);
  }
  return Object.values(other.edgeConfigs ?? {}).filter(
    (candidate) =>
      known(candidate.to) === tableName &&
      candidate !== edge &&
      (edge.ref === undefined || edge.ref === null || known(candidate.field) === edge.ref) &&
      (known(edge.table) === undefined || known(candidate.table) === edge.table),
  );
}

function resolveEdge(schema, tables, tableName, edge) {
  const isManyToMany = edge.cardinality === "multiple" && edge.type === "ref";
  known(edge.to);
  if (edge.done || edge.to.startsWith("_")) return;
  if (isManyToMany && edge.to === tableName) {
    selfEdge(tables, tableName, edge);
    return;
  }
  const [inverse] = inversesOf(schema, tableName, edge);
  if (inverse === undefined) {
    throw new Error(`Missing inverse edge in table "${edge.to}" for edge "${edge.name}" in table "${tableName}"`);
  }
  if (isManyToMany) edgeBetween(tables, tableName, edge, inverse);
  else if (edge.ref === null) edge.ref = inverse.field;
}

export function defineEntSchema(schema, options) {
  const tables = { ...schema };
  for (const [tableName, ent] of Object.entries(schema)) {
    for (const edge of Object.values(ent.edgeConfigs ?? {})) resolveEdge(schema, tables, tableName, edge);
  }
  return defineSchema(tables, options);
}

// What its factories need of the schema matters only inside a function.
export const getEntDefinitions = (schema) =>
  Object.fromEntries(Object.keys(schema.tables).map((name) => [name, { indexes: {}, defaults: {}, edges: {}, fields: {} }]));

const approach = v.union(v.literal("cascade"), v.literal("paginate"));

// The mutation that deletes, in steps, what is scheduled for it.
export const scheduledDeleteFactory = () =>
  internalMutationGeneric({
    args: {
      origin: v.object({ id: v.string(), table: v.string(), deletionTime: v.number() }),
      stack: v.array(
        v.union(
          v.object({
            id: v.string(),
            table: v.string(),
            edges: v.array(v.object({ approach, table: v.string(), indexName: v.string() })),
          }),
          v.object({
            approach,
            cursor: v.union(v.string(), v.null()),
            table: v.string(),
            indexName: v.string(),
            fieldValue: v.any(),
          }),
        ),
      ),
      inProgress: v.boolean(),
    },
    handler: async () => {},
  });
