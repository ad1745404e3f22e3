/** How the bundle and the stub are built. */

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { cssAsText } from "./css.mjs";

const here = dirname(fileURLToPath(import.meta.url));

export const bundleOptions = ({ minify = true } = {}) => ({
  absWorkingDir: here,
  bundle: true,
  format: "esm",
  platform: "browser",
  conditions: ["page"],
  target: ["es2022"],
  charset: "utf8",
  minify,
  legalComments: "none",
  plugins: [cssAsText({ minify })],
});
