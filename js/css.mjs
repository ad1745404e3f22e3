/** Style sheets as strings, for the modules to put where they are shown. */

import { readFileSync } from "node:fs";
import { transform } from "esbuild";

/** Only inside our own element: a package's sheet speaks of the whole page. Its fonts are not ours to load. */
const confined = (css) => `.streamcell{${css.replace(/@font-face\s*\{[^}]*\}/g, "")}}`;

export const cssAsText = ({ minify }) => ({
  name: "css-as-text",
  setup(bundler) {
    bundler.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const css = readFileSync(path, "utf8");
      const source = path.includes("node_modules") ? confined(css) : css;
      const { code } = await transform(source, { loader: "css", minify, target: ["chrome100"] });
      return { contents: code.trim(), loader: "text" };
    });
  },
});
