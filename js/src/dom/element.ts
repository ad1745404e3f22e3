/** Making elements: attributes and text only, never markup from a string. */

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

/** Set, change or remove an attribute, and leave it alone when it is right. */
export function setAttribute(target: Element, name: string, value: string | boolean): void {
  if (value === false) target.removeAttribute(name);
  else if (target.getAttribute(name) !== (value === true ? "" : value)) {
    target.setAttribute(name, value === true ? "" : value);
  }
}

/** Bring a text node to `text`; text that grew at its end is appended, so that a selection in it lives on. */
export function setText(node: Text, text: string): void {
  const now = node.data;
  if (now === text) return;
  if (text.length > now.length && text.startsWith(now)) node.appendData(text.slice(now.length));
  else node.data = text;
}

/** The same for an element that holds nothing but text. */
export function setLabel(target: Element, text: string): void {
  const first = target.firstChild;
  if (first instanceof Text && first === target.lastChild) setText(first, text);
  else target.replaceChildren(text);
}
