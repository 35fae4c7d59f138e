async function* f() { for await (const x of /a/[Symbol.split]("b")) { yield* x; } }
if (a) b; else if (c) d; else { e }
do { x++ } while (x < 10)
switch (x) { case 1: case 2: y(); break; default: z?.(1)?.[2]?.a }
let { a, ...rest } = { ...b, [c]: 1 };
using d = e();
@dec class K { @dec() m() {} static { 1 } #p = 1n }
