import { default_renderer, parser, parser_end, parser_write } from "streaming-markdown";
import type { Renderer } from "../page/instance.js";

export const renderer: Renderer = {
  create(root) {
    const state = parser(default_renderer(root));
    return { push: (chunk) => parser_write(state, chunk), end: () => parser_end(state) };
  },
};
