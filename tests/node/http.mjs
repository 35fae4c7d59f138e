// The HTTP API: reads a request, calls functions, writes the answer.

import { createServer } from "node:http";
import { authenticate, badDeployKey } from "./auth.mjs";
import { Refused } from "./refused.mjs";
import { formatted } from "./values.mjs";

/** The largest body that is read, in bytes. */
const LARGEST_BODY = 20 << 20;

/**
 * How long an unused connection is kept, in milliseconds: longer than clients do, as deployments
 * keep it. Node's own 5 s would close one just when a call is sent on it.
 */
const KEPT = 75_000;

/** Where `convex-test` says that files are. */
const FILES = "https://some-deployment.convex.cloud/api/storage/";

/** Where a backend that one runs oneself has a project's HTTP actions. */
const ACTIONS = "/http/";

/** What each endpoint runs; null for any kind. */
const KINDS = {
  "/api/query": "Query",
  "/api/query_at_ts": "Query",
  "/api/query_batch": "Query",
  "/api/mutation": "Mutation",
  "/api/action": "Action",
  "/api/function": null,
};

/**
 * A server of the deployment, not listening yet.
 * @param {import("./deployment.mjs").Deployment} deployment
 * @param {{ name: string, deployKey: string, providers: object[] }} who
 */
export function serve(deployment, who) {
  return createServer({ keepAliveTimeout: KEPT }, async (request, response) => {
    let status = 200, body;
    const { pathname } = new URL(request.url, "http://localhost");
    try {
      if (request.method === "GET" && pathname.startsWith("/api/storage/"))
        return await give(deployment, pathname, response);
      if (pathname.startsWith(ACTIONS))
        return await act(deployment, who, request, response);
      body = pathname === "/api/storage/upload"
        ? { storageId: await take(deployment, request) }
        : await answer(deployment, who, request);
    } catch (error) {
      if (error instanceof Refused) {
        status = error.status;
        body = { code: error.code, message: error.message };
      } else {
        console.error(error);
        status = 500;
        body = { code: "InternalServerError", message: String(error) };
      }
    }
    if (status === 405) response.setHeader("Allow", "POST");
    const here = `http://${request.headers.host}/api/storage/`;
    const text = JSON.stringify(body).replaceAll(FILES, here);
    response.writeHead(status, {
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(text),
    });
    response.end(text);
  });
}

/** An HTTP action, called by whoever the token says; what it throws is its caller's to see. */
async function act(deployment, who, request, response) {
  const caller = await authenticate(request.headers.authorization, who);
  const parts = [];
  for await (const part of request) parts.push(part);
  const { method, headers } = request;
  const body = parts.length === 0 ? undefined : Buffer.concat(parts);
  const path = request.url.slice(ACTIONS.length - 1);
  const answer = await deployment.fetch(path, { method, headers, body }, caller);
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
}

async function give(deployment, pathname, response) {
  const blob = await deployment.file(pathname.slice("/api/storage/".length));
  if (blob === null) throw new Refused(404, "NotFound", "There is no such file");
  const body = Buffer.from(await blob.arrayBuffer());
  response.writeHead(200, {
    "Content-Type": blob.type,
    "Content-Length": body.length,
  });
  response.end(body);
}

async function take(deployment, request) {
  if (request.method !== "POST")
    throw new Refused(405, "MethodNotAllowed", "An upload takes POST");
  const parts = [];
  for await (const part of request) parts.push(part);
  const type = request.headers["content-type"];
  return await deployment.put(new Blob(parts, { type }));
}

async function answer(deployment, who, request) {
  const endpoint = new URL(request.url, "http://localhost").pathname;
  if (endpoint !== "/api/query_ts" && !(endpoint in KINDS))
    throw new Refused(404, "NotFound", `There is nothing at ${endpoint}`);
  if (request.method !== "POST")
    throw new Refused(405, "MethodNotAllowed", `${endpoint} takes POST`);
  if (endpoint === "/api/query_ts") return { ts: timestamp(deployment.version) };

  const body = await read(request);
  const kind = KINDS[endpoint];
  if (endpoint === "/api/query_batch") {
    if (!Array.isArray(body.queries)) throw badBody("missing field `queries`");
    const calls = body.queries.map((query) => callOf(query, kind));
    const formats = body.queries.map(formatOf);
    const caller = await authenticate(request.headers.authorization, who);
    const outcomes = await deployment.read(calls, caller);
    return { results: outcomes.map((outcome, i) => answerOf(outcome, formats[i])) };
  }
  const call = callOf(body, kind);
  const format = formatOf(body);
  const caller = await authenticate(request.headers.authorization, who);
  if (kind === null && !caller.admin) throw badDeployKey(who.name);
  if (endpoint === "/api/query_at_ts") checkTimestamp(deployment, body.ts);
  return answerOf(await deployment.run(call, caller), format);
}

async function read(request) {
  const type = request.headers["content-type"]?.split(";")[0].trim().toLowerCase();
  if (type !== "application/json")
    throw new Refused(400, "BadJsonBody", "Expected request with `Content-Type: application/json`");
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    // The rest is read too, so that the client gets to see the answer.
    if (size <= LARGEST_BODY) parts.push(part);
  }
  if (size > LARGEST_BODY)
    throw new Refused(413, "PayloadTooLarge", `The body is larger than ${LARGEST_BODY} bytes`);
  let body;
  try {
    body = JSON.parse(Buffer.concat(parts).toString());
  } catch (error) {
    throw badJson(`Failed to parse the request body as JSON: ${error.message}`);
  }
  if (typeof body !== "object" || body === null) throw badBody("it is no object");
  return body;
}

function badJson(message) {
  return new Refused(400, "BadJsonBody", message);
}

function badBody(why) {
  return badJson(`Failed to deserialize the JSON body into the target type: ${why}`);
}

function callOf({ path, args } = {}, kind) {
  if (typeof path !== "string") throw badBody("missing field `path`");
  if (args === undefined) throw badBody("missing field `args`");
  if (!/^[^:]+(:[^:]+)?$/.test(path)) {
    const message = `${path} is not a valid path to a Convex function.`;
    throw new Refused(400, "BadConvexFunctionIdentifier", message);
  }
  return { path, args, kind };
}

function formatOf({ format = "json" }) {
  if (format === "json" || format === "convex_encoded_json") return format;
  throw new Refused(400, "BadFormat", `format param must be one of [\`json\`]. Got ${format}`);
}

function answerOf(outcome, format) {
  if ("value" in outcome)
    return { status: "success", value: formatted(outcome.value, format), logLines: [] };
  const { message: errorMessage, data } = outcome;
  const errorData = data === undefined ? undefined : formatted(data, format);
  return { status: "error", errorMessage, errorData, logLines: [] };
}

/** Base64 of 8 little-endian bytes, as the backend writes it. */
function timestamp(version) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(version));
  return bytes.toString("base64");
}

/** `convex-test` keeps no history: a timestamp is good until the next write. */
function checkTimestamp(deployment, ts) {
  const bytes = Buffer.from(String(ts), "base64");
  if (typeof ts !== "string" || bytes.length !== 8)
    throw new Refused(400, "BadTimestamp", "`ts` must be a timestamp from /api/query_ts");
  if (bytes.readBigUInt64LE() !== BigInt(deployment.version))
    throw new Refused(400, "OutOfRetention", "Something was written since that timestamp, and convex-test keeps no history");
}
