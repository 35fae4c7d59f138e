// What `load.rs` does, on Node: reads orders from standard input, a line each, and
// answers each with an outcome.
import { createInterface } from "node:readline";

export async function serve(call) {
  for await (const line of createInterface({ input: process.stdin })) {
    const outcome = await run(call, JSON.parse(line));
    process.stdout.write(`${JSON.stringify(outcome)}\n`);
  }
}

async function run(call, { concurrency, documents, milliseconds }) {
  const times = [];
  const start = performance.now();
  const end = start + milliseconds;
  const task = async () => {
    let before = performance.now();
    while (before < end) {
      const found = await call(documents);
      if (found.length !== documents) {
        throw new Error("another answer than asked for");
      }
      const after = performance.now();
      times.push(after - before);
      before = after;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, task));
  const seconds = (performance.now() - start) / 1000;
  times.sort((a, b) => a - b);
  const at = (part) =>
    times[Math.min(Math.floor(times.length * part), times.length - 1)] * 1000;
  return { throughput: times.length / seconds, p50: at(0.5), p99: at(0.99) };
}
