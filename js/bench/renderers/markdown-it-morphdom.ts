/** Everything parsed on each update; of the page only what differs is changed. */

import MarkdownIt from "markdown-it";
import morphdom from "morphdom";
import type { Renderer } from "../page/instance.js";
import { whole } from "./whole.js";

export const renderer: Renderer = {
  create(root) {
    const markdown = new MarkdownIt({ linkify: true });
    return whole((text) => {
      const next = root.cloneNode(false) as HTMLElement;
      next.innerHTML = markdown.render(text);
      morphdom(root, next, { childrenOnly: true, onBeforeElUpdated: (old, made) => !old.isEqualNode(made) });
    });
  },
};
