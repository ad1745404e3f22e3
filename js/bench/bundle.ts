/** One script for each renderer, with the harness, so that a page loads nothing of another's. */

import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));

const cssAsText: Plugin = {
  name: "css-as-text",
  setup(bundler) {
    bundler.onLoad({ filter: /\.css$/ }, ({ path }) => ({ contents: readFileSync(path, "utf8"), loader: "text" }));
  },
};

export async function bundle(name: string): Promise<string> {
  const contents = `
    import { install } from "./page/harness.js";
    import { renderer } from "./renderers/${name}.js";
    install(renderer);`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: here, loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    // Names are kept, so that a profile shows them.
    minifySyntax: true,
    minifyWhitespace: true,
    define: { "process.env.NODE_ENV": '"production"' },
    plugins: [cssAsText],
    logLevel: "error",
  });
  return (outputFiles[0] as { text: string }).text;
}
