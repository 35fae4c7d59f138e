// Runs the central functions on main by convex-test, as the app would call them:
//
//   node smoke.mjs
//
// The models are a server of this process that speaks OpenAI's protocol; everything
// else is the app's own code, its actions and its component included.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { join, relative } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { convexTest } from "convex-test";
import { makeFunctionReference } from "convex/server";

const root = import.meta.dirname;
const convex = join(root, "convex");

const later = globalThis.setTimeout;

// --- The models ----------------------------------------------------------------------------

/** Words that two texts have in common bring them near to each other. */
function embedding(input) {
  const vector = new Float32Array(1536);
  for (const word of input.toLowerCase().match(/\w{3,}/g) ?? []) {
    let hash = 7;
    for (const char of word) hash = (hash * 31 + char.charCodeAt(0)) % 1536;
    vector[hash] += 1;
  }
  vector[0] += 0.01;
  const length = Math.hypot(...vector);
  return Buffer.from(vector.map((x) => x / length).buffer).toString("base64");
}

function answerTo(messages) {
  const [{ content: system }] = messages;
  if (system.startsWith("Title this")) return "About Lisbon";
  if (system.startsWith("List lasting facts"))
    return "The user lives in Lisbon\nok";
  return `Lisbon lies on the Tagus, see [the map](https://example.org/map). ${system}`;
}

const models = createServer(async (request, response) => {
  const body = JSON.parse(await text(request));
  if (request.url === "/embeddings") {
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ data: [{ embedding: embedding(body.input) }] }),
    );
    return;
  }
  const content = answerTo(body.messages);
  if (!body.stream) {
    response.setHeader("content-type", "application/json");
    const usage = { prompt_tokens: 10, completion_tokens: 5 };
    response.end(
      JSON.stringify({ choices: [{ message: { content } }], usage }),
    );
    return;
  }
  response.setHeader("content-type", "text/event-stream");
  const send = (delta) =>
    response.write(`data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`);
  for (const part of content.match(/.{1,6}/gs)) {
    send({ content: part });
    await new Promise((done) => later(done, 40));
  }
  // One answer has no end until it is stopped.
  while (
    body.messages.at(-1).content.includes("endless") &&
    !response.destroyed
  ) {
    send({ content: " and so on" });
    await new Promise((done) => later(done, 40));
  }
  send({
    tool_calls: [
      {
        index: 0,
        function: {
          name: "save_memory",
          arguments: '{"content": "Likes rivers"}',
        },
      },
    ],
  });
  response.end("data: [DONE]\n\n");
});
await new Promise((done) => models.listen(0, "127.0.0.1", done));
process.env.AI_GATEWAY_URL = `http://127.0.0.1:${models.address().port}`;
process.env.AI_GATEWAY_KEY = "none";
process.env.CLERK_WEBHOOK_SECRET = "clerk";

// What is to run in some seconds runs at once.
globalThis.setTimeout = (run, ms = 0, ...args) =>
  later(run, ms >= 1_000 && ms <= 60_000 ? 10 : ms, ...args);

// --- The app -------------------------------------------------------------------------------

const outdir = mkdtempSync(join(root, "node_modules", ".smoke-"));

async function bundled() {
  const files = readdirSync(convex, { recursive: true, encoding: "utf8" })
    .filter(
      (file) => /\.[jt]s$/.test(file) && !/(\.d|\.config)\.ts$/.test(file),
    )
    .map((file) => join(convex, file));
  await build({
    entryPoints: files,
    outbase: convex,
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    packages: "external",
    alias: { "@": join(root, "src"), "~/convex": convex },
    outExtension: { ".js": ".mjs" },
    logLevel: "error",
  });
  const built = (path) =>
    import(pathToFileURL(join(outdir, path.replace(/\.[jt]s$/, ".mjs"))));
  const modules = Object.fromEntries(
    files
      .map((file) => relative(convex, file))
      .map((path) => [`/convex/${path}`, () => built(path)]),
  );
  return { schema: (await built("schema.ts")).default, modules };
}

/** A component as its package ships it. */
async function component(name) {
  const folder = join(root, "node_modules", name, "dist/component");
  const load = (path) => import(pathToFileURL(join(folder, path)));
  const files = readdirSync(folder, {
    recursive: true,
    encoding: "utf8",
  }).filter((file) => file.endsWith(".js"));
  const modules = Object.fromEntries(
    files.map((path) => [`/component/${path}`, () => load(path)]),
  );
  return [(await load("schema.js")).default, modules];
}

const { schema, modules } = await bundled();
const t = convexTest(schema, modules);
t.registerComponent(
  "messageCounts",
  ...(await component("@convex-dev/aggregate")),
);
t.registerComponent(
  "messageCounts/batchWorker",
  ...(await component("@convex-dev/batch-worker")),
);

function as(client) {
  const call = (kind) => (path, args) =>
    client[kind](makeFunctionReference(path), args ?? {});
  return {
    query: call("query"),
    mutation: call("mutation"),
    action: call("action"),
  };
}
const anybody = as(t);
const [alice, bob] = ["alice", "bob"].map((subject) =>
  as(t.withIdentity({ subject })),
);

/** Asks until it is so. */
async function until(what, ask) {
  for (let tries = 0; tries < 1_200; tries++) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((done) => later(done, 25));
  }
  throw new Error(`It didn't come to that: ${what}`);
}

const stories = {
  async "an account comes by the webhook"() {
    for (const id of ["alice", "bob"]) {
      const response = await t.fetch("/webhooks/clerk", {
        method: "POST",
        headers: { "x-webhook-secret": "clerk" },
        body: JSON.stringify({
          type: "user.created",
          data: { id, email_addresses: [], first_name: id, last_name: null },
        }),
      });
      assert.equal(response.status, 204);
    }
    assert.equal((await alice.query("users:me")).name, "alice");
    assert.equal(await anybody.query("users:me"), null);
    const forged = await t.fetch("/webhooks/clerk", {
      method: "POST",
      body: "{}",
    });
    assert.equal(forged.status, 401);
  },

  async "a message is answered by the preferred model, word by word"() {
    await alice.mutation("users/preferences:set", {
      key: "defaultModel",
      value: "anthropic/claude-haiku-4.5",
    });
    await alice.mutation("users/preferences:set", {
      key: "customInstructions",
      value: "Be brief.",
    });
    await assert.rejects(
      anybody.mutation("chat:sendMessage", { content: "Hi" }),
      /Not signed in/,
    );
    const sent = await alice.mutation("chat:sendMessage", {
      content: "I live in Lisbon. Which river is near?",
    });
    const { conversationId, assistantMessageId: messageId } = sent;
    const partial = await until("something has come", async () => {
      const message = await alice.query("messages:get", { messageId });
      return (
        message.status !== "pending" &&
        (message.partialContent || message.content)
      );
    });
    assert.match(partial, /^Lisbon lies/);
    const message = await until("the answer is complete", async () => {
      const message = await alice.query("messages:get", { messageId });
      return message.status === "complete" && message;
    });
    assert.equal(message.model, "anthropic/claude-haiku-4.5");
    assert.match(message.content, /Tagus.*Be brief\.$/s);
    assert.equal(message.partialContent, undefined);
    const { sources, toolCalls } = await alice.query("messages:getDetails", {
      messageId,
    });
    assert.deepEqual(
      sources.map((source) => source.url),
      ["https://example.org/map"],
    );
    assert.deepEqual(
      toolCalls.map((call) => [call.name, call.status]),
      [["save_memory", "done"]],
    );
    await until("it has a title", async () => {
      const { title } = await alice.query("conversations:get", {
        conversationId,
      });
      return title === "About Lisbon";
    });
    assert.equal(
      await bob.query("conversations:get", { conversationId }),
      null,
    );
    return { conversationId, messageId, questionId: sent.userMessageId };
  },

  async "what was used is counted, on every counter once"({ conversationId }) {
    const facts = await until("facts are remembered", async () => {
      const memories = await alice.query("memories:list");
      return (
        memories.length === 2 && memories.map((memory) => memory.content).sort()
      );
    });
    assert.deepEqual(facts, ["Likes rivers", "The user lives in Lisbon"]);
    const range = { from: "2000-01-01", to: "2999-12-31" };
    const total = await alice.query("usage/queries:total", range);
    assert.equal(total.calls, 3); // the answer, its title, the facts
    const byModel = await alice.query("conversations/tokens:getUsage", {
      conversationId,
    });
    assert.equal(
      byModel.reduce((sum, row) => sum + row.inputTokens + row.outputTokens, 0),
      total.tokens,
    );
    const stats = await until("the profile's counter follows", async () => {
      const stats = await alice.query("users/stats:mine");
      return stats?.tokens === total.tokens && stats;
    });
    assert.equal(stats.messages, 1);
    assert.equal(await alice.query("users/stats:messagesThisWeek"), 2);
  },

  async "what was said is found by words and by meaning"({ questionId }) {
    await alice.action("memories:add", {
      content: "Prefers green tea",
      category: "preference",
    });
    const [tea] = await alice.action("memories/search:similar", {
      text: "green tea",
      limit: 1,
    });
    assert.equal(tea.content, "Prefers green tea");
    const [{ message }] = await alice.query("search/text:messages", {
      text: "river",
    });
    assert.equal(message._id, questionId);
    // convex-test compares every document; Convex, those that have a vector.
    await t.run(async (ctx) => {
      const none = Array.from({ length: 1536 }, (_, i) => (i === 1 ? 1 : 0));
      for (const { _id, embedding } of await ctx.db
        .query("messages")
        .collect()) {
        if (!embedding) await ctx.db.patch(_id, { embedding: none });
      }
    });
    const found = await alice.action("search/hybrid:messages", {
      text: "Lisbon",
    });
    assert.ok(found.some((message) => message._id === questionId));
    assert.deepEqual(
      await bob.action("search/hybrid:messages", { text: "Lisbon" }),
      [],
    );
  },

  async "an answer is generated again, its old text kept; another is stopped"({
    conversationId,
    messageId,
  }) {
    await alice.mutation("chat:regenerate", {
      messageId,
      model: "openai/gpt-5",
    });
    await until("it is there again", async () => {
      const { status, model } = await alice.query("messages:get", {
        messageId,
      });
      return status === "complete" && model === "openai/gpt-5";
    });
    assert.equal(
      (await alice.query("messages:versions", { messageId })).length,
      1,
    );
    const second = await alice.mutation("chat:sendMessage", {
      conversationId,
      content: "And an endless story?",
    });
    await until("it has begun", async () => {
      const message = await alice.query("messages:get", {
        messageId: second.assistantMessageId,
      });
      return message.partialContent;
    });
    // convex-test can't cancel what is running already.
    await t.run((ctx) =>
      ctx.db.patch(second.assistantMessageId, { jobId: undefined }),
    );
    await alice.mutation("chat:stop", { messageId: second.assistantMessageId });
    await new Promise((done) => later(done, 500));
    const stopped = await alice.query("messages:get", {
      messageId: second.assistantMessageId,
    });
    assert.equal(stopped.status, "stopped");
    assert.equal(stopped.partialContent, undefined);
  },

  async "conversations are forked and moved"({ conversationId, messageId }) {
    const fork = await alice.mutation(
      "conversations/branching:forkConversation",
      { messageId },
    );
    assert.equal(
      (await alice.query("messages:list", { conversationId: fork })).length,
      2,
    );
    const { root, children } = await alice.query(
      "conversations/branching:lineage",
      { conversationId: fork },
    );
    assert.deepEqual([root._id, children[0]._id], [conversationId, fork]);
    const projectId = await alice.mutation("projects:create", {
      name: "Portugal",
    });
    const ids = { conversationIds: [conversationId, fork] };
    assert.equal(
      await alice.mutation("conversations/bulk:bulkMove", {
        ...ids,
        projectId,
      }),
      2,
    );
    assert.equal(
      await bob.mutation("conversations/bulk:bulkArchive", {
        ...ids,
        archived: true,
      }),
      0,
    );
    const { conversations } = await alice.query("projects/resources:all", {
      projectId,
    });
    assert.equal(conversations.length, 2);
    assert.equal(
      await alice.mutation("conversations/bulk:bulkDelete", {
        conversationIds: [fork],
      }),
      1,
    );
  },

  async "two tags become one"({ conversationId }) {
    const [travel, trips] = await Promise.all(
      ["Travel", "Trips"].map((name) =>
        alice.mutation("tags/mutations:create", { name }),
      ),
    );
    await alice.mutation("conversations/bulk:bulkTag", {
      conversationIds: [conversationId],
      tagId: trips,
    });
    const noteId = await alice.mutation("notes:create", {
      title: "Packing",
      content: "A hat and a book",
    });
    await alice.mutation("notes/tags:add", { noteId, tagId: trips });
    await assert.rejects(
      bob.mutation("tags/mutations:merge", {
        sourceId: trips,
        targetId: travel,
      }),
    );
    await alice.mutation("tags/mutations:merge", {
      sourceId: trips,
      targetId: travel,
    });
    const counts = await alice.query("tags/queries:counts", { tagId: travel });
    assert.deepEqual(counts, {
      conversations: 1,
      notes: 1,
      tasks: 0,
      bookmarks: 0,
      snippets: 0,
    });
    assert.deepEqual(
      (await alice.query("tags/queries:list")).map((tag) => [
        tag.slug,
        tag.usageCount,
      ]),
      [["travel", 2]],
    );
    await until("the note has its embedding", async () => {
      const note = await alice.query("notes:get", { noteId });
      return note.embedding;
    });
  },

  async "a finished task is counted and told"() {
    const taskId = await alice.mutation("tasks:create", {
      title: "Book a room",
    });
    await alice.mutation("tasks:setStatus", { taskId, status: "done" });
    await alice.mutation("tasks:setStatus", { taskId, status: "done" });
    const stats = await until("the counter follows", async () => {
      const stats = await alice.query("users/stats:mine");
      return stats.tasksCompleted > 0 && stats;
    });
    assert.deepEqual([stats.tasksCompleted, stats.notes], [1, 1]);
    const { page } = await alice.query("activity:timeline", {
      paginationOpts: { numItems: 9, cursor: null },
    });
    assert.deepEqual(page.map((event) => event.kind).sort(), [
      "completed",
      "created",
      "removed",
    ]);
  },

  async "cards on the board, pages of the journal"() {
    const taskId = await alice.mutation("tasks/board:addCard", {
      title: "Pack",
      status: "todo",
    });
    await alice.mutation("tasks/board:moveCard", {
      taskId,
      status: "done",
      position: 1,
    });
    await assert.rejects(
      bob.mutation("tasks/board:moveCard", {
        taskId,
        status: "todo",
        position: 1,
      }),
    );
    assert.equal((await alice.query("tasks/board:columns")).done.length, 2);
    assert.equal(await alice.mutation("tasks/board:clearDone"), 2);
    const { page } = await alice.query("activity:timeline", {
      paginationOpts: { numItems: 4, cursor: null },
    });
    assert.deepEqual(
      page.map((event) => event.kind),
      ["delete", "delete", "update", "insert"],
    );
    const noteId = await alice.mutation("notes/journal:append", {
      text: "Rain",
    });
    assert.equal(
      await alice.mutation("notes/journal:append", { text: "Sun" }),
      noteId,
    );
    assert.equal(
      (await alice.query("notes/journal:page", { timestamp: Date.now() }))
        .content,
      "Rain\n\nSun",
    );
    assert.equal(
      (await alice.query("library:notesByIds", { noteIds: [noteId] })).length,
      1,
    );
    assert.deepEqual(
      await bob.query("library:notesByIds", { noteIds: [noteId] }),
      [],
    );
    const [{ messageId }] = await alice.query("inbox:broken");
    assert.equal(
      await alice.mutation("inbox:dismiss", { messageIds: [messageId] }),
      1,
    );
    assert.deepEqual(await alice.query("inbox:broken"), []);
  },

  async "bookmarks, snippets and prompts"({ messageId }) {
    const id = await alice.mutation("bookmarks:toggle", { messageId });
    assert.equal((await alice.query("bookmarks:get", { id }))._id, id);
    assert.equal(
      (await alice.query("bookmarks:list"))[0].message._id,
      messageId,
    );
    assert.equal(await bob.query("bookmarks:get", { id }), null);
    await alice.mutation("snippets:create", {
      title: "Add",
      code: "a + b",
      language: "js",
    });
    assert.equal((await alice.query("snippets:list")).length, 1);
    const promptId = await alice.mutation("prompts:create", {
      title: "Translate",
      body: "Say {{what}} in {{tongue}}",
    });
    const values = { what: "good night", tongue: "Portuguese" };
    assert.equal(
      await alice.mutation("prompts:use", { promptId, values }),
      "Say good night in Portuguese",
    );
    await assert.rejects(
      bob.mutation("prompts:use", { promptId, values }),
      /not found/,
    );
  },

  async "a file is cut up and found"() {
    const storageId = await t.run((ctx) =>
      ctx.storage.store(new Blob(["The ferry leaves at noon from Belém."])),
    );
    const fileId = await alice.mutation("files:save", {
      storageId,
      name: "ferry.txt",
      mimeType: "text/plain",
    });
    await until(
      "it is read",
      async () =>
        (await alice.query("files:get", { fileId })).status === "ready",
    );
    assert.deepEqual(
      await alice.action("files/search:passages", { text: "ferry noon" }),
      [{ content: "The ferry leaves at noon from Belém.", file: "ferry.txt" }],
    );
  },

  async "somebody else reads what is shared, and goes on with it"({
    conversationId,
  }) {
    const token = await alice.mutation("shares:shareConversation", {
      conversationId,
      password: "tejo",
    });
    assert.equal(await anybody.query("shares:view", { token }), null);
    const shared = await anybody.query("shares:view", {
      token,
      password: "tejo",
    });
    assert.equal(shared.messages.length, 4);
    const fork = await bob.mutation("shares/fork:fork", {
      token,
      password: "tejo",
    });
    assert.equal(
      (await bob.query("messages:list", { conversationId: fork })).length,
      4,
    );
    await anybody.mutation("shares:recordView", { token });
    assert.equal(await alice.query("notifications:unreadCount"), 1);
  },

  async "the command line signs in and writes"({ conversationId }) {
    const { code } = await anybody.mutation("cliAuth:startLogin", {
      deviceName: "laptop",
    });
    assert.equal(await anybody.mutation("cliAuth:redeem", { code }), null);
    assert.equal(await alice.mutation("cliAuth:approve", { code }), "laptop");
    const token = await anybody.mutation("cliAuth:redeem", { code });
    const all = await anybody.query("cli:conversations", { token });
    assert.deepEqual(
      all.map((conversation) => conversation._id),
      [conversationId],
    );
    const response = await t.fetch(`/cli/conversations/${conversationId}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.match(await response.text(), /^user: I live in Lisbon/);
    const [{ _id: tokenId }] = await alice.query("cliAuth:list");
    await alice.mutation("cliAuth:revoke", { tokenId });
    await assert.rejects(
      anybody.query("cli:conversations", { token }),
      /Sign in again/,
    );
  },

  async "an admin sees everybody's, nobody else does"() {
    await assert.rejects(bob.query("tags/admin:popular"), /Admins only/);
    await t.run(async (ctx) => {
      const user = await ctx.db
        .query("users")
        .filter((q) => q.eq(q.field("clerkId"), "bob"))
        .unique();
      await ctx.db.patch(user._id, { role: "admin" });
    });
    assert.deepEqual(await bob.query("tags/admin:popular"), [
      { slug: "travel", users: 1 },
    ]);
    assert.equal(
      await bob.query("admin/debug:countTable", { table: "tags" }),
      1,
    );
  },

  async "all of it is exported, and deleted"({ conversationId }) {
    assert.ok(await alice.action("transfer:exportAll"));
    assert.equal((await alice.query("jobs:mine"))[0].status, "done");
    await alice.mutation("users:deleteMyData", { confirm: "DELETE" });
    assert.equal(
      await alice.query("conversations:get", { conversationId }),
      null,
    );
    assert.equal(await alice.query("users/stats:messagesThisWeek"), 0);
    for (const table of [
      "memories",
      "notes",
      "tasks",
      "tags",
      "files",
      "fileChunks",
      "bookmarks",
      "prompts",
    ]) {
      assert.equal(
        (await t.run((ctx) => ctx.db.query(table).collect())).length,
        0,
        table,
      );
    }
    assert.equal((await alice.query("users/stats:mine")).tasksCompleted, 1);
  },
};

let known = {};
try {
  for (const [name, tell] of Object.entries(stories)) {
    try {
      known = { ...known, ...(await tell(known)) };
      console.log(`ok: ${name}`);
    } catch (error) {
      console.error(`failed: ${name}\n${error.stack}`);
      process.exitCode = 1;
      break;
    }
  }
} finally {
  rmSync(outdir, { recursive: true, force: true });
}
// Whatever is scheduled for later, and the models.
process.exit();
