// The package as it is published, in an app of its own: it has its types and its code, and nothing else.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
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
  assert.deepEqual(files.filter((file) => /^(test|node_modules)\//.test(file)), []);

  const modules = join(app, "node_modules");
  mkdirSync(modules);
  for (const name of readdirSync(join(here, "node_modules")))
    if (!name.startsWith(".")) symlinkSync(join(here, "node_modules", name), join(modules, name));
  run("tar", ["-xzf", packed.filename], app);
  symlinkSync(join(app, "package"), join(modules, "byod-react"));
  writeFileSync(
    join(app, "app.tsx"),
    `import { BYODGate, BYODProvider, BYODSettings, useBYOD, useBYODConnection, useBYODEnabled } from "byod-react";
import type { BYODStatus } from "byod-react";

export function App({ token }: { token: () => Promise<string | null> }) {
  return (
    <BYODProvider fetchToken={token}>
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
  // As Vite's template for React has it.
  const options = ["--noEmit", "--strict", "--jsx", "react-jsx", "--target", "ES2022", "--module", "ESNext", "--moduleResolution", "bundler"];
  run(process.execPath, [join(modules, "typescript", "bin", "tsc"), ...options, "--skipLibCheck", "app.tsx"], app);
} finally {
  rmSync(app, { recursive: true, force: true });
}
