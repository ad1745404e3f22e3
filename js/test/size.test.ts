/** What every page loads stays small; math and languages come as addons. */

import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { bundleOptions } from "../bundle.mjs";

const MOST = 60_000;

test("the bundle that every page loads is at most 60 kB, minified and gzipped", async () => {
  const { outputFiles } = await build({
    ...bundleOptions(),
    entryPoints: ["src/jupyter/index.ts"],
    outdir: "out",
    write: false,
  });
  const [bundle] = outputFiles ?? [];
  expect(bundle?.text).toContain("streamcell");
  expect(gzipSync(bundle?.contents ?? "").length).toBeLessThanOrEqual(MOST);
});
