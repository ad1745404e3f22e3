import type { Layout } from "../src/render/layout.js";

/** There is none outside a browser. */
export const NO_LAYOUT: Layout = {
  height: () => 0,
  widths: () => [],
  top: () => null,
  boxes: () => [],
  onWidth: () => () => {},
  frame: () => {},
};
