// Stands in for `convex/server` where the package is not installed: everything
// of it that can run while a module loads. What runs only inside a deployed
// function (system calls) throws when it is called.
import { asObjectValidator, convexToJson, v } from "convex/values";

const { known } = import.meta;
const FUNCTION_NAME = Symbol.for("functionName");
const REFERENCE_PATH = Symbol.for("toReferencePath");
// The JSON of a validator that is as it was made; `undefined` of others.
const textOf = v[Symbol.for("byod.validatorText")];
const isValidator = (value) => value?.isConvexValidator === true;

function onlyWhenDeployed(what) {
  return () => {
    throw new Error(`${what} only works inside a deployed Convex function`);
  };
}

// --- Schema ---

class TableDefinition {
  indexes = [];
  stagedDbIndexes = [];
  searchIndexes = [];
  stagedSearchIndexes = [];
  vectorIndexes = [];
  stagedVectorIndexes = [];
  validator;
  stagedValidator;

  constructor(validator) {
    this.validator = validator;
  }

  " indexes"() {
    return this.indexes;
  }

  index(indexDescriptor, config) {
    const fields = Array.isArray(config) ? config : config.fields;
    const list = !Array.isArray(config) && known(config.staged) ? this.stagedDbIndexes : this.indexes;
    list.push({ indexDescriptor, fields });
    return this;
  }

  searchIndex(indexDescriptor, { searchField, filterFields, staged }) {
    const list = known(staged) ? this.stagedSearchIndexes : this.searchIndexes;
    list.push({ indexDescriptor, searchField, filterFields: filterFields || [] });
    return this;
  }

  vectorIndex(indexDescriptor, { vectorField, dimensions, filterFields, staged }) {
    const list = known(staged) ? this.stagedVectorIndexes : this.vectorIndexes;
    list.push({ indexDescriptor, vectorField, dimensions, filterFields: filterFields || [] });
    return this;
  }

  staged(changes) {
    if (this.stagedValidator !== undefined) {
      throw new Error("Table cannot have more than one staged validator.");
    }
    this.stagedValidator = isValidator(changes) ? changes : changed(this.validator, changes);
    return this;
  }

  self() {
    return this;
  }

  export() {
    const documentType = this.validator.json;
    if (typeof documentType !== "object") {
      throw new Error(
        "Invalid validator: please make sure that the parameter of `defineTable` is valid (see https://docs.convex.dev/database/schemas)",
      );
    }
    const stagedDocumentType = this.stagedValidator?.json;
    if (this.stagedValidator !== undefined && typeof stagedDocumentType !== "object") {
      throw new Error(
        "Invalid staged validator: please make sure that the parameter of `.staged()` is valid (see https://docs.convex.dev/database/schemas)",
      );
    }
    return { ...indexesOf(this), documentType, stagedDocumentType };
  }
}

function changed({ kind, fields }, changes) {
  if (kind !== "object" && kind !== "any") {
    throw new Error(
      "Specifying top-level field changes is only supported for simple table definitions. For a table defined with a union or record validator, you must stage a fully defined object or union validator.",
    );
  }
  const merged = Object.entries({ ...(kind === "object" ? fields : {}), ...changes });
  return v.object(Object.fromEntries(merged.filter(([, validator]) => validator !== undefined)));
}

function indexesOf(table) {
  const { indexes, stagedDbIndexes, searchIndexes, stagedSearchIndexes, vectorIndexes, stagedVectorIndexes } = table;
  return { indexes, stagedDbIndexes, searchIndexes, stagedSearchIndexes, vectorIndexes, stagedVectorIndexes };
}

function tableText(tableName, table) {
  const isUsual = table.export === TableDefinition.prototype.export && table.stagedValidator === undefined;
  const text = isUsual ? textOf(table.validator) : undefined;
  if (text !== undefined) {
    const indexes = JSON.stringify({ tableName, ...indexesOf(table) });
    return indexes.slice(0, -1) + ',"documentType":' + text + "}";
  }
  const exported = table.export();
  const { documentType, stagedDocumentType } = exported;
  return JSON.stringify({ tableName, ...indexesOf(exported), documentType, stagedDocumentType });
}

export function defineTable(documentSchema) {
  return new TableDefinition(asObjectValidator(documentSchema));
}

function withSystemFields(tableName, validator) {
  switch (validator.kind) {
    case "object":
      return validator.extend({ _id: v.id(tableName), _creationTime: v.number() });
    case "union":
      return v.union(...validator.members.map((member) => withSystemFields(tableName, member)));
    case "any":
      return validator;
    default:
      throw new Error(
        `Invalid validator for table "${tableName}": a table's documents must be objects, or a union of objects (see https://docs.convex.dev/database/schemas)`,
      );
  }
}

export function docValidator(tableName, table) {
  return withSystemFields(tableName, table.validator);
}

class SchemaDefinition {
  constructor(tables, options) {
    this.tables = tables;
    this.strictTableNameTypes = undefined;
    const validation = options?.schemaValidation;
    this.schemaValidation = validation === undefined ? true : validation;
  }

  doc(tableName) {
    return docValidator(tableName, tableOf(this, tableName));
  }

  id(tableName) {
    tableOf(this, tableName);
    return v.id(tableName);
  }

  export() {
    const tables = Object.entries(this.tables).map(([tableName, table]) => tableText(tableName, table));
    return `{"tables":[${tables}],"schemaValidation":${JSON.stringify(this.schemaValidation) ?? null}}`;
  }
}

function tableOf(schema, name) {
  const table = schema.tables[name];
  if (table === undefined) {
    const known = Object.keys(schema.tables).join(", ");
    throw new Error(`Table "${name}" is not in this schema. Tables in this schema: ${known}`);
  }
  return table;
}

export function defineSchema(tables, options) {
  return new SchemaDefinition(tables, options);
}

// --- Functions ---

function exportJson(validator) {
  return textOf(validator) ?? JSON.stringify(validator.json, (key, value) => {
    if (value === undefined) {
      throw new Error(
        `A validator is undefined for field "${key}". This is often caused by circular imports. See https://docs.convex.dev/error#undefined-validator for details.`,
      );
    }
    return value;
  });
}

function register(kind, visibility) {
  return (definition) => {
    const handler = typeof definition === "function" ? definition : definition.handler;
    const declared = (name) => (typeof definition === "object" ? definition[name] : undefined);
    const registered = (ctx, args) => handler(ctx, args);
    registered[`is${kind}`] = true;
    registered[`is${visibility}`] = true;
    registered[`invoke${kind}`] = onlyWhenDeployed(`invoke${kind}`);
    registered.exportArgs = () => {
      const args = declared("args");
      return args === undefined ? '{"type":"any"}' : exportJson(asObjectValidator(args));
    };
    registered.exportReturns = () => {
      const returns = declared("returns");
      return returns === undefined ? "null" : exportJson(asObjectValidator(returns));
    };
    registered._handler = handler;
    return registered;
  };
}

export const queryGeneric = register("Query", "Public");
export const mutationGeneric = register("Mutation", "Public");
export const actionGeneric = register("Action", "Public");
export const internalQueryGeneric = register("Query", "Internal");
export const internalMutationGeneric = register("Mutation", "Internal");
export const internalActionGeneric = register("Action", "Internal");

export function httpActionGeneric(handler) {
  const registered = (ctx, request) => handler(ctx, request);
  registered.isHttp = true;
  registered.invokeHttpAction = onlyWhenDeployed("invokeHttpAction");
  registered._handler = handler;
  return registered;
}

// --- Pagination ---

const cursor = () => v.union(v.string(), v.null());

export const paginationOptsValidator = v.object({
  numItems: v.number(),
  cursor: cursor(),
  endCursor: v.optional(cursor()),
  id: v.optional(v.number()),
  maximumRowsRead: v.optional(v.number()),
  maximumBytesRead: v.optional(v.number()),
});

export function paginationResultValidator(item) {
  return v.object({
    page: v.array(item),
    continueCursor: v.string(),
    isDone: v.boolean(),
    splitCursor: v.optional(cursor()),
    pageStatus: v.optional(v.union(v.literal("SplitRecommended"), v.literal("SplitRequired"), v.null())),
  });
}

// --- References to functions ---

// A proxy whose every property is a reference one level deeper.
function referenceTree(path, onSymbol) {
  return new Proxy(
    {},
    { get: (_, name) => (typeof name === "string" ? referenceTree([...path, name], onSymbol) : onSymbol(path, name)) },
  );
}

export const anyApi = referenceTree([], (path, symbol) => {
  if (symbol === Symbol.toStringTag) return "FunctionReference";
  if (symbol !== FUNCTION_NAME) return undefined;
  if (path.length < 2) {
    const found = ["api", ...path].join(".");
    throw new Error(`API path is expected to be of the form \`api.moduleName.functionName\`. Found: \`${found}\``);
  }
  const name = path[path.length - 1];
  const module = path.slice(0, -1).join("/");
  return name === "default" ? module : `${module}:${name}`;
});

export function componentsGeneric() {
  return referenceTree([], (path, symbol) => {
    if (symbol !== REFERENCE_PATH) return undefined;
    if (path.length === 0) {
      throw new Error(
        "API path is expected to be of the form `components.childComponent.functionName`. Found: `components`",
      );
    }
    return `_reference/childComponent/${path.join("/")}`;
  });
}

export function getFunctionAddress(reference) {
  if (typeof reference === "string") {
    return reference.startsWith("function://") ? { functionHandle: reference } : { name: reference };
  }
  if (reference[FUNCTION_NAME]) return { name: reference[FUNCTION_NAME] };
  const path = reference[REFERENCE_PATH];
  if (!path) throw new Error(`${reference} is not a functionReference`);
  return { reference: path };
}

export function getFunctionName(reference) {
  const address = getFunctionAddress(reference);
  if (address.name !== undefined) return address.name;
  const found = address.functionHandle
    ? `function handle ${address.functionHandle}`
    : `reference ${address.reference}`;
  throw new Error(
    `Expected function reference like "api.file.func" or "internal.file.func", but received ${found}`,
  );
}

export const makeFunctionReference = (name) => ({ [FUNCTION_NAME]: name });
export const filterApi = (api) => api;
export const createFunctionHandle = async () => onlyWhenDeployed("createFunctionHandle")();
export const currentSystemUdfInComponent = (componentId) => ({
  [REFERENCE_PATH]: `_reference/currentSystemUdfInComponent/${componentId}`,
});
export const getServiceToken = async () => onlyWhenDeployed("getServiceToken")();
export const getServiceUrl = onlyWhenDeployed("getServiceUrl");
export const log = { audit: onlyWhenDeployed("log.audit"), vars: {} };
