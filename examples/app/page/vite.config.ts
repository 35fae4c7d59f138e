import { defineConfig } from "vite";

export default defineConfig({
  // What each module says to bundlers of React's server side is nothing to a browser.
  build: { rollupOptions: { onwarn: (warning, warn) => warning.code === "MODULE_LEVEL_DIRECTIVE" || warn(warning) } },
});
