/**
 * Builds the front end into the Python package: `node build.mjs [--outdir DIR] [--dev]`.
 *
 * Two modules: the bundle, which the kernel's cells share, and the stub, which each cell carries. And the addons, which
 * the bundle fetches from the kernel when they are needed. And <stream-markdown> in one module. In lab/ the same once more for JupyterLab and Notebook, as
 * they take extensions: what their pages load at their start, and what that loads when a notebook has an answer.
 */

import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { buildAddons, licences } from "./addons.mjs";
import { bundleOptions } from "./bundle.mjs";
import { elementOptions } from "./element.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const args = process.argv.slice(2);
const minify = !args.includes("--dev");
const at = args.indexOf("--outdir");
const outdir = at >= 0 ? resolve(args[at + 1]) : join(here, "../src/streamcell/static");

function report(name, bytes) {
  console.log(`${name}: ${bytes.length} bytes, ${gzipSync(bytes).length} gzipped`);
}

const addons = await buildAddons(undefined, { minify });
const folder = join(outdir, "addons");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const digest = createHash("sha256");
for (const [name, text] of [...addons].sort(([a], [b]) => (a < b ? -1 : 1))) {
  writeFileSync(join(folder, `${name}.js`), text);
  digest.update(`${name}\0${text.length}\0${text}`);
  report(`addons/${name}.js`, Buffer.from(text));
}
writeFileSync(join(folder, "LICENSES.txt"), licences());

// A page keeps the addons by the bundle's digest: other addons must make another bundle.
const banner = { js: `/* addons ${digest.digest("hex").slice(0, 16)} */` };
await build({ ...bundleOptions({ minify }), entryPoints: { streamcell: "src/jupyter/index.ts" }, outdir, banner });
await build({ ...bundleOptions({ minify }), entryPoints: { stub: "src/jupyter/stub.ts" }, outdir });
// What `streamcell serve --demo` shows, with the same addons.
await build({ ...elementOptions({ minify }), outdir });
for (const name of ["streamcell.js", "stub.js", "element.js"]) report(name, readFileSync(join(outdir, name)));

const lab = join(outdir, "lab");
rmSync(lab, { recursive: true, force: true });
/** Build one of the extension's modules; its name has its digest, as browsers keep it. */
async function buildForLab(name, entry, options) {
  const { outputFiles } = await build({ ...bundleOptions({ minify }), entryPoints: [entry], write: false, ...options });
  const [{ contents }] = outputFiles;
  const file = `${name}.${createHash("sha256").update(contents).digest("hex").slice(0, 12)}.js`;
  mkdirSync(join(lab, "static"), { recursive: true });
  writeFileSync(join(lab, "static", file), contents);
  report(`lab/static/${file}`, contents);
  return file;
}
const view = await buildForLab("view", "src/jupyter/lab/view.ts", { banner });
const remote = await buildForLab("remoteEntry", "src/jupyter/lab/index.ts", {
  format: "iife",
  define: { VIEW_MODULE: JSON.stringify(view) },
});
cpSync(folder, join(lab, "static", "addons"), { recursive: true });
const [, version] = readFileSync(join(here, "../src/streamcell/_version.py"), "utf8").match(/__version__ = "(.*)"/);
const manifest = {
  name: "streamcell",
  version,
  license: "BSD-3-Clause",
  jupyterlab: { extension: true, _build: { load: `static/${remote}`, extension: "./extension" } },
};
writeFileSync(join(lab, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
