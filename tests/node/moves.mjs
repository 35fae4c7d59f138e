// A paginated query of React while its user connects a deployment and disconnects it. The arguments are the gateway's URL, a
// token of `alice`, and what she enters to connect.

import assert from "node:assert/strict";
import { createElement } from "react";
import { create } from "react-test-renderer";
import { ConvexProvider, ConvexReactClient, usePaginatedQuery } from "convex/react";
import { anyApi as api } from "convex/server";
import WebSocket from "ws";

const [url, token, entered] = process.argv.slice(2);
// The renderer says that it is for older programs.
console.error = () => {};

let shown = {};
async function until(what, holds) {
  for (const end = Date.now() + 20_000; !holds(); ) {
    assert.ok(Date.now() < end, `not in time: ${what}: ${JSON.stringify(shown)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function connection(what, body) {
  const response = await fetch(`${url}/byod/${what}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body,
  });
  assert.equal(response.status, 200, await response.text());
}

const client = new ConvexReactClient(url, { webSocketConstructor: WebSocket, logger: false });
client.setAuth(async () => token);

let page;
function Page() {
  page = usePaginatedQuery(api.messages.page, {}, { initialNumItems: 3 });
  shown = { status: page.status, messages: page.results.map(({ content }) => content).join() };
  return null;
}

async function write(...contents) {
  const conversationId = await client.mutation(api.conversations.create, { title: "T", model: "m" });
  for (const content of contents) await client.mutation(api.messages.create, { conversationId, role: "user", content });
}

await write("1", "2", "3", "4", "5", "6", "7");
const root = create(createElement(ConvexProvider, { client }, createElement(Page)));
await until("the first page", () => shown.messages === "7,6,5" && shown.status === "CanLoadMore");
page.loadMore(3);
await until("the second page", () => shown.messages === "7,6,5,4,3,2");

// Her own deployment has nothing yet: the list is there, empty, whatever pages were open.
await connection("connect", entered);
await until("nothing", () => shown.messages === "" && shown.status === "Exhausted");
await write("a", "b", "c", "d", "e");
await until("what is new", () => shown.messages.startsWith("e,d,c"));

// Back on main it begins with the first page again.
if (shown.status === "CanLoadMore") page.loadMore(3);
await connection("disconnect", "{}");
await until("the first page", () => shown.messages.startsWith("7,6,5") && shown.status === "CanLoadMore");
page.loadMore(3);
await until("the second page", () => shown.messages.startsWith("7,6,5,4,3,2"));

root.unmount();
await client.close();
