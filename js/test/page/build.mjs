/** Builds the test page's script: `node test/page/build.mjs OUTFILE`. */

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import spec from "commonmark-spec";
import { build } from "esbuild";
import { bundleOptions } from "../../bundle.mjs";

const here = dirname(fileURLToPath(import.meta.url));

/** `?raw`, as Vite has it. */
const rawText = {
  name: "raw-text",
  setup(bundler) {
    bundler.onResolve({ filter: /\?raw$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.slice(0, -"?raw".length)),
      namespace: "raw-text",
    }));
    bundler.onLoad({ filter: /./, namespace: "raw-text" }, ({ path }) => ({
      contents: readFileSync(path, "utf8"),
      loader: "text",
    }));
  },
};

/** The specification reads its examples from a file, which no page can. */
const specification = {
  name: "specification",
  setup(bundler) {
    bundler.onResolve({ filter: /^commonmark-spec$/ }, ({ path }) => ({ path, namespace: "specification" }));
    bundler.onLoad({ filter: /./, namespace: "specification" }, () => ({
      contents: JSON.stringify({ tests: spec.tests }),
      loader: "json",
    }));
  },
};

const options = bundleOptions({ minify: false });
await build({
  ...options,
  plugins: [...options.plugins, rawText, specification],
  format: "iife",
  globalName: "proofs",
  entryPoints: [join(here, "index.ts")],
  outfile: process.argv[2],
});
