/**
 * Builds the npm package of <stream-markdown>: `node element.mjs [--outdir DIR] [--dev]`, by default into dist/element/.
 *
 * Two modules, of which the parser is for Node too; the addons, which a page loads when it first needs them; the types.
 */

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { ADDONS, buildAddons, licences } from "./addons.mjs";
import { bundleOptions } from "./bundle.mjs";

const here = dirname(fileURLToPath(import.meta.url));

/** The element in one module, as `streamcell serve --demo` shows it. */
export const elementOptions = ({ minify = true } = {}) => ({
  ...bundleOptions({ minify }),
  entryPoints: { element: "src/element/index.ts" },
});

/** Build the package into a folder, which is emptied first. */
export async function buildPackage(outdir, { minify = true } = {}) {
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(join(outdir, "addons"), { recursive: true });
  await build({
    ...bundleOptions({ minify }),
    entryPoints: { index: "src/element/index.ts", parse: "src/element/parse.ts" },
    splitting: true,
    chunkNames: "[name]",
    outdir,
  });
  // Structured answers and layouts of several answers are a cell's.
  const ofCells = ["chat", "compare", "json-viewer"];
  const used = ADDONS.filter((name) => !ofCells.includes(name));
  for (const [name, text] of await buildAddons(used, { minify })) {
    writeFileSync(join(outdir, "addons", `${name}.js`), text);
  }
  writeFileSync(join(outdir, "addons", "LICENSES.txt"), licences());
  writeTypes(outdir);
  copyFileSync(join(here, "src/element/README.md"), join(outdir, "README.md"));
  copyFileSync(join(here, "../LICENSE"), join(outdir, "LICENSE"));
  writeFileSync(join(outdir, "package.json"), `${JSON.stringify(manifest(), null, 2)}\n`);
}

function manifest() {
  const [, version] = readFileSync(join(here, "../src/streamcell/_version.py"), "utf8").match(/__version__ = "(.*)"/);
  return {
    name: "stream-markdown-element",
    // npm's form of a Python pre-release: 0.1.0.dev0 is 0.1.0-dev.0
    version: version.replace(/\.?(dev|a|b|rc)(\d+)$/, "-$1.$2"),
    description: "<stream-markdown>: a language model's answer streams into a page as live Markdown.",
    keywords: ["markdown", "streaming", "openai", "llm", "web-component", "custom-element", "server-sent-events"],
    license: "BSD-3-Clause",
    type: "module",
    exports: {
      ".": { types: "./types/index.d.ts", default: "./index.js" },
      "./parse": { types: "./types/parse.d.ts", default: "./parse.js" },
      "./addons/*": "./addons/*",
      "./package.json": "./package.json",
    },
    types: "./types/index.d.ts",
    // Importing it defines the element.
    sideEffects: ["./index.js"],
    engines: { node: ">=20" },
  };
}

/** The types of what the two modules export, and of what these refer to. */
function writeTypes(outdir) {
  const all = mkdtempSync(join(tmpdir(), "stream-markdown-types-"));
  try {
    const tsc = join(here, "node_modules/typescript/bin/tsc");
    const options = [
      "--noEmit",
      "false",
      "--declaration",
      "--emitDeclarationOnly",
      "--rootDir",
      "src",
      "--outDir",
      all,
    ];
    execFileSync(process.execPath, [tsc, "-p", "tsconfig.json", ...options], { cwd: here, stdio: "inherit" });
    const found = new Set();
    const take = (file) => {
      if (found.has(file)) return;
      found.add(file);
      for (const [, target] of readFileSync(file, "utf8").matchAll(/from "(\.[^"]*)\.js"/g)) {
        take(join(dirname(file), `${target}.d.ts`));
      }
    };
    const own = join(all, "element");
    for (const name of ["index.d.ts", "parse.d.ts"]) take(join(own, name));
    for (const file of found) {
      if (!file.startsWith(own)) throw new Error(`the package's types refer to ${file.slice(all.length)}`);
      const target = join(outdir, "types", file.slice(own.length));
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(file, target);
    }
  } finally {
    rmSync(all, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const at = process.argv.indexOf("--outdir");
  const outdir = at >= 0 ? resolve(process.argv[at + 1]) : join(here, "dist/element");
  await buildPackage(outdir, { minify: !process.argv.includes("--dev") });
  for (const name of ["index.js", "parse.js", "chunk.js"]) {
    const bytes = readFileSync(join(outdir, name));
    console.log(`${name}: ${bytes.length} bytes, ${gzipSync(bytes).length} gzipped`);
  }
}
