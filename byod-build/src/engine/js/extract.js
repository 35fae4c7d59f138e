// What is asked of the modules once they have run. All answers are JSON text, in
// which what Convex printed stands as it is.

const entries = new Map();
// Whether what modules made is being exported: what of it is unknown leaves its mark.
let isAnswering = false;

function answer(ask, ...of) {
  isAnswering = true;
  try {
    return ask(...of);
  } finally {
    isAnswering = false;
  }
}

// Starts a module by its id; `state(id)` then tells how far it is.
function start(id) {
  const record = recordOf(id);
  host.running(id);
  link(record);
  evaluate(record, undefined);
  entries.set(id, record);
}

function state(id) {
  return entries.get(id).state;
}

function failure(id) {
  const { error, deps } = entries.get(id);
  // What it got from these was inert, which may be the reason.
  const failed = new Set([...deps.values()].filter((record) => record.state === "failed" && !record.standin));
  const imports = [...failed].map(failureOf);
  return JSON.stringify({ reason: reasonOf(error), stack: String(error?.stack ?? ""), imports });
}

// What an entry exports; a CommonJS one has its whole `module.exports` as default.
function exportsOf(id) {
  const record = entries.get(id);
  return record.kind === "cjs" ? { default: record.module.exports } : namespace(record);
}

// Whether modules asked for environment variables that are not set.
const missesVariables = () => JSON.stringify(askedVariables.size > 0);

// --- Schema ---

function missing(value, where) {
  const { origin, path } = inertInfo.get(value);
  return { kind: "inert", origin, of: shownPath(path), ...where };
}

function missingIn(text, where) {
  const found = inertIn(text);
  return found && { kind: "inert", origin: found.origin, of: shownPath(found.path), ...where };
}

// The first inert value in a validator, with the path to it.
function findInert(validator, path, seen) {
  if (isInert(validator)) return missing(validator, { field: path });
  if (!isObject(validator) || seen.has(validator)) return undefined;
  seen.add(validator);
  const below = (value, name) => findInert(value, name, seen);
  switch (validator.kind) {
    case "object":
      for (const [name, field] of Object.entries(validator.fields ?? {})) {
        const found =
          missingIn(name, { field: path }) ?? below(field, path === "" ? name : `${path}.${name}`);
        if (found) return found;
      }
      return undefined;
    case "array":
      return below(validator.element, `${path}[]`);
    case "record":
      return below(validator.key, `${path}[key]`) ?? below(validator.value, `${path}[value]`);
    case "union":
      return validator.members?.map((member) => below(member, path)).find((found) => found);
    default:
      return undefined;
  }
}

function schemaProblem(schema) {
  if (isInert(schema)) return missing(schema, {});
  for (const [table, definition] of Object.entries(schema.tables ?? {})) {
    const spread = missingIn(table, {});
    if (spread) return spread;
    if (isInert(definition)) return missing(definition, { table });
    for (const validator of [definition?.validator, definition?.stagedValidator]) {
      const found = findInert(validator, "", new Set());
      if (found) return { ...found, table };
    }
  }
  return undefined;
}

const readSchema = (id) => answer(schemaOf, id);

function schemaOf(id) {
  const schema = exportsOf(id).default;
  const found = { kind: schema === undefined ? "noDefault" : "notASchema" };
  const isSchema = isObject(schema) && typeof schema.export === "function";
  const problem = isSchema ? inertOrigins.length > 0 && schemaProblem(schema) : found;
  if (problem) return JSON.stringify({ problem });
  const json = schema.export();
  const text = typeof json === "string" ? json : JSON.stringify(json);
  if (hasPlaceholder(text)) return JSON.stringify({ problem: { kind: "variable" } });
  const hidden = missingIn(text, {});
  return hidden ? JSON.stringify({ problem: hidden }) : `{"schema":${text}}`;
}

// --- Functions ---

const KINDS = ["Query", "Mutation", "Action"];

function exported(value, method, fallback) {
  return typeof value[method] === "function" ? value[method]() : fallback;
}

function mustBeJson(text) {
  JSON.parse(text);
  if (!text.isWellFormed()) throw new Error("its validators hold half a surrogate pair, which is no text");
}

function readFunction(name, value, isChecked) {
  try {
    const kind = KINDS.find((one) => value[`is${one}`] === true);
    if (!kind) return undefined;
    const visibility = value.isInternal ? "internal" : "public";
    // What main's builder of actions makes takes more than it declares.
    const declared = value.byodDeclared ?? value;
    const args = exported(declared, "exportArgs", '{"type":"any"}');
    const returns = exported(declared, "exportReturns", "null");
    if (isChecked) [args, returns].forEach(mustBeJson);
    const needed = inertIn(args) ?? inertIn(returns);
    if (needed) {
      // `json` is what Convex's own code asks validators for.
      const path = needed.path.replace(/\.json$/, "");
      return { name, problem: `its validators need ${describeInert({ ...needed, path })}` };
    }
    if (hasPlaceholder(args) || hasPlaceholder(returns)) {
      return { name, problem: "its validators hold the value of an environment variable" };
    }
    const head = `"functionType":"${kind}","visibility":{"kind":"${visibility}"}`;
    return { name, function: `{${head},"args":${args},"returns":${returns}}` };
  } catch (error) {
    return { name, problem: reasonOf(error) };
  }
}

// What was found, as long as nothing more is asked, or imported late.
let answered = { asked: 0, late: 0, of: new Map() };

// What an inert value stands for that a module, or one that it imports, asked which
// values it holds: what is undefined then may be for that alone.
function askedBelow(record) {
  if (answered.asked !== askedInert.size || answered.late !== lateImports) {
    answered = { asked: askedInert.size, late: lateImports, of: new Map() };
  }
  const seen = new Set();
  const found = askedIn(record, seen);
  // Nothing is below any of them. Asked anew for every module, a chain of them would cost
  // the square of its length.
  if (found === undefined) for (const one of seen) answered.of.set(one, undefined);
  return found;
}

function askedIn(record, seen) {
  if (answered.of.has(record)) return answered.of.get(record);
  if (seen.has(record)) return undefined;
  seen.add(record);
  let found = askedInert.get(record.id);
  for (const dep of record.deps.values()) {
    if (found !== undefined) break;
    found = dep.id.includes("/node_modules/") ? undefined : askedIn(dep, seen);
  }
  if (found !== undefined) answered.of.set(record, found);
  return found;
}

// The number that `byod export` gives each project that it writes.
function versionOf(exports) {
  try {
    const version = exports.SCHEMA_VERSION;
    return Number.isFinite(version) ? version : null;
  } catch {
    return null;
  }
}

// The functions among a module's exports, those that can't be had, and the exports
// that might be functions but are made by something that is not there.
function functionsOf(id, isChecked) {
  const exports = exportsOf(id);
  const functions = [];
  const leftOut = [];
  const unknown = [];
  const record = entries.get(id);
  const asked = askedBelow(record);
  // What `export *` would pass on has no name here.
  if (record.open) unknown.push({ name: "", origin: record.open });
  for (const name of Object.keys(exports)) {
    let value;
    try {
      value = exports[name];
    } catch (error) {
      leftOut.push({ name, problem: reasonOf(error) });
      continue;
    }
    if (isInert(value)) {
      unknown.push({ name, origin: inertInfo.get(value).origin });
    } else if (value === undefined && asked !== undefined) {
      unknown.push({ name, origin: asked });
    } else if (isObject(value) && inertIn(name)) {
      unknown.push({ name: "", origin: inertIn(name).origin });
    } else if (isObject(value)) {
      const found = readFunction(name, value, isChecked);
      if (found?.function) functions.push(`{"name":${JSON.stringify(name)},"function":${found.function}}`);
      else if (found) leftOut.push(found);
    }
  }
  return `{"functions":[${functions}],"leftOut":${JSON.stringify(leftOut)},"unknown":${JSON.stringify(unknown)},"version":${versionOf(exports)}}`;
}

const readFunctions = (id) => answer(functionsOf, id, false);
// The same, where one of the functions has no JSON for what it takes and gives.
const readCheckedFunctions = (id) => answer(functionsOf, id, true);
