/** Links: those to other pages open in a new tab and show their target, those inside the answer scroll to it. */

import type { Drawing } from "./drawing.js";
import { setAttribute } from "./element.js";

export const link = (drawing: Drawing): HTMLAnchorElement =>
  drawing.element("a", { target: "_blank", rel: "noopener noreferrer" });

/** The prefix of link targets inside the answer: other fragments of the page belong to the notebook. */
const within = (prefix: string): string => `#${prefix}-to-`;

/** Set a link's target. The title shows the address, whatever the text says. `href` null: it is not known yet. */
export function aim({ prefix }: Drawing, anchor: HTMLElement, href: string | null, title: string): void {
  const isWithin = href?.startsWith("#") ?? false;
  const target = href !== null && isWithin ? within(prefix) + href.slice(1) : href;
  setAttribute(anchor, "href", target ?? false);
  setAttribute(anchor, "target", isWithin ? false : "_blank");
  setAttribute(anchor, "title", [title, isWithin ? "" : (href ?? "")].filter(Boolean).join("\n") || false);
}

/** Scroll to an element and focus it, so that the keyboard continues from there. */
export function goTo(target: HTMLElement): void {
  if (!target.hasAttribute("tabindex")) target.setAttribute("tabindex", "-1");
  target.scrollIntoView({ block: "nearest" });
  target.focus({ preventScroll: true });
}

/** Make links to the answer's headings work, with the names that GitHub gives to headings. */
export function followLinks(root: HTMLElement, prefix: string): void {
  root.addEventListener("click", (event) => {
    const begin = within(prefix);
    const anchor = (event.target as Element | null)?.closest?.(`a[href^="${begin}"]`);
    if (!anchor) return;
    event.preventDefault();
    event.stopPropagation();
    const heading = findHeading(root, (anchor.getAttribute("href") ?? "").slice(begin.length));
    if (heading) goTo(heading);
  });
}

const HEADINGS = "h1, h2, h3, h4, h5, h6";

const nameOf = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, "")
    .replaceAll(" ", "-");

function findHeading(root: HTMLElement, fragment: string): HTMLElement | null {
  const wanted = decoded(fragment).toLowerCase();
  const seen = new Map<string, number>();
  for (const heading of root.querySelectorAll<HTMLElement>(HEADINGS)) {
    const name = nameOf(heading.textContent ?? "");
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    if ((before === 0 ? name : `${name}-${before}`) === wanted) return heading;
  }
  return null;
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}
