/** Only the last top-level block is parsed and replaced; those before it are taken for final, which they may not be. */

import MarkdownIt from "markdown-it";
import type { Renderer } from "../page/instance.js";

export const renderer: Renderer = {
  create(root) {
    const markdown = new MarkdownIt({ linkify: true });
    const template = document.createElement("template");
    const definitions = {};
    let text = "";
    let last: ChildNode[] = [];

    function put(tokens: ReturnType<typeof markdown.parse>): ChildNode[] {
      template.innerHTML = markdown.renderer.render(tokens, markdown.options, definitions);
      const nodes = [...template.content.childNodes];
      root.append(...nodes);
      return nodes;
    }

    function show(): void {
      const tokens = markdown.parse(text, definitions);
      const begin = Math.max(
        0,
        tokens.findLastIndex((token) => token.level === 0 && token.nesting >= 0),
      );
      for (const node of last) node.remove();
      if (begin > 0) {
        put(tokens.slice(0, begin));
        text = afterLines(text, tokens[begin]?.map?.[0] ?? 0);
      }
      last = put(tokens.slice(begin));
    }

    return {
      push(chunk) {
        text += chunk;
        show();
      },
      end: show,
    };
  },
};

function afterLines(text: string, lines: number): string {
  let from = 0;
  for (let line = 0; line < lines; line += 1) from = text.indexOf("\n", from) + 1;
  return text.slice(from);
}
