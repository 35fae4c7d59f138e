// What two `ConvexClient`s of one user see through a gateway where the user's deployment has no
// sync: its URL, a token. What is written comes with the mutation; what others write, a little later.

import assert from "node:assert/strict";
import net from "node:net";
import { ConvexClient } from "convex/browser";
import { anyApi as api } from "convex/server";
import { ConvexError } from "convex/values";

const [url, token] = process.argv.slice(2);

async function until(what, holds) {
  for (const end = Date.now() + 20_000; !holds(); ) {
    assert.ok(Date.now() < end, `not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
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

/** A tab with all notes and tasks as it saw them last. */
function tab(url) {
  const client = new ConvexClient(url, { logger: false });
  client.setAuth(async () => token);
  const seen = { notes: undefined, tasks: undefined };
  const titles = (list) => list.map(({ title }) => title);
  client.onUpdate(api.notes.list, {}, (notes) => (seen.notes = titles(notes)));
  client.onUpdate(api.tasks.list, {}, (tasks) => (seen.tasks = titles(tasks)));
  return { client, seen };
}

const one = tab(`http://127.0.0.1:${network.address().port}`);
const other = tab(url);
await until("the first values", () => [one, other].every(({ seen }) => seen.notes && seen.tasks));
assert.deepEqual([one.seen.notes, other.seen.notes], [[], []]);

// Once it has ended, who wrote it sees it.
const id = await one.client.mutation(api.notes.create, { title: "tea", content: "" });
assert.deepEqual(one.seen.notes, ["tea"]);
await until("the new note elsewhere", () => other.seen.notes.includes("tea"));

await other.client.mutation(api.notes.update, { id, title: "green tea" });
assert.deepEqual(other.seen.notes, ["green tea"]);
await until("the new title elsewhere", () => one.seen.notes.includes("green tea"));

// A guess is seen at once, and stays where the mutation succeeds …
const guess = (store, { title }) => {
  const notes = store.getQuery(api.notes.list, {});
  store.setQuery(api.notes.list, {}, [{ title }, ...notes]);
};
const guessed = one.client.mutation(api.notes.create, { title: "guessed", content: "" }, { optimisticUpdate: guess });
await until("the guess", () => one.seen.notes.includes("guessed"));
const guessedId = await guessed;
assert.deepEqual(one.seen.notes, ["guessed", "green tea"]);
// … and is taken back where it fails; what a function throws there is thrown here.
const failing = one.client.mutation(api.notes.create, { title: 7, content: "" }, { optimisticUpdate: guess });
const failed = failing.then(() => assert.fail("it should be rejected"), (error) => error);
await until("the guess", () => one.seen.notes.includes(7));
assert.ok((await failed).message.length > 0);
await until("the guess to go", () => !one.seen.notes.includes(7));
await one.client.mutation(api.notes.remove, { id: guessedId });
const gone = await one.client.mutation(api.notes.remove, { id: guessedId }).catch((error) => error);
assert.ok(gone instanceof ConvexError && gone.data.code === "not_found", String(gone));

await one.client.mutation(api.notes.remove, { id });
await until("no note", () => one.seen.notes.length + other.seen.notes.length === 0);
const kept = await one.client.mutation(api.notes.create, { title: "kept", content: "" });
assert.equal(typeof kept, "string");

// Mutations while the network is cut again and again: none is lost, and none runs twice.
const cutting = setInterval(cut, 170);
const many = [];
for (let number = 0; number < 30; number += 1) {
  many.push(one.client.mutation(api.tasks.create, { title: `n${number}`, status: "todo" }));
  await new Promise((resolve) => setTimeout(resolve, 30));
}
clearInterval(cutting);
await Promise.all(many);
await until("all of them", () => [one, other].every(({ seen }) => seen.tasks.length === 30));
assert.equal(new Set(one.seen.tasks).size, 30);

await Promise.all([one.client.close(), other.client.close()]);
network.close();
cut();
