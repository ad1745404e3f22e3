/** The style sheet, once per document or shadow root. */

import answer from "../render/answer.css";
import code from "../render/code.css";
import image from "./parts/image.css";
import call from "./parts/tool_call.css";
import view from "./view.css";

const css = view + answer + code + call + image;

const MARK = "data-streamcell-style";

export function injectStyle(view: HTMLElement): void {
  add(document.head);
  // The host may attach the view later, and may do so inside a shadow root, which the document's styles do not reach.
  requestAnimationFrame(() => {
    const root = view.getRootNode();
    if (root instanceof ShadowRoot) add(root);
  });
}

/** Two kernels may bring two versions of the bundle into one page: the sheet is the same only if its text is. */
function add(root: HTMLElement | ShadowRoot): void {
  for (const style of root.querySelectorAll(`style[${MARK}]`)) if (style.textContent === css) return;
  const style = document.createElement("style");
  style.setAttribute(MARK, "");
  style.textContent = css;
  root.append(style);
}
