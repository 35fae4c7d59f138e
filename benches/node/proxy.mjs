// What the gateway is measured against: a proxy for queries as one would write it with
// `ConvexHttpClient`. It asks main whose a token is and where their deployment is, and keeps
// both, with a client for each token: what the gateway promises of neither is missing here.
import { createDecipheriv, createHash } from "node:crypto";
import { createServer } from "node:http";
import { ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { convexToJson, jsonToConvex } from "convex/values";

const whoAmI = makeFunctionReference("byod/credentials:whoAmI");
const getConfigInternal = makeFunctionReference("byod/credentials:getConfigInternal");
const KEPT = 60_000;

const main = new ConvexHttpClient(process.env.CONVEX_URL, { logger: false });
main.setAdminAuth(process.env.CONVEX_DEPLOY_KEY);
const encryptionKey = createHash("sha256").update(process.env.BYOD_ENCRYPTION_KEY).digest();
const routes = new Map();

function decrypt(encrypted, iv, authTag) {
  const decipher = createDecipheriv("aes-256-gcm", encryptionKey, Buffer.from(iv, "hex"));
  decipher.setAuthTag(Buffer.from(authTag, "hex"));
  return decipher.update(encrypted, "hex", "utf8") + decipher.final("utf8");
}

async function routeOf(token) {
  const known = routes.get(token);
  if (known !== undefined && known.until > Date.now()) return known;
  const theirs = new ConvexHttpClient(process.env.CONVEX_URL, { logger: false });
  theirs.setAuth(token);
  const who = await theirs.query(whoAmI, {});
  const config = await main.query(getConfigInternal, { userId: who.userId });
  const route = { client: theirs, inject: {}, until: Date.now() + KEPT };
  if (config?.connectionStatus === "connected") {
    const [urlIv, keyIv] = config.encryptionIV.split(":");
    const [urlTag, keyTag] = config.authTags.split(":");
    const url = decrypt(config.encryptedDeploymentUrl, urlIv, urlTag);
    route.client = new ConvexHttpClient(url, { logger: false });
    route.client.setAdminAuth(decrypt(config.encryptedDeployKey, keyIv, keyTag));
    route.inject = { userId: who.subject };
  }
  routes.set(token, route);
  return route;
}

const server = createServer(async (request, response) => {
  let answer;
  try {
    const parts = [];
    for await (const part of request) parts.push(part);
    const { path, args } = JSON.parse(Buffer.concat(parts));
    const token = request.headers.authorization.slice("Bearer ".length);
    const { client, inject } = await routeOf(token);
    const given = { ...jsonToConvex(args[0]), ...inject };
    const value = await client.query(makeFunctionReference(path), given);
    answer = { status: "success", value: convexToJson(value), logLines: [] };
  } catch (error) {
    answer = { status: "error", errorMessage: String(error), logLines: [] };
  }
  const body = JSON.stringify(answer);
  response.writeHead(200, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
  });
  response.end(body);
});
server.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
// It ends when whoever started it does.
process.stdin.resume().on("end", () => process.exit(0));
