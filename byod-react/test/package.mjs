// The package as it is published, installed by npm in a fresh app of Vite's: it has its types and its code, and nothing
// else, and the app is checked and built with it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = join(dirname(fileURLToPath(import.meta.url)), "..");
const app = mkdtempSync(join(tmpdir(), "byod-react-"));
try {
  const run = (command, args, cwd) => execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const [packed] = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", app], here).replace(/^[^[]*/, ""));
  const files = packed.files.map((file) => file.path);
  assert.ok(files.includes("dist/index.js") && files.includes("dist/index.d.ts"), files.join("\n"));
  const sources = readdirSync(join(here, "src"));
  const compiled = sources.flatMap((file) => {
    const name = `dist/${file.replace(/\.tsx?$/, "")}`;
    return [`${name}.d.ts`, `${name}.d.ts.map`, `${name}.js`, `${name}.js.map`];
  });
  const others = ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "package.json"];
  assert.deepEqual(files.sort(), [...compiled, ...others, ...sources.map((file) => `src/${file}`)].sort());

  const { devDependencies } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  const names = ["convex", "react", "react-dom", "@types/react", "@types/react-dom", "typescript", "vite"];
  const dependencies = Object.fromEntries(names.map((name) => [name, devDependencies[name]]));
  writeFileSync(
    join(app, "package.json"),
    JSON.stringify({ private: true, type: "module", dependencies: { ...dependencies, "byod-react": `file:${packed.filename}` } }),
  );
  // It fails where the peers that the package asks for aren't these.
  run("npm", ["install", "--strict-peer-deps", "--prefer-offline", "--no-audit", "--no-fund"], app);
  writeFileSync(
    join(app, "app.tsx"),
    `import { BYODGate, BYODProvider, BYODSettings, useBYOD, useBYODConnection, useBYODEnabled } from "byod-react";
import type { BYODStatus } from "byod-react";

export function App({ token }: { token: () => Promise<string | null> }) {
  return (
    <BYODProvider fetchToken={token} user="alice">
      <BYODGate fallback={({ error }: BYODStatus) => <p>{error}</p>}>
        <Page />
      </BYODGate>
      <BYODSettings className="settings" words={{ connect: "Verbinden" }} />
    </BYODProvider>
  );
}

function Page() {
  const { isEnabled, isLoading, config, error } = useBYOD();
  const { connect, pending } = useBYODConnection();
  // @ts-expect-error: a deploy key is needed
  const wrong = () => connect({ deploymentUrl: "" });
  return <p onClick={wrong}>{[useBYODEnabled(), isEnabled, isLoading, config?.schemaVersion, error, pending].join()}</p>;
}
`,
  );
  writeFileSync(
    join(app, "main.tsx"),
    `import { ConvexProvider, ConvexReactClient } from "convex/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";

const convex = new ConvexReactClient("https://service.example/convex");
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <ConvexProvider client={convex}>
      <App token={async () => null} />
    </ConvexProvider>
  </StrictMode>,
);
`,
  );
  writeFileSync(join(app, "index.html"), '<div id="root"></div><script type="module" src="/main.tsx"></script>\n');
  const bin = (name, ...path) => [join(app, "node_modules", name, "bin", ...path)];
  // As Vite's template for React has it, and with the types of what it depends on looked at as well.
  const options = ["--noEmit", "--strict", "--jsx", "react-jsx", "--target", "ES2022", "--module", "ESNext", "--moduleResolution", "bundler"];
  run(process.execPath, [...bin("typescript", "tsc"), ...options, "main.tsx"], app);
  run(process.execPath, [...bin("vite", "vite.js"), "build", "--logLevel", "error"], app);
  const [built] = readdirSync(join(app, "dist", "assets")).filter((file) => file.endsWith(".js"));
  // What users read, by default and as the app says it.
  const code = readFileSync(join(app, "dist", "assets", built), "utf8");
  assert.ok(code.includes("Deployment URL") && code.includes("Verbinden"));
  // The code is found where the types are, without a bundler as well.
  run(process.execPath, ["--input-type=module", "-e", 'import { BYODProvider } from "byod-react"; BYODProvider.name;'], app);
} finally {
  rmSync(app, { recursive: true, force: true });
}
