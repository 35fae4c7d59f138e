// What a client sees that watches a list, and writes, while its user's data moves to their own deployment. The arguments are
// the gateway's URL and a token of `alice`.

import assert from "node:assert/strict";
import { ConvexReactClient } from "convex/react";
import { anyApi as api } from "convex/server";
import { ConvexError } from "convex/values";
import WebSocket from "ws";

const [url, token] = process.argv.slice(2);
const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

const client = new ConvexReactClient(url, { webSocketConstructor: WebSocket, logger: false });
client.setAuth(async () => token);
const create = (title) => client.mutation(api.conversations.create, { title, model: "m" });

await create("first");
await create("second");
let titles = [];
let fewest = Infinity;
const list = client.watchQuery(api.conversations.list, {});
list.onUpdate(() => {
  titles = (list.localQueryResult() ?? []).map(({ title }) => title);
  // Once it was there, it is there all the time.
  if (titles.length >= 2 || fewest < Infinity) fewest = Math.min(fewest, titles.length);
});
async function until(what, holds) {
  for (const end = Date.now() + 60_000; !holds(); await pause(10))
    assert.ok(Date.now() < end, `not in time: ${what}: ${JSON.stringify(titles)}`);
}
await until("its data", () => titles.length === 2);

// It writes until that is refused.
let refused = null;
let written = 2;
while (refused === null) {
  try {
    await create(`${++written}`);
    await pause(50);
  } catch (error) {
    refused = error;
    written -= 1;
  }
}
assert.ok(refused instanceof ConvexError, String(refused));
assert.equal(refused.data.byod, "moving");
assert.match(refused.data.reason, /./);
// Reading goes on.
const read = await client.query(api.conversations.list, {});
assert.equal(read.length, written);

// And writing does, once it has moved: without anything done here.
for (let moves = true; moves; ) {
  try {
    await create("from the other side");
    moves = false;
  } catch (error) {
    assert.equal(error.data?.byod, "moving", String(error));
    await pause(100);
  }
}
await until("its data, from the other side", () => titles.includes("from the other side"));
assert.equal(titles.length, written + 1);
assert.ok(fewest >= 2, `it was gone for a moment: ${fewest}`);
await client.close();
