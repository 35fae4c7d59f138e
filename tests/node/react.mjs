// What React's hooks show, against the deployment that the arguments name: its URL, and
// a token of `alice`.

import assert from "node:assert/strict";
import { createElement, useState } from "react";
import { create } from "react-test-renderer";
import { ConvexProvider, ConvexReactClient, useMutation, usePaginatedQuery, useQuery } from "convex/react";
import { anyApi as api } from "convex/server";
import WebSocket from "ws";

const [url, token] = process.argv.slice(2);
// The renderer says that it is for older programs.
console.error = () => {};

async function until(what, holds) {
  for (const end = Date.now() + 20_000; !holds(); ) {
    assert.ok(Date.now() < end, `not in time: ${what}: ${JSON.stringify(shown)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const client = new ConvexReactClient(url, { webSocketConstructor: WebSocket, logger: false });
client.setAuth(async () => token);

/** What the page shows, and what its buttons do. */
let shown = {};
let page;
/** The arguments of the page that a guess was written to. */
let guessed;

function Page() {
  const [conversationId, open] = useState();
  const list = useQuery(api.conversations.list, {});
  const create = useMutation(api.conversations.create);
  const say = useMutation(api.messages.create).withOptimisticUpdate((store, { content }) => {
    for (const { args, value } of store.getAllQueries(api.messages.page)) {
      if (args.paginationOpts.cursor === null && value) {
        const page = [{ content: `${content}?` }, ...value.page];
        store.setQuery(api.messages.page, args, { ...value, page });
        guessed = args;
      }
    }
  });
  const remove = useMutation(api.messages.remove);
  const messages = usePaginatedQuery(
    api.messages.page,
    conversationId ? { conversationId } : "skip",
    { initialNumItems: 3 },
  );
  page = { open, create, say, remove, messages };
  shown = {
    list: list?.map(({ title }) => title),
    status: messages.status,
    messages: messages.results.map(({ content }) => content),
  };
  return null;
}

const root = create(createElement(ConvexProvider, { client }, createElement(Page)));
await until("the list", () => shown.list !== undefined);
const conversationId = await page.create({ title: "React", model: "m" });
await until("the conversation", () => shown.list.includes("React"));

const say = (content) => page.say({ conversationId, role: "user", content });
const ids = [];
for (const content of ["1", "2", "3", "4", "5", "6", "7"]) ids.push(await say(content));
page.open(conversationId);
await until("the first page", () => shown.status === "CanLoadMore");
assert.deepEqual(shown.messages, ["7", "6", "5"]);
page.messages.loadMore(3);
await until("the second page", () => shown.messages.length === 6 && shown.status === "CanLoadMore");

// Rows come and go, and no page has one twice or leaves one out.
// What is guessed is there before any answer can be.
const newest = () => client.watchQuery(api.messages.page, guessed).localQueryResult().page[0].content;
const guess = say("8");
assert.equal(newest(), "8?");
await guess;
assert.equal(newest(), "8");
await until("the message", () => shown.messages.join() === "8,7,6,5,4,3,2");
// Nor with another token.
await new Promise((confirmed) => client.setAuth(async () => token, confirmed));
await new Promise((resolve) => setTimeout(resolve, 200));
assert.equal(shown.messages.join(), "8,7,6,5,4,3,2");
await page.remove({ id: ids[4] });
await until("one to go", () => shown.messages.join() === "8,7,6,4,3,2");
// A guess of what fails is taken back.
const failing = page.say({ conversationId, role: "nobody", content: "9" }).catch((error) => error);
assert.equal(newest(), "9?");
assert.match((await failing).message, /ArgumentValidationError/);
assert.equal(newest(), "8");
await until("the guess to go", () => shown.messages[0] === "8");
page.messages.loadMore(3);
await until("the end", () => shown.status === "Exhausted");
// Pages that have grown are cut in two, unseen.
for (let number = 10; number < 16; number += 1) await say(`${number}`);
const all = ["15", "14", "13", "12", "11", "10", "8", "7", "6", "4", "3", "2", "1"].join();
await until("all of them", () => shown.messages.join() === all);

root.unmount();
await client.close();
