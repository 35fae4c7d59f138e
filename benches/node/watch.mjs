// `ConvexClient` as a subscriber: one client, which has one WebSocket. Orders and
// answers are those of `live.rs`.
import { createInterface } from "node:readline";
import { ConvexClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";

const client = new ConvexClient(process.env.DEPLOYMENT_URL, { logger: false });
client.setAuth(async () => process.env.TOKEN);
const get = makeFunctionReference("notes:get");

/** When values came, in µs since 1970, and who waits for so many of them. */
const times = [];
let waiting;

function answer() {
  if (waiting && times.length >= waiting.count) {
    waiting.resolve(times.splice(0, waiting.count));
    waiting = undefined;
  }
}

function came() {
  times.push(Math.round((performance.timeOrigin + performance.now()) * 1000));
  answer();
}

const take = (count) =>
  new Promise((resolve) => {
    waiting = { count, resolve };
    answer();
  });

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  for (const id of order.watch ?? []) {
    // It calls back at every transition, whether the value has changed or not.
    let last;
    client.onUpdate(get, { id }, (note) => {
      if (note.title !== last) came();
      last = note.title;
    });
  }
  const answer = await take(order.take ?? order.watch.length);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
