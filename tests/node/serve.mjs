// Serves Convex projects over Convex's HTTP API on 127.0.0.1, one port for each
// deployment. It is told what to do on its standard input, a line of JSON at a
// time, and answers each with a line; it ends with its standard input.
//
//   {"start": {"project": "../../examples/convex", "name": "main", "deployKey": "main|secret"}}
//   → {"port": 51234}
//   {"stop": 51234}        → {}
//   {"token": {"sub": …}}  → {"token": …}, which the auth provider of keys.mjs signed
//   anything that fails    → {"error": …}

import { createInterface } from "node:readline";
import { Console } from "node:console";
import { Deployment } from "./deployment.mjs";
import { serve } from "./http.mjs";
import { ISSUER, jwks, token } from "./keys.mjs";
import { loadProject } from "./project.mjs";

// Standard output is for the answers alone.
globalThis.console = new Console(process.stderr, process.stderr);

// As `npx convex env set` would.
process.env.AUTH_ISSUER = ISSUER;
process.env.AUTH_JWKS = jwks();

const servers = new Map();

const commands = {
  async start({ project: folder, name, deployKey }) {
    const { providers, ...project } = await loadProject(folder);
    const server = serve(new Deployment(project), { name, deployKey, providers });
    await new Promise((resolve, reject) => {
      server.once("error", reject).listen(0, "127.0.0.1", resolve);
    });
    const { port } = server.address();
    servers.set(port, server);
    return { port };
  },
  async stop(port) {
    const server = servers.get(port);
    servers.delete(port);
    server?.close();
    server?.closeAllConnections();
    return {};
  },
  async token(claims) {
    return { token: token(claims) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const [[command, argument]] = Object.entries(JSON.parse(line));
    answer = await commands[command](argument);
  } catch (error) {
    answer = { error: String(error?.message ?? error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
process.exit();
