/** Links out of the answer: they open apart, and show their target. */

import type { Drawing } from "./drawing.js";
import { setAttribute } from "./element.js";

export const link = (drawing: Drawing): HTMLAnchorElement =>
  drawing.element("a", { target: "_blank", rel: "noopener noreferrer" });

/** The title shows where the link leads, whatever its text says. `href` null: that is not known yet. */
export function aim(anchor: HTMLElement, href: string | null, title: string): void {
  setAttribute(anchor, "href", href ?? false);
  setAttribute(anchor, "title", [title, href ?? ""].filter(Boolean).join("\n") || false);
}
