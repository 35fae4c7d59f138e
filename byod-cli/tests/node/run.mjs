// Runs functions of a Convex project by convex-test.
//
//   node run.mjs CONVEX_FOLDER < [{"path": "notes:list", "type": "query", "args": {…}}, …]
//
// prints [{"value": …} or {"error": "…", "data": …}, …], with "refused": true where the
// arguments' validator let no function run. An argument "$2" is the value
// of call number 2, "$2.a.b" a part of it. Instead of a call: {"insert": "table", "document": {…}} past all
// functions, {"wait": milliseconds} for what was scheduled, {"later": milliseconds} to
// set the clock, {"count": "table"} for how many documents a table has, {"dump": true}
// for all documents of all tables of the schema, {"remove": "$2"} to delete one past
// all functions. Values are encoded as Convex's are in JSON.
import { build } from "esbuild";
import { convexTest } from "convex-test";
import { makeFunctionReference } from "convex/server";
import { convexToJson, jsonToConvex } from "convex/values";
import { existsSync, readFileSync, readdirSync, mkdtempSync, rmSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { text } from "node:stream/consumers";

// What fails and nobody awaits fails the function on a deployment. Here nobody learns of
// it: waiting for that would let run what is scheduled.
process.on("unhandledRejection", () => {});

// As far as from a function to whatever it calls.
Error.stackTraceLimit = 100;
const folder = resolve(process.argv[2]);
const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.[jt]s$/.test(file) && !file.endsWith(".d.ts"))
  .map((file) => join(folder, file));
// Inside this folder, so that the modules find its packages.
const outdir = mkdtempSync(join(import.meta.dirname, "node_modules", ".run-"));
try {
  await build({
    entryPoints: files,
    outbase: folder,
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    packages: "external",
    outExtension: { ".js": ".mjs" },
    logLevel: "error",
  });
  const modules = {};
  for (const file of files) {
    const path = relative(folder, file);
    const built = join(outdir, path.replace(/\.[jt]s$/, ".mjs"));
    modules[`/${basename(folder)}/${path}`] = () => import(pathToFileURL(built));
  }
  const { default: schema } = await import(pathToFileURL(join(outdir, "schema.mjs")));
  const t = convexTest(schema, modules);
  for (const [name, component] of components(folder)) {
    const schema = await import(pathToFileURL(join(component, "schema.js")));
    t.registerComponent(name, schema.default, modulesOf(component));
  }
  const results = [];
  for (const call of JSON.parse(await text(process.stdin))) {
    results.push(await run(t, schema, call, results));
  }
  await new Promise((done) => process.stdout.write(JSON.stringify(results), done));
} finally {
  rmSync(outdir, { recursive: true, force: true });
}
// Whatever is scheduled for later.
process.exit(0);

/** The components of `convex.config.ts`: name and folder of each. */
function components(folder) {
  const config = join(folder, "convex.config.ts");
  const text = existsSync(config) ? readFileSync(config, "utf8") : "";
  const used = [...text.matchAll(/app\.use\((\w+), \{ name: "(\w+)" \}\)/g)];
  return used.map(([, local, name]) => {
    const [, specifier] = text.match(`import ${local} from "(.+)/convex\\.config`);
    return [name, join(import.meta.dirname, "node_modules", specifier, "dist/component")];
  });
}

function modulesOf(component) {
  const files = readdirSync(component, { recursive: true, encoding: "utf8" });
  const modules = files.filter((file) => file.endsWith(".js") && !file.includes(".test."));
  return Object.fromEntries(
    modules.map((file) => [`./${file}`, () => import(pathToFileURL(join(component, file)))]),
  );
}

async function run(t, schema, call, results) {
  const given = (value) =>
    typeof value === "string" && /^\$\d+(\.\w+)*$/.test(value)
      ? value.slice(1).split(".").slice(1).reduce((at, key) => at[key], results[parseInt(value.slice(1))].value)
      : value && typeof value === "object"
        ? Array.isArray(value)
          ? value.map(given)
          : Object.fromEntries(Object.entries(value).map(([k, v]) => [k, given(v)]))
        : value;
  try {
    if (call.insert) {
      const document = jsonToConvex(given(call.document));
      return { value: await t.run((ctx) => ctx.db.insert(call.insert, document)) };
    }
    if (call.later) {
      const now = Date.now;
      Date.now = () => now() + call.later;
      return { value: null };
    }
    if (call.count) {
      const all = await t.run((ctx) => ctx.db.query(call.count).collect());
      return { value: all.length };
    }
    if (call.remove) {
      const id = given(call.remove);
      return { value: (await t.run((ctx) => ctx.db.delete(id))) ?? null };
    }
    if (call.dump) {
      const tables = [...Object.keys(schema.tables), ...(call.tables ?? [])];
      const all = await t.run(
        async (ctx) =>
          await Promise.all(tables.map((table) => ctx.db.query(table).collect())),
      );
      const dump = Object.fromEntries(tables.map((name, i) => [name, all[i]]));
      return { value: convexToJson(dump) };
    }
    if (call.wait) {
      await new Promise((done) => setTimeout(done, call.wait));
      await t.finishInProgressScheduledFunctions();
      return { value: null };
    }
    const args = jsonToConvex(given(call.args));
    const value = await t[call.type](makeFunctionReference(call.path), args);
    return { value: convexToJson(value ?? null) };
  } catch (error) {
    const failed = { error: error.message, data: error.data ?? null };
    // No function of the folder is on the way there.
    const isRefused = error.stack.includes("validateFunctionArgs") && !error.stack.includes(outdir);
    return isRefused ? { ...failed, refused: true } : failed;
  }
}
