// A Convex project: its modules, schema and auth providers, bundled as
// `npx convex deploy` does it.

import { build } from "esbuild";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { existsSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";

const EXTENSIONS = /\.(ts|tsx|js|jsx|mjs|cjs|mts|cts)$/;

/** What `npx convex codegen` writes, for a project that has not run it. */
const GENERATED = {
  server: `export {
    queryGeneric as query, internalQueryGeneric as internalQuery,
    mutationGeneric as mutation, internalMutationGeneric as internalMutation,
    actionGeneric as action, internalActionGeneric as internalAction,
    httpActionGeneric as httpAction,
  } from "convex/server";`,
  api: `import { anyApi, componentsGeneric } from "convex/server";
  export const api = anyApi, internal = anyApi, components = componentsGeneric();`,
};

/** @type {Map<string, Promise<Project>>} */
const loaded = new Map();

/**
 * @typedef {object} Project
 * @property {Record<string, () => Promise<object>>} modules by name: `byod/credentials`
 * @property {import("convex/server").SchemaDefinition<any, any> | undefined} schema
 * @property {import("convex/server").AuthConfig["providers"]} providers
 */

/**
 * The project in that folder, read once.
 * @param {string} folder
 * @returns {Promise<Project>}
 */
export function loadProject(folder) {
  const path = resolve(folder);
  let project = loaded.get(path);
  if (project === undefined) loaded.set(path, (project = load(path)));
  return project;
}

async function load(folder) {
  const files = (await filesOf(folder)).sort();
  const schema = files.find((file) => /^schema\.[^.]+$/.test(file));
  const auth = files.find((file) => /^auth\.config\.[^.]+$/.test(file));
  const modules = files.filter((file) => file !== schema && isModule(file));
  const entries = [...modules, schema, auth].filter((file) => file !== undefined);
  if (modules.length === 0)
    throw new Error(`there is no Convex project in ${folder}: no module was found`);

  const out = await bundle(folder, entries);
  const importFile = (file) =>
    import(pathToFileURL(join(out, withoutExtension(file) + ".js")).href);
  return {
    modules: Object.fromEntries(
      modules.map((file) => [
        withoutExtension(file).split(sep).join("/"),
        () => importFile(file),
      ]),
    ),
    schema: schema && (await importFile(schema)).default,
    providers: auth ? (await importFile(auth)).default.providers : [],
  };
}

/** All source files of a project, but not those of its components. */
async function filesOf(root, folder = root) {
  const found = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const skipped = ["_generated", "node_modules"].includes(entry.name);
      const component = existsSync(join(path, "convex.config.ts"));
      if (!skipped && !component) found.push(...(await filesOf(root, path)));
    } else if (EXTENSIONS.test(entry.name)) {
      found.push(relative(root, path));
    }
  }
  return found;
}

/** Convex's rule: `x.test.ts`, `.hidden.ts`, `#temp.ts` and `a b.ts` are no modules. */
function isModule(file) {
  const name = file.split(sep).at(-1);
  return !/^[.#]| |\..*\./.test(name);
}

function withoutExtension(file) {
  return file.slice(0, -extname(file).length);
}

/** Bundles into a temporary folder, which goes when the process ends. */
async function bundle(folder, entries) {
  const out = await mkdtemp(join(tmpdir(), "byod-convex-"));
  process.on("exit", () => rmSync(out, { recursive: true, force: true }));
  try {
    await build({
      absWorkingDir: folder,
      entryPoints: entries,
      outdir: out,
      outbase: folder,
      bundle: true,
      splitting: true,
      chunkNames: "_deps/[hash]",
      format: "esm",
      platform: "node",
      target: "node20",
      sourcemap: "inline",
      logLevel: "silent",
      plugins: [packages, generated],
    });
  } catch (error) {
    await rm(out, { recursive: true, force: true });
    throw new Error(`the Convex project in ${folder} can't be bundled: ${error.message}`);
  }
  return out;
}

/** `convex` is this folder's, which `convex-test` uses too; of a package that is
 * not installed only the module that imports it fails, and only when it is called. */
const packages = {
  name: "packages",
  setup(build) {
    build.onResolve({ filter: /^convex($|\/)/ }, ({ path }) => ({
      path: import.meta.resolve(path),
      external: true,
    }));
    build.onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, ...rest }) => {
      if (pluginData === "seen" || rest.kind === "entry-point") return;
      const { importer, namespace, resolveDir, kind } = rest;
      const found = await build.resolve(path, {
        importer, namespace, resolveDir, kind, pluginData: "seen",
      });
      return found.errors.length === 0 ? found : { path, namespace: "absent" };
    });
    build.onLoad({ filter: /.*/, namespace: "absent" }, ({ path }) => ({
      loader: "js",
      // CommonJS, so that any name can be imported from it.
      contents: `throw new Error("Cannot find package '${path}'");
        module.exports = {};`,
    }));
  },
};

/** The generated files, where the project lacks them. */
const generated = {
  name: "generated",
  setup(build) {
    build.onResolve({ filter: /\/_generated\/(server|api)(\.js)?$/ }, (args) => {
      const path = resolve(args.resolveDir, args.path).replace(/\.js$/, "");
      const present = existsSync(path + ".js") || existsSync(path + ".ts");
      return present ? undefined : { path, namespace: "generated" };
    });
    build.onLoad({ filter: /.*/, namespace: "generated" }, ({ path }) => ({
      loader: "js",
      contents: GENERATED[path.split(sep).at(-1)],
    }));
  },
};
