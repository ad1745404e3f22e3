/** @incremark/core brings no renderer for a bare page: finished blocks are appended once, pending ones replaced. */

import { createIncremarkParser } from "@incremark/core";
import { toHtml } from "hast-util-to-html";
import { toHast } from "mdast-util-to-hast";
import type { Renderer } from "../page/instance.js";

export const renderer: Renderer = {
  create(root) {
    const parser = createIncremarkParser({ gfm: true, htmlTree: false });
    const template = document.createElement("template");
    let pending: ChildNode[] = [];

    function put(update: Update, blocks: Update["pending"]): ChildNode[] {
      const definitions = Object.values(update.definitions);
      return blocks.flatMap(({ node }) => {
        template.innerHTML = toHtml(toHast({ type: "root", children: [node, ...definitions] }));
        const nodes = [...template.content.childNodes];
        root.append(...nodes);
        return nodes;
      });
    }

    function show(update: Update): void {
      for (const node of pending) node.remove();
      put(update, update.completed);
      pending = put(update, update.pending);
    }

    return { push: (chunk) => show(parser.append(chunk)), end: () => show(parser.finalize()) };
  },
};

type Update = ReturnType<ReturnType<typeof createIncremarkParser>["append"]>;
