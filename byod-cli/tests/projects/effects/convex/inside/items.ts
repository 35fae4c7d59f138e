import { query } from "../_generated/server";

let most: number | null = null;
most = 7;
function cached() {
  return most ?? 0;
}
function* counting(to = cached()) {
  for (let i = 0; i < to; i++) yield i;
}
enum Level {
  Low = 1,
  High = 2,
}
namespace Rules {
  export const most = Level.High;
}

export const all = query({
  args: {},
  handler: async () => ({ count: [...counting()].length, most: Rules.most }),
});
