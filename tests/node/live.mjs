// What `ConvexClient` does over a socket, against the deployment that the arguments
// name: its URL, a token of `alice` that soon runs out, and one that doesn't.

import assert from "node:assert/strict";
import net from "node:net";
import { ConvexClient } from "convex/browser";
import { anyApi as api } from "convex/server";
import { ConvexError } from "convex/values";

const [url, briefToken, token] = process.argv.slice(2);

/** Until it holds, which takes a while. */
async function until(what, holds) {
  for (const end = Date.now() + 20_000; !holds(); ) {
    assert.ok(Date.now() < end, `not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** What the promise is rejected with. */
async function rejection(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  assert.fail("it should be rejected");
}

// A network that can be cut.
const sockets = new Set();
const network = net.createServer((near) => {
  const far = net.connect(Number(new URL(url).port), "127.0.0.1");
  for (const [from, to] of [[near, far], [far, near]]) {
    sockets.add(from);
    from.on("error", () => {}).on("close", () => (sockets.delete(from), to.destroy()));
    from.pipe(to);
  }
});
await new Promise((resolve) => network.listen(0, "127.0.0.1", resolve));
const cut = () => sockets.forEach((socket) => socket.destroy());

const client = new ConvexClient(`http://127.0.0.1:${network.address().port}`, { logger: false });
let asked = 0;
// The client asks twice at the start: for any token, and for a fresh one.
client.setAuth(async () => (++asked <= 2 ? briefToken : token));

let titles;
let errors = 0;
client.onUpdate(
  api.conversations.list,
  {},
  (list) => (titles = list.map(({ title }) => title).sort()),
  () => (errors += 1),
);
await until("the list", () => titles?.length === 0);

// Its own change, seen once the mutation has ended.
await client.mutation(api.conversations.create, { title: "a", model: "m" });
assert.deepEqual(titles, ["a"]);

// An optimistic update is seen at once, and stays where the mutation succeeds …
const guess = (store, { title }) => {
  const list = store.getQuery(api.conversations.list, {});
  store.setQuery(api.conversations.list, {}, [{ title, guessed: true }, ...list]);
};
const second = client.mutation(
  api.conversations.create,
  { title: "b", model: "m" },
  { optimisticUpdate: guess },
);
await until("the guess", () => titles.length === 2);
await second;
assert.deepEqual(titles, ["a", "b"]);
// … and is taken back where it fails.
const failing = client.mutation(
  api.conversations.create,
  { title: "c", model: 7 },
  { optimisticUpdate: guess },
);
const failed = rejection(failing);
await until("the guess", () => titles.includes("c"));
assert.match((await failed).message, /ArgumentValidationError/);
await until("the guess to go", () => titles.length === 2);

// Errors: of a query, and one with data.
let message;
client.onUpdate(api.conversations.count, {}, () => {}, (error) => (message = error.message));
await until("the error", () => /the index is being built/.test(message));
const id = await client.mutation(api.tasks.create, { title: "Dig", status: "todo" });
const thrown = await rejection(client.mutation(api.tasks.complete, { id }));
assert.ok(thrown instanceof ConvexError);
assert.deepEqual(thrown.data, { code: "already_done", at: 7n });
assert.deepEqual(await client.action(api.ai.embed, { text: "abc" }), [3]);

// The token runs out: the deployment says so, and the client gets another.
await until("another token", () => asked > 2);
await client.mutation(api.conversations.create, { title: "d", model: "m" });
assert.deepEqual(titles, ["a", "b", "d"]);
assert.equal(errors, 0);

// Mutations while the network is cut again and again: none is lost, and none runs twice.
const cutting = setInterval(cut, 130);
const many = [];
for (let number = 0; number < 60; number += 1) {
  many.push(client.mutation(api.conversations.create, { title: `n${number}`, model: "m" }));
  await new Promise((resolve) => setTimeout(resolve, 25));
}
clearInterval(cutting);
await Promise.all(many);
await until("all of them", () => titles.length === 63);
assert.equal(new Set(titles).size, 63);

await client.close();
network.close();
cut();
