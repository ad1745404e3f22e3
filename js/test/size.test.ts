/** What every page loads stays small; math and languages come as addons. */

import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { bundleOptions } from "../bundle.mjs";

const BUNDLES: [string, string, number][] = [
  ["the bundle of a cell", "src/jupyter/index.ts", 60_000],
  ["<stream-markdown>", "src/element/index.ts", 50_000],
];

test.each(BUNDLES)("%s (%s), minified and gzipped, has at most %d bytes", async (_, entry, most) => {
  const { outputFiles } = await build({ ...bundleOptions(), entryPoints: [entry], outdir: "out", write: false });
  const [bundle] = outputFiles ?? [];
  expect(bundle?.text).toContain("streamcell");
  expect(gzipSync(bundle?.contents ?? "").length).toBeLessThanOrEqual(most);
});
