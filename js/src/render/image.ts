/**
 * A button in place of a remote image. Loading an image tells its server that someone looks at it, and the address may
 * contain data from the conversation.
 */

import * as words from "../words.js";
import type { Drawing } from "./drawing.js";
import { element, isFocused } from "./element.js";
import type { Kind } from "./inlines.js";

export function image(drawing: Drawing, node: Kind<"image">): HTMLElement {
  const named = node.alt ? `“${node.alt}” ` : "";
  const label = words.loadImage(named, node.host);
  const button = drawing.element("button", { type: "button", class: "sc-load", title: node.src }, label);
  const holder = drawing.element("span", { class: "sc-image" }, button);
  button.addEventListener("click", () => {
    const loaded = element("img", { alt: node.alt, title: node.title || node.alt, referrerpolicy: "no-referrer" });
    loaded.addEventListener("error", () => holder.replaceChildren(words.notLoaded(node.host)));
    loaded.setAttribute("src", node.src);
    const focused = isFocused(button);
    button.replaceWith(loaded);
    if (!focused) return;
    holder.tabIndex = -1; // the focus stays where the button was
    holder.focus({ preventScroll: true });
  });
  return holder;
}
