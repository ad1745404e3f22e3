/** A limit: the raw text in one text node that grows, no Markdown at all. Also tells a quiet machine from a noisy one. */

import type { Renderer } from "../page/instance.js";

export const renderer: Renderer = {
  create(root) {
    const text = document.createTextNode("");
    const pre = document.createElement("pre");
    pre.style.whiteSpace = "pre-wrap";
    pre.append(text);
    root.append(pre);
    return { push: (chunk) => text.appendData(chunk), end() {} };
  },
};
