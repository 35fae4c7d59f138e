// The modules that have been loaded, and how they are linked and run.
//
// Every ES module arrives as an async function that (1) defines its exports and
// hoisted functions, (2) waits for its gate, (3) imports one dependency after
// the other and runs its body. Linking starts the functions of a whole graph,
// so that, as in Convex's bundles, hoisted functions can be called across a
// cycle before their module has run, and `export *` sees all names; evaluation
// then opens the gates, depth first.
//
// A package may say of itself that loading it changes nothing else (`sideEffects` of
// its `package.json`), and Convex's bundler believes it. Of such a module importers
// get what loads it when they first look into it: what only the insides of functions
// use is not even read.

const records = new Map();
// What modules have imported after they were linked.
let lateImports = 0;

function recordOf(id) {
  let record = records.get(id);
  if (!record) {
    record = { id, state: "new", exports: Object.create(null), deps: new Map(), stars: [], open: undefined };
    records.set(id, record);
  }
  return record;
}

function resolve(specifier, importer, isRequire) {
  const key = isRequire ? `require ${specifier}` : specifier;
  let record = importer.deps.get(key);
  if (!record) {
    record = recordOf(host.resolve(specifier, importer.id, isRequire));
    importer.deps.set(key, record);
    if (importer.state !== "linked") lateImports++;
  }
  return record;
}

// --- What importers see ---

// The record behind what loads a module when it is looked into.
const deferred = new WeakMap();

function isDeferred(record) {
  if (record.state !== "new" && record.state !== "linked") return false;
  return (record.isPure ??= host.isPure(record.id));
}

// What an importer sees before it looks into a module that may be loaded later.
function deferredNamespace(record, importer) {
  const known = (importer.deferred ??= new Map()).get(record);
  if (known) return known;
  const seen = () => demanded(record, importer);
  const value = new Proxy(Object.create(null), {
    get: (_, name) => (name === "then" ? undefined : seen()[name]),
    has: (_, name) => name !== "then" && name in seen(),
    ownKeys: () => Reflect.ownKeys(seen()),
    getOwnPropertyDescriptor: (_, name) => {
      const property = Reflect.getOwnPropertyDescriptor(seen(), name);
      return property && { ...property, configurable: true };
    },
  });
  deferred.set(value, record);
  importer.deferred.set(record, value);
  return value;
}

// Loads a module in the middle of what runs, and gives what the importer sees of it.
function demanded(record, importer) {
  if (record.state === "new" || record.state === "linked") {
    const running = host.runningNow();
    try {
      link(record, importer);
      evaluate(record, importer);
      host.drain();
      if (record.state === "running") throw new Error(`${host.shown(record.id)} awaits something that does not come at once`);
    } finally {
      host.running(running);
    }
  }
  return seenBy(importer, record);
}

function namespaceFor(importer, record) {
  return isDeferred(record) ? deferredNamespace(record, importer) : namespace(record);
}

function namespace(record) {
  if (record.kind === "inert") return record.exports;
  if (record.state === "failed") return failedNamespace(record);
  return record.open ? openNamespace(record, record.open) : record.exports;
}

// Names that are not there are inert values of `origin`.
function openNamespace(record, origin) {
  record.openNamespace ??= new Proxy(record.exports, {
    get: (exports, name) => {
      const value = Reflect.get(exports, name);
      if (value !== undefined || typeof name === "symbol" || name === "then") return value;
      host.meetsInert(false);
      return inert(origin, name);
    },
  });
  return record.openNamespace;
}

function failedNamespace(record) {
  if (record.standin === undefined) {
    const id = host.standinFor(record.id);
    record.standin = id ? recordOf(id) : null;
    if (record.standin) {
      link(record.standin);
      open(record.standin);
    }
  }
  if (record.standin) return namespace(record.standin);
  // What it has made so far may be of what it has not, where something is not there.
  if (host.notices) return (record.absent ??= inert(failureOf(record)));
  return openNamespace(record, failureOf(record));
}

function failureOf(record) {
  const place = host.place(record.id, String(record.error?.stack ?? ""));
  return `${place} (which failed to load: ${reasonOf(record.error)})`;
}

function isObject(value) {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

// A CommonJS module as an ES module sees it; the rules are those of Convex's bundler.
function fillFromCommonJs(record, importer) {
  const value = record.module.exports;
  const exports = Object.create(null);
  const define = (name, enumerable, get) => Object.defineProperty(exports, name, { enumerable, configurable: true, get });
  if (!isObject(value) || !value.__esModule || host.isNodeModule(importer.id)) define("default", true, () => value);
  if (isObject(value)) {
    for (const name of Object.getOwnPropertyNames(value)) {
      const { enumerable } = Object.getOwnPropertyDescriptor(value, name);
      if (!Object.hasOwn(exports, name)) define(name, enumerable, () => value[name]);
    }
  }
  return exports;
}

function seenBy(importer, record) {
  if (record.kind !== "cjs" || record.state === "failed") return namespace(record);
  const key = host.isNodeModule(importer.id) ? "nodeView" : "view";
  return record.state === "done" ? (record[key] ??= fillFromCommonJs(record, importer)) : fillFromCommonJs(record, importer);
}

// --- Linking ---

function load(record) {
  record.state = "linked";
  let loaded;
  try {
    loaded = host.load(record.id);
  } catch (error) {
    fail(record, error);
    return;
  }
  record.kind = loaded.kind;
  if (loaded.kind === "inert") {
    record.exports = inert(loaded.origin, "", loaded.isOfNode);
    record.state = "done";
  } else if (loaded.kind === "json" || loaded.kind === "txt") {
    record.kind = "cjs";
    try {
      record.module = { exports: loaded.kind === "txt" ? loaded.text : JSON.parse(loaded.text) };
      record.state = "done";
    } catch (error) {
      fail(record, error);
    }
  } else {
    record.run = loaded.run;
    // A stand-in of a package has not all of its names.
    record.open = loaded.absent;
    record.imports = loaded.imports ?? [];
    record.starImports = loaded.stars ?? [];
    // By the exported name: where it comes from, and its name there.
    record.reexports = new Map((loaded.reexports ?? []).map(([exported, ...from]) => [exported, from]));
  }
}

function link(record, importer) {
  if (record.state !== "new") return;
  const linked = [];
  linkGraph(record, linked, importer);
  // What is imported before what imports it.
  for (const one of linked.toReversed()) linkStars(one);
  for (const one of linked) sortNames(one.exports);
}

// The names of an ES module come in alphabetical order, whatever the source's.
function sortNames(exports) {
  const names = Object.keys(exports);
  const sorted = names.toSorted();
  if (sorted.every((name, i) => name === names[i])) return;
  for (const name of sorted) {
    const property = Object.getOwnPropertyDescriptor(exports, name);
    delete exports[name];
    Object.defineProperty(exports, name, property);
  }
}

function linkGraph(record, linked, importer) {
  if (record.state !== "new") return;
  record.importer = importer;
  host.running(record.id);
  load(record);
  if (record.kind !== "esm" || record.state === "failed") return;
  linked.push(record);
  const gate = new Promise((opened) => (record.openGate = opened));
  record.started = record.run.call(
    undefined,
    record.exports,
    (bind) => {
      record.bind = bind;
      return gate;
    },
    (specifier) => importStatic(specifier, record),
    (specifier) => importDynamic(specifier, record),
    (value) => exportAll(record, value),
    importMeta(record),
    Object,
    (specifier) => requireFrom(record, specifier),
    noticingOf(record),
  );
  record.started.catch(() => {});
  record.ownNames = new Set(Object.keys(record.exports));
  for (const specifier of record.imports) {
    const imported = resolve(specifier, record, false);
    // What `export *` passes on is known by its names.
    if (record.starImports.includes(specifier) || !isDeferred(imported)) linkGraph(imported, linked, record);
  }
  // Re-exports lead to their module before this one has run.
  record.bind?.((specifier) => namespaceFor(record, resolve(specifier, record, false)));
  for (const specifier of record.starImports) record.stars.push(resolve(specifier, record, false));
}

// The names an ES module exports, through `export *` too.
function namesOf(record, seen) {
  if (seen.has(record) || record.kind !== "esm") return [];
  seen.add(record);
  const names = [...Object.keys(record.exports), ...record.stars.flatMap((star) => namesOf(star, seen))];
  return names.filter((name) => !record.ambiguous?.has(name));
}

// Which module's variable a name of an ES module is; `null` if `export *` gives it
// several, `undefined` if that is not known.
function bindingOf(record, name, seen = new Set()) {
  const binding = `${name} of ${record.id}`;
  if (record.kind !== "esm" || record.state === "failed" || seen.has(binding)) return undefined;
  seen.add(binding);
  const from = record.reexports.get(name);
  if (from) {
    const [specifier, imported] = from;
    const target = resolve(specifier, record, false);
    link(target, record);
    return bindingOf(target, imported, seen) ?? `${imported} of ${target.id}`;
  }
  if (record.ownNames?.has(name)) return binding;
  let found;
  for (const star of record.stars) {
    const other = bindingOf(star, name, seen);
    if (other === null || (found !== undefined && other !== undefined && found !== other)) return null;
    found ??= other;
  }
  return found;
}

function linkStars(record) {
  for (const star of record.stars) {
    if (star.kind === "inert" || star.state === "failed") record.open ??= originOf(star);
    if (star.open) record.open ??= star.open;
    for (const name of namesOf(star, new Set([record]))) {
      const isTwice = Object.hasOwn(record.exports, name) && !record.ownNames.has(name);
      if (isTwice && bindingOf(record, name) === null) makeAmbiguous(record, name);
      else defineStar(record, name, () => namespaceFor(record, star)[name]);
    }
  }
}

// A name that `export *` gives a module twice is none of its own.
function makeAmbiguous(record, name) {
  (record.ambiguous ??= new Set()).add(name);
  delete record.exports[name];
}

function defineStar(record, name, get) {
  if (name !== "default" && !Object.hasOwn(record.exports, name) && !record.ambiguous?.has(name)) {
    Object.defineProperty(record.exports, name, { enumerable: true, configurable: true, get });
  }
}

function originOf(record) {
  return record.kind === "inert" ? inertInfo.get(record.exports).origin : host.shown(record.id);
}

// CommonJS modules show their names only when they have run.
function exportAll(record, value) {
  if (isInert(value)) {
    record.open ??= inertInfo.get(value).origin;
    return;
  }
  // Of an ES module they are known already.
  if (deferred.get(value)?.kind === "esm") return;
  for (const name of Object.keys(value)) defineStar(record, name, () => value[name]);
  sortNames(record.exports);
}

function importMeta(record) {
  if (record.id.startsWith("standin:")) return { absent: record.open && inert(record.open), known: noticing.test };
  return { url: `file://${record.id}`, filename: record.id, dirname: directoryOf(record), env: process.env };
}

function directoryOf(record) {
  return record.id.slice(0, record.id.lastIndexOf("/"));
}

// --- Evaluation ---

function isAncestor(record, of) {
  for (let at = of; at; at = at.parent) {
    if (at === record) return true;
  }
  return false;
}

function importStatic(specifier, importer) {
  const record = resolve(specifier, importer, false);
  return isDeferred(record) ? deferredNamespace(record, importer) : evaluated(record, importer);
}

function importDynamic(specifier, importer) {
  const record = resolve(String(specifier), importer, false);
  link(record, importer);
  host.running(importer.id);
  return evaluated(record, importer).then((seen) => {
    if (record.state === "failed" && !record.standin) throw record.error;
    return seen;
  });
}

async function evaluated(record, importer) {
  if (record.state !== "done" && record.state !== "failed") {
    // An ancestor waits for us: it is used as far as it has come.
    if (!(record.state === "running" && isAncestor(record, importer))) {
      await evaluate(record, importer);
    }
    host.running(importer.id);
  }
  return seenBy(importer, record);
}

function open(record, parent) {
  if (record.state !== "linked") return;
  record.state = "running";
  record.parent = parent;
  host.running(record.id);
  record.openGate();
}

function evaluate(record, parent) {
  if (record.state === "done" || record.state === "failed") return undefined;
  if (record.kind === "cjs") {
    runCommonJs(record, parent);
    return undefined;
  }
  open(record, parent);
  record.settled ??= record.started.then(
    () => {
      if (record.undecided) fail(record, record.undecided);
      else if (record.state === "running") record.state = "done";
    },
    (error) => fail(record, error),
  );
  return record.settled;
}

function fail(record, error) {
  if (record.state === "failed") return;
  record.state = "failed";
  record.error = error;
}

// --- CommonJS ---

function runCommonJs(record, parent) {
  if (record.state !== "linked") return;
  record.state = "running";
  record.parent = parent;
  record.module = { exports: {}, id: record.id, filename: record.id, loaded: false };
  host.running(record.id);
  const require = (specifier) => requireFrom(record, specifier);
  require.resolve = (specifier) => specifier;
  require.cache = {};
  try {
    record.run.call(
      record.module.exports,
      record.module.exports,
      require,
      record.module,
      record.id,
      directoryOf(record),
      (specifier) => importDynamic(specifier, record),
      importMeta(record),
      noticingOf(record),
    );
    if (record.undecided) throw record.undecided;
    record.state = "done";
    record.module.loaded = true;
  } catch (error) {
    fail(record, error);
  }
}

function requireFrom(importer, specifier) {
  const record = resolve(String(specifier), importer, true);
  link(record, importer);
  host.running(importer.id);
  if (record.kind === "inert") return record.exports;
  if (record.kind === "cjs") {
    runCommonJs(record, importer);
    host.running(importer.id);
    if (record.state !== "failed") return record.module.exports;
    throw record.error;
  }
  if (record.state === "linked") {
    evaluate(record, importer);
    host.drain();
    host.running(importer.id);
  }
  if (record.state === "failed" && host.standinFor(record.id) === "") throw record.error;
  const seen = namespace(record);
  const value = Object.create(null, { __esModule: { value: true } });
  for (const name of Object.keys(seen)) {
    Object.defineProperty(value, name, { enumerable: true, configurable: true, get: () => seen[name] });
  }
  return value;
}

// --- Failures ---

// The module that is to be blamed for what the running one costs: of a package, the
// one that the project imports, for none of its parts need be too much by itself.
function culprit(id) {
  let found = id;
  const seen = new Set();
  for (let at = records.get(id); at?.id.includes("/node_modules/") && !seen.has(at); at = at.parent ?? at.importer) {
    found = at.id;
    seen.add(at);
  }
  return JSON.stringify(found);
}

function reasonOf(error) {
  if (error instanceof Undecided) return error.message;
  if (error === null) return "null was thrown";
  if (isInert(error)) return `${describeInert(inertInfo.get(error))} was thrown`;
  if (!isObject(error)) return `${String(error)} was thrown`;
  const text = `${error.name ?? "Error"}: ${error.message ?? ""}`;
  const known = inertIn(text);
  return known ? `it uses ${describeInert(known)}` : text;
}
