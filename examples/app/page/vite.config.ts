import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
  resolve: {
    // An app of your own has it from `npm install`; here it is the one beside, from its source.
    alias: { "byod-react": fileURLToPath(new URL("../../../byod-react/src/index.ts", import.meta.url)) },
    dedupe: ["convex", "react", "react-dom"],
  },
  // What each module says to bundlers of React's server side is nothing to a browser.
  build: { rollupOptions: { onwarn: (warning, warn) => warning.code === "MODULE_LEVEL_DIRECTIVE" || warn(warning) } },
});
