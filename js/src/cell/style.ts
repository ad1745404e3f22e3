/** Adds the style sheet, once per document or shadow root. */

import answer from "../render/answer.css";
import base from "../render/base.css";
import code from "../render/code.css";
import access from "./access.css";
import head from "./head.css";
import image from "./parts/image.css";
import call from "./parts/tool_call.css";
import view from "./view.css";

const css = base + view + head + answer + code + call + image + access;

const MARK = "data-streamcell-style";

export function injectStyle(view: HTMLElement): void {
  add(document.head);
  // The host may attach the view later, perhaps inside a shadow root, which the document's styles do not reach.
  requestAnimationFrame(() => {
    const root = view.getRootNode();
    if (root instanceof ShadowRoot) add(root);
  });
}

/** Two kernels can load two versions of the bundle into one page, so style sheets are compared by their text. */
function add(root: HTMLElement | ShadowRoot): void {
  for (const style of root.querySelectorAll(`style[${MARK}]`)) if (style.textContent === css) return;
  const style = document.createElement("style");
  style.setAttribute(MARK, "");
  style.textContent = css;
  root.append(style);
}
