// Writes `expected.json` of every fixture: what Convex's own npm package says,
// bundled as Convex's command-line tool bundles, on Node.
//
//   npm ci --legacy-peer-deps && node regenerate.mjs                 write the files
//   npm ci --legacy-peer-deps && node regenerate.mjs --compare READ  compare the reader (the built
//       example `read`) with them, with the real packages installed
//   npm ci --legacy-peer-deps && node regenerate.mjs --check         compare what is installed with them
//
// A name after these runs one fixture alone.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import esbuild from "esbuild";

// What the fixtures print while they load is not for the terminal.
const { log, error } = console;
globalThis.console = new Proxy({}, { get: () => () => {} });
// Packages ask by it whether they run on a deployment.
globalThis.Convex = {};

const here = path.dirname(fileURLToPath(import.meta.url));
const packages = process.env.NODE_MODULES ?? path.join(here, "node_modules");
const fixtures = process.env.FIXTURES ?? path.join(here, "..", "fixtures");
const ENDINGS = [".js", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".jsx"];

// What is not installed, or is no code: anything may be done with it.
const ANYTHING = `
  const anything = new Proxy(function () {}, {
    get: (target, name) =>
      name === Symbol.toPrimitive ? () => "" :
      name === Symbol.iterator ? function* () {} :
      name === "then" || typeof name === "symbol" ? undefined :
      name === "prototype" ? target.prototype : anything,
    getPrototypeOf: () => anything, // what the bundler makes namespaces from
    apply: () => anything,
    construct: (_, args, newTarget) => newTarget === anything ? anything : Object.create(newTarget.prototype),
  });
  module.exports = anything;
`;

const packageOf = (specifier) => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");

// What a fixture's package.json depends on is really there for the expected JSON;
// the reader has stand-ins for it.
function dependencies(fixture) {
  const file = path.join(fixture, "package.json");
  return fs.existsSync(file) ? Object.keys(JSON.parse(fs.readFileSync(file, "utf8")).dependencies ?? {}) : [];
}

const standins = (declared) => ({
  name: "standins",
  setup(build) {
    build.onResolve({ filter: /.*/ }, async (args) => {
      if (args.pluginData === "asked" || args.kind === "entry-point") return undefined;
      const found = await build.resolve(args.path, {
        importer: args.importer,
        kind: args.kind,
        resolveDir: args.resolveDir,
        pluginData: "asked",
      });
      const isCode = /\.([cm]?[jt]sx?|json|txt)$/.test(found.path);
      const isFile = found.namespace === "file" && path.isAbsolute(found.path);
      if (found.errors.length === 0 && (isCode || !isFile)) return undefined;
      if (declared.includes(packageOf(args.path))) {
        return build.resolve(args.path, { kind: args.kind, resolveDir: packages, pluginData: "asked" });
      }
      if (/_generated\/server(\.js)?$/.test(args.path)) return { path: "server", namespace: "generated" };
      if (/_generated\/api(\.js)?$/.test(args.path)) return { path: "api", namespace: "generated" };
      if (/_generated\/dataModel(\.js)?$/.test(args.path)) return { path: "empty", namespace: "generated" };
      if (/^convex\//.test(args.path)) return { path: path.join(packages, "convex/dist/esm", args.path.slice(7), "index.js") };
      if (args.path.replace("node:", "") === "async_hooks") return { path: "node:async_hooks", external: true };
      return { path: args.path, namespace: "anything" };
    });
    const generated = {
      server: `export { queryGeneric as query, internalQueryGeneric as internalQuery, mutationGeneric as mutation,
        internalMutationGeneric as internalMutation, actionGeneric as action, internalActionGeneric as internalAction,
        httpActionGeneric as httpAction } from "convex/server"; export const env = process.env;`,
      api: `import { anyApi, componentsGeneric } from "convex/server";
        export const api = anyApi; export const internal = anyApi; export const components = componentsGeneric();`,
      empty: "export {};",
    };
    build.onLoad({ filter: /.*/, namespace: "generated" }, ({ path: name }) => ({
      contents: generated[name],
      resolveDir: here,
    }));
    build.onLoad({ filter: /.*/, namespace: "anything" }, () => ({ contents: ANYTHING }));
  },
});

async function bundle(folder, entryPoints, declared = []) {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), "byod-expected-"));
  await esbuild.build({
    entryPoints,
    bundle: true,
    platform: "browser",
    format: "esm",
    target: "esnext",
    jsx: "automatic",
    outdir,
    outbase: folder,
    outExtension: { ".js": ".mjs" },
    conditions: ["convex", "module"],
    plugins: [standins(declared)],
    splitting: true,
    treeShaking: true,
    minifySyntax: true,
    minifyIdentifiers: true,
    keepNames: true,
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "error",
  });
  return outdir;
}

function modules(folder, below = "") {
  return fs.readdirSync(path.join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const relative = path.join(below, entry.name);
    if (entry.isDirectory()) {
      const isComponent = fs.existsSync(path.join(folder, relative, "convex.config.ts"));
      return isComponent || relative === "_generated" || entry.name === "node_modules" ? [] : modules(folder, relative);
    }
    const file = path.join(folder, relative);
    const isModule =
      ENDINGS.includes(path.extname(entry.name)) &&
      !/^[.#]|^schema\.[jt]s$|\..*\./.test(entry.name) &&
      !relative.includes(" ") &&
      (!/\.tsx?$/.test(entry.name) || /^\s{0,100}(import|export)/m.test(fs.readFileSync(file, "utf8")));
    return isModule ? [file] : [];
  });
}

function convexFolder(fixture) {
  const folder = path.join(fixture, "convex");
  return fs.existsSync(folder) ? folder : path.join(fixture, "packages/backend/convex");
}

async function expected(fixture) {
  const folder = convexFolder(fixture);
  const schemaFile = ["schema.ts", "schema.js"].map((name) => path.join(folder, name)).find((file) => fs.existsSync(file));
  const load = (outdir, file) => {
    const below = path.relative(folder, file).replace(/\.[^.]+$/, ".mjs");
    return import(pathToFileURL(path.join(outdir, below)));
  };
  const declared = dependencies(fixture);
  const variables = path.join(fixture, "variables.json");
  // Those that are set on the deployment.
  if (fs.existsSync(variables)) Object.assign(process.env, JSON.parse(fs.readFileSync(variables, "utf8")));
  const schema = schemaFile && (await load(await bundle(folder, [schemaFile], declared), schemaFile)).default;
  const files = modules(folder);
  const outdir = files.length > 0 ? await bundle(folder, files, declared) : "";
  const functions = {};
  for (const file of files) {
    const name = path.relative(folder, file).replace(/\.[^.]+$/, "");
    let exports;
    try {
      exports = await load(outdir, file);
    } catch {
      continue; // Its functions are absent.
    }
    for (const [exported, value] of Object.entries(exports)) {
      const functionType = ["Query", "Mutation", "Action"].find((kind) => value?.[`is${kind}`] === true);
      if (!functionType) continue;
      try {
        functions[`${name}:${exported}`] = {
          functionType,
          visibility: { kind: value.isInternal ? "internal" : "public" },
          args: JSON.parse(value.exportArgs()),
          returns: JSON.parse(value.exportReturns()),
        };
      } catch {
        // Left out, as an undefined validator is.
      }
    }
  }
  return { schema: schema ? JSON.parse(schema.export()) : null, functions };
}

// The fixture with the real packages beside it.
function installed(fixture) {
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), "byod-fixture-"));
  fs.cpSync(fixture, copy, { recursive: true, verbatimSymlinks: true });
  for (const name of ["convex", "convex-helpers", "convex-ents", "@convex-dev", "@useautumn", "zod", "@auth", "oauth4webapi", "jose", "@panva", "@oslojs", "lucia", "cookie", "is-network-error", "jwt-decode", "path-to-regexp", "server-only", "react"]) {
    const link = path.join(copy, "node_modules", name);
    if (fs.existsSync(link) || !fs.existsSync(path.join(packages, name))) continue;
    fs.mkdirSync(path.dirname(link), { recursive: true });
    fs.symlinkSync(path.join(packages, name), link);
  }
  return copy;
}

function compare(read, fixture) {
  const want = JSON.parse(fs.readFileSync(path.join(fixture, "expected.json"), "utf8"));
  const out = execFileSync(read, [convexFolder(installed(fixture))], { encoding: "utf8", maxBuffer: 1 << 28 });
  const { schema, functions, warnings } = JSON.parse(out);
  const same = isDeepStrictEqual(JSON.parse(JSON.stringify({ schema, functions })), want);
  if (!same) error(`${path.basename(fixture)}: differs`, { warnings });
  return same;
}

const args = process.argv.slice(2);
const read = args[0] === "--compare" ? (args.shift(), path.resolve(args.shift())) : undefined;
const checks = args[0] === "--check" && args.shift() !== undefined;
const names = args.length > 0 ? args : fs.readdirSync(fixtures).filter((name) => !name.startsWith(".")).sort();
let differing = 0;
for (const name of names) {
  const fixture = path.join(fixtures, name);
  if (read) {
    if (!compare(read, fixture)) differing += 1;
  } else if (checks) {
    const want = JSON.parse(fs.readFileSync(path.join(fixture, "expected.json"), "utf8"));
    if (!isDeepStrictEqual(JSON.parse(JSON.stringify(await expected(fixture))), want)) {
      error(`${name}: differs`);
      differing += 1;
    }
  } else {
    const json = JSON.stringify(await expected(fixture), null, 1);
    fs.writeFileSync(path.join(fixture, "expected.json"), `${json}\n`);
  }
}
log(`${names.length} fixtures${read || checks ? `, ${differing} differ` : " written"}`);
process.exit(differing > 0 ? 1 : 0);
