// What a front end does with the official client, through a gateway. The arguments are its URL, a token of `alice`, who
// has a deployment of her own, and one of `bob`, who has none.

import assert from "node:assert/strict";
import { ConvexHttpClient } from "convex/browser";
import { anyApi as api } from "convex/server";
import { ConvexError } from "convex/values";

const [url, alices, bobs] = process.argv.slice(2);
const client = (auth) => new ConvexHttpClient(url, { auth, logger: false });

for (const token of [alices, bobs]) {
  const user = client(token);
  const id = await user.mutation(api.conversations.create, { title: "Plans", model: "m" });
  const listed = await user.query(api.conversations.list, {});
  assert.deepEqual(listed.map((found) => [found._id, found.title]), [[id, "Plans"]]);
  await user.mutation(api.conversations.update, { id, title: "Ferns" });
  assert.equal((await user.query(api.conversations.get, { id })).title, "Ferns");

  // Every value comes back as it was.
  const metadata = { exact: 9007199254740993n, bytes: new Uint8Array([0, 255]).buffer, floats: [NaN, -0] };
  const message = await user.mutation(api.messages.create, {
    conversationId: id, role: "user", content: "Ferns?", metadata,
  });
  assert.deepStrictEqual((await user.query(api.messages.get, { id: message })).metadata, metadata);

  // An error with data.
  await user.mutation(api.messages.remove, { id: message });
  const gone = user.mutation(api.messages.remove, { id: message });
  await assert.rejects(gone, (error) => error instanceof ConvexError && error.data.code === "not_found");
}

// Which deployment answered.
const said = async (token) => {
  const response = await fetch(`${url}/api/query`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ path: "conversations:list", args: {} }),
  });
  return response.headers.get("byod-deployment");
};
assert.deepEqual([await said(alices), await said(bobs)], ["user", "main"]);

// Nobody is nobody, on main.
await assert.rejects(client(undefined).query(api.conversations.list, {}));
