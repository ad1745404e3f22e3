/** Creates and updates elements: from attributes and text only, never from markup in a string. */

type Attributes = Readonly<Record<string, string | boolean>>;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (globalThis.Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(made, name, value);
  made.append(...children);
  return made;
}

/** Set or remove an attribute; true is an empty value, false removes it. The DOM is not touched if nothing changes. */
export function setAttribute(target: Element, name: string, value: string | boolean): void {
  if (value === false) target.removeAttribute(name);
  else if (target.getAttribute(name) !== (value === true ? "" : value)) {
    target.setAttribute(name, value === true ? "" : value);
  }
}

/** The attributes of an element that can scroll: with them it can be reached and scrolled with the keyboard. */
export const scrolls = (label: string) => ({ tabindex: "0", role: "group", "aria-label": label });

/** Whether this node itself has the focus, also in a shadow root. */
export const isFocused = (node: Element): boolean =>
  (node.getRootNode() as Document | ShadowRoot).activeElement === node;

/**
 * Change a text node from `now` to `text` by replacing only what differs: a selection in the rest is kept, and growing
 * text costs only what was added.
 */
export function setText(node: Text, now: string, text: string): void {
  if (now === text) return;
  if (text.startsWith(now)) {
    node.appendData(text.slice(now.length));
    return;
  }
  const shorter = Math.min(now.length, text.length);
  let start = 0;
  while (start < shorter && now.charCodeAt(start) === text.charCodeAt(start)) start += 1;
  let end = 0;
  while (end < shorter - start && now.charCodeAt(now.length - 1 - end) === text.charCodeAt(text.length - 1 - end)) {
    end += 1;
  }
  node.replaceData(start, now.length - start - end, text.slice(start, text.length - end));
}

/** The same for an element that contains only text. */
export function setLabel(target: Element, text: string): void {
  const first = target.firstChild;
  if (first instanceof Text && first === target.lastChild) setText(first, first.data, text);
  else target.replaceChildren(text);
}
