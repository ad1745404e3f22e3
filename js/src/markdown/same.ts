/** Whether two inlines look the same. */

import type { Attributes, Inline } from "./tree.js";

export function isSame(a: Inline, b: Inline): boolean {
  if (a === b) return true;
  switch (a.kind) {
    case "text":
    case "raw":
    case "code":
      return b.kind === a.kind && a.text === b.text;
    case "break":
      return b.kind === "break";
    case "emphasis":
    case "strong":
    case "strike":
      return b.kind === a.kind && areSame(a.children, b.children);
    case "link":
      return b.kind === "link" && a.href === b.href && a.title === b.title && areSame(a.children, b.children);
    case "image":
      return b.kind === "image" && a.src === b.src && a.alt === b.alt && a.title === b.title;
    case "math":
      return b.kind === "math" && a.text === b.text && a.display === b.display && a.open === b.open;
    case "reference":
      return b.kind === "reference" && a.note === b.note && a.use === b.use && a.known === b.known;
    case "element":
      return (
        b.kind === "element" &&
        a.tag === b.tag &&
        haveSame(a.attributes, b.attributes) &&
        areSame(a.children, b.children)
      );
  }
}

export const areSame = (a: readonly Inline[], b: readonly Inline[]): boolean =>
  a.length === b.length && a.every((each, index) => isSame(each, b[index] as Inline));

export function haveSame(a: Attributes, b: Attributes): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
