/**
 * Builds the front end into the Python package: `node build.mjs [--outdir DIR] [--dev]`.
 *
 * Two modules: the bundle, which the kernel's cells share, and the stub, which each cell carries.
 */

import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const args = process.argv.slice(2);
const dev = args.includes("--dev");
const at = args.indexOf("--outdir");
const outdir = at >= 0 ? resolve(args[at + 1]) : join(here, "../src/streamcell/static");

/** A style sheet as a string, for the bundle to put where it is shown. */
const cssAsText = {
  name: "css-as-text",
  setup(bundler) {
    bundler.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, "utf8"), { loader: "css", minify: !dev });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

const result = await build({
  absWorkingDir: here,
  entryPoints: { streamcell: "src/index.ts", stub: "src/stub.ts" },
  outdir,
  bundle: true,
  format: "esm",
  platform: "browser",
  target: ["es2022"],
  charset: "utf8",
  minify: !dev,
  legalComments: "none",
  plugins: [cssAsText],
  write: true,
  metafile: true,
});

for (const file of Object.keys(result.metafile.outputs)) {
  const bytes = readFileSync(join(here, file));
  const name = file.split("/").pop();
  console.log(`${name}: ${bytes.length} bytes, ${gzipSync(bytes).length} gzipped`);
}
