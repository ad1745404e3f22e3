/** The usual way: everything parsed, cleaned and replaced on each update. */

import DOMPurify from "dompurify";
import { Marked } from "marked";
import type { Renderer } from "../page/instance.js";
import { whole } from "./whole.js";

export const renderer: Renderer = {
  create(root) {
    const marked = new Marked({ gfm: true, async: false });
    return whole((text) => {
      root.innerHTML = DOMPurify.sanitize(marked.parse(text) as string);
    });
  },
};
