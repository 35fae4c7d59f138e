// Opens users' records by `byod/sealed.ts` of main.
//
//   node sealed.mjs FILE < [{"environment": {…}, "user": "…", "record": {…}}, …]
//
// prints [{"url": "…", "key": "…"} or {"error": "…"}, …].
import { build } from "esbuild";
import { text } from "node:stream/consumers";

const { outputFiles } = await build({
  entryPoints: [process.argv[2]],
  bundle: true,
  format: "esm",
  write: false,
});
const code = Buffer.from(outputFiles[0].contents).toString("base64");
const { open } = await import(`data:text/javascript;base64,${code}`);
const results = [];
for (const { environment, user, record } of JSON.parse(await text(process.stdin))) {
  for (const name of Object.keys(process.env))
    if (name.startsWith("BYOD_")) delete process.env[name];
  Object.assign(process.env, environment);
  try {
    results.push(await open(user, record));
  } catch (error) {
    results.push({ error: error.message });
  }
}
console.log(JSON.stringify(results));
