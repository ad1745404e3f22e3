/** The reference for exactness, on the whole text. */

import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import type { Renderer } from "../page/instance.js";
import { whole } from "./whole.js";

export const renderer: Renderer = {
  create(root) {
    const options = { extensions: [gfm()], htmlExtensions: [gfmHtml()] };
    return whole((text) => {
      root.innerHTML = micromark(text, options);
    });
  },
};
