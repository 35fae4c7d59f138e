// What two `ConvexClient`s of one user see through a gateway where the user's deployment has no
// sync: its URL, a token. What is written comes with the mutation; what others write, a little later.

import assert from "node:assert/strict";
import { ConvexClient } from "convex/browser";
import { anyApi as api } from "convex/server";

const [url, token] = process.argv.slice(2);

/** A tab with all notes as it saw them last. */
function tab() {
  const client = new ConvexClient(url, { logger: false });
  client.setAuth(async () => token);
  const seen = { titles: undefined };
  client.onUpdate(api.notes.list, {}, (notes) => {
    seen.titles = notes.map((note) => note.title);
  });
  return { client, seen };
}

async function until(what, holds) {
  for (const end = Date.now() + 20_000; !holds(); ) {
    assert.ok(Date.now() < end, `not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const [one, other] = [tab(), tab()];
await until("the first values", () => one.seen.titles && other.seen.titles);
assert.deepEqual([one.seen.titles, other.seen.titles], [[], []]);

const id = await one.client.mutation(api.notes.create, { title: "tea", content: "" });
await until("the new note at who wrote it", () => one.seen.titles.includes("tea"));
await until("the new note elsewhere", () => other.seen.titles.includes("tea"));

await other.client.mutation(api.notes.update, { id, title: "green tea" });
await until("the new title at who wrote it", () => other.seen.titles.includes("green tea"));
await until("the new title elsewhere", () => one.seen.titles.includes("green tea"));

// What a function throws there is thrown here.
await assert.rejects(one.client.mutation(api.notes.create, { title: 7, content: "" }));

await one.client.mutation(api.notes.remove, { id });
await until("no note", () => one.seen.titles.length + other.seen.titles.length === 0);
const kept = await one.client.mutation(api.notes.create, { title: "kept", content: "" });
assert.equal(typeof kept, "string");
await Promise.all([one.client.close(), other.client.close()]);
