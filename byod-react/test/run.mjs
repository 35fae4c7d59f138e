// Runs the tests with one React: `node test/run.mjs 19`, or 18, and those of `moving.test.tsx` with `moving` behind it;
// `package` looks at what is published. They talk to a real gateway: the environment says where it is (BYOD_GATEWAY), whose
// token to send (BYOD_TOKEN), which deployment that user may connect (BYOD_DEPLOYMENT, BYOD_DEPLOY_KEY), and the token of a
// user without one (BYOD_OTHERS_TOKEN). `cargo test --workspace --test across gateway::react gateway::moving` starts one and
// sets them.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [react = "19", tested = "byod"] = process.argv.slice(2);
const packages = { 19: join(here, ".."), 18: join(here, "react-18"), package: join(here, "..") }[react];
if (packages === undefined) throw new Error(`There is no React ${react} to test with: 18 or 19`);

for (const folder of new Set([join(here, ".."), packages])) {
  const lock = readFileSync(join(folder, "package-lock.json"));
  const present = join(folder, "node_modules", ".installed-lock.json");
  if (existsSync(present) && readFileSync(present).equals(lock)) continue;
  const installed = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder, encoding: "utf8" });
  if (installed.status !== 0) throw new Error(`npm ci in ${folder}:\n${installed.stderr}`);
  writeFileSync(present, lock);
}

if (react === "package") {
  await import("./package.mjs");
  process.exit();
}

const { build } = await import("esbuild");
const bundled = join(here, "..", "node_modules", `.tests-react-${react}`);
const names = ["react", "react-dom", "convex", "@testing-library/react", "@testing-library/dom"];
await build({
  entryPoints: [join(here, `${tested}.test.tsx`)],
  bundle: true,
  platform: "node",
  format: "esm",
  jsx: "automatic",
  outfile: join(bundled, `${tested}.test.mjs`),
  external: ["happy-dom", "node:*", "ws"],
  // One React for all that is bundled.
  plugins: [
    {
      name: "one-react",
      setup(build) {
        build.onResolve({ filter: /^[@a-z]/ }, (asked) => {
          const isOurs = names.some((name) => asked.path === name || asked.path.startsWith(`${name}/`));
          if (!isOurs || asked.pluginData === "resolved") return;
          return build.resolve(asked.path, { kind: asked.kind, resolveDir: packages, pluginData: "resolved" });
        });
      },
    },
  ],
  banner: {
    js: "import { createRequire as $create } from 'node:module'; const require = $create(import.meta.url);",
  },
  define: { "process.env.NODE_ENV": '"development"' },
  logLevel: "error",
});

const tests = ["--test", "--test-timeout=60000", "--import", join(here, "browser.mjs"), join(bundled, `${tested}.test.mjs`)];
const { status } = spawnSync(process.execPath, tests, { stdio: "inherit", env: { ...process.env, BYOD_REACT: react } });
process.exit(status ?? 1);
