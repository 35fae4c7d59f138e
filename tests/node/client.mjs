// What a front end does, by the official client, against the deployment that the
// arguments name: its URL, a token of `alice`, and its deploy key.

import assert from "node:assert/strict";
import { ConvexHttpClient } from "convex/browser";
import { anyApi as api } from "convex/server";
import { ConvexError } from "convex/values";

const [url, token, deployKey] = process.argv.slice(2);
const client = (auth) => new ConvexHttpClient(url, { auth, logger: false });
const alice = client(token);

/** What the promise is rejected with. */
async function rejection(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  assert.fail("it should be rejected");
}

// A document's whole life.
const chat = await alice.mutation(api.conversations.create, { title: "Plans", model: "m" });
const [listed] = await alice.query(api.conversations.list, {});
assert.deepEqual([listed._id, listed.title], [chat, "Plans"]);
await alice.mutation(api.conversations.update, { id: chat, title: "Plans for the garden" });
const found = await alice.query(api.conversations.get, { id: chat });
assert.equal(found.title, "Plans for the garden");
assert.equal(typeof found._creationTime, "number");

// Every value comes back as it was.
const metadata = {
  exact: 9007199254740993n,
  least: -(2n ** 63n),
  bytes: new Uint8Array([0, 1, 254, 255]).buffer,
  empty: new ArrayBuffer(0),
  floats: [NaN, Infinity, -Infinity, -0, 0, 0.1 + 0.2, 5e-324, 1.7976931348623157e308],
  text: "Plans\u2028 “quoted” \\ \u0000 🌱",
  nested: { null: null, yes: true, list: [[], {}, [1n]] },
};
const message = await alice.mutation(api.messages.create, {
  conversationId: chat, role: "user", content: "Ferns?", metadata,
});
const stored = await alice.query(api.messages.get, { id: message });
assert.deepStrictEqual(stored.metadata, metadata);

// An action, and what it returns.
assert.deepEqual(await alice.action(api.ai.embed, { text: "abc" }), [3, -0, 0.25]);

// Errors, with data and without.
const thrown = await rejection(alice.mutation(api.tasks.complete, { id: await aTask() }));
assert.ok(thrown instanceof ConvexError);
assert.deepStrictEqual(thrown.data, { code: "already_done", at: 7n, proof: new Uint8Array([1]).buffer });
const plain = await rejection(alice.query(api.conversations.count, {}));
assert.ok(!(plain instanceof ConvexError));
assert.match(plain.message, /Uncaught Error: the index is being built/);
await alice.mutation(api.conversations.remove, { id: chat });
const gone = await rejection(alice.mutation(api.conversations.remove, { id: chat }));
assert.deepEqual(gone.data, { code: "not_found", message: "No such document" });
const wrong = await rejection(alice.mutation(api.conversations.create, { title: 7, model: "m" }));
assert.match(wrong.message, /^ArgumentValidationError: /);

async function aTask() {
  return await alice.mutation(api.tasks.create, { title: "Dig", status: "todo" });
}

// Functions that are not there, or not for this caller.
const absent = (name) => `Could not find public function for '${name}'.`;
assert.equal((await rejection(alice.query(api.notes.lst, {}))).message, absent("notes:lst"));
const secret = api.byod.credentials.getConfigInternal;
const userId = (await alice.query(api.conversations.list, {}), found.userId);
assert.equal(
  (await rejection(alice.query(secret, { userId }))).message,
  absent("byod/credentials:getConfigInternal"),
);
assert.match(
  (await rejection(alice.query(api.conversations.create, {}))).message,
  /Trying to execute conversations.js:create as Query, but it is defined as Mutation./,
);

// Who calls.
const nobody = client();
assert.match((await rejection(nobody.query(api.conversations.list, {}))).message, /Unauthenticated/);
nobody.setAuth(token);
await nobody.query(api.conversations.list, {});
nobody.setAuth(token + "x");
assert.match((await rejection(nobody.query(api.conversations.list, {}))).message, /"code":"Unauthenticated"/);
nobody.clearAuth();
assert.match((await rejection(nobody.query(api.conversations.list, {}))).message, /Unauthenticated/);
const admin = client();
admin.setAdminAuth(deployKey);
assert.equal(await admin.query(secret, { userId }), null);
admin.setAdminAuth(deployKey, { subject: "alice", issuer: "https://auth.local" });
await admin.mutation(api.conversations.create, { title: "By the admin", model: "m" });
admin.setAdminAuth(deployKey + "x");
assert.match((await rejection(admin.query(secret, { userId }))).message, /BadDeployKey/);

// Queries at one time see one state, whatever is written in between.
const reader = client(token);
const before = await reader.consistentQuery(api.conversations.list, {});
await alice.mutation(api.conversations.create, { title: "In between", model: "m" });
assert.deepStrictEqual(await reader.consistentQuery(api.conversations.list, {}), before);
assert.equal((await reader.query(api.conversations.list, {})).length, before.length + 1);

// Mutations of one client run in their order.
const titles = Array.from({ length: 20 }, (_, i) => `${i}`);
await Promise.all(titles.map((title) => alice.mutation(api.notes.create, { title, content: "" })));
const notes = await alice.query(api.notes.list, {});
assert.deepEqual(notes.map((note) => note.title).reverse(), titles);
