/** The model's comments on its work between its steps: Markdown, less prominent than the answer. */

import { element } from "../../render/element.js";
import { LiveMarkdown } from "../../render/live.js";
import { Renderer } from "../../render/render.js";
import * as words from "../../words.js";
import { KINDS } from "./kinds.js";

KINDS.set("commentary", {
  make({ id, page }) {
    const root = element("div", { class: "sc-commentary", role: "note", "aria-label": words.COMMENTARY });
    const renderer = new Renderer(root, id, page.addons);
    const markdown = new LiveMarkdown(renderer);
    return {
      root,
      update([part], { over, name }) {
        const { body = "", open = false } = part ?? {};
        markdown.show(body, body.length, over || !open, name);
      },
      dispose: () => renderer.reset(),
    };
  },
  apart: true,
  copied: ({ body }) => body.replace(/^/gm, "> "),
});
