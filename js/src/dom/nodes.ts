/** One element for each kind of node: how it is made, and how it follows a changed node. */

import type { Node as TreeNode } from "../markdown/tree.js";
import { element, setAttribute, setLabel, setText } from "./element.js";
import type { Mounted } from "./render.js";

type Kind<K extends TreeNode["kind"]> = Extract<TreeNode, { readonly kind: K }>;

const INLINE_TAGS = { emphasis: "em", strong: "strong", strike: "del" } as const;

const HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"] as const;

/** The empty element of a node; the renderer fills its slots with the node's children. */
export function create(node: TreeNode, prefix: string): Mounted {
  switch (node.kind) {
    case "text":
      return leaf(node, document.createTextNode(node.text));
    case "code":
      return leaf(node, element("code", {}, node.text));
    case "break":
      return leaf(node, element("br"));
    case "rule":
      return leaf(node, element("hr"));
    case "html":
      return leaf(node, element("div", { class: "sc-html" }, node.text));
    case "emphasis":
    case "strong":
    case "strike":
      return branch(node, element(INLINE_TAGS[node.kind]));
    case "link":
      return branch(node, link(node));
    case "image":
      return leaf(node, image(node));
    case "reference":
      return leaf(node, reference(node, prefix));
    case "paragraph":
      return branch(node, element("p", { "data-tight": node.tight }));
    case "heading":
      return branch(node, element(HEADINGS[node.depth - 1] ?? "h6"));
    case "quote":
      return branch(node, element("blockquote", { dir: "auto" }));
    case "pre":
      return pre(node);
    case "list":
      return branch(node, list(node));
    case "item":
      return branch(node, task(element("li"), node));
    case "table":
      return table(node);
    case "row":
      return branch(node, element("tr"));
    case "cell":
      return branch(node, element(node.header ? "th" : "td", { "data-align": node.align ?? false }));
    case "notes":
      return notes(node);
    case "note":
      return note(node, prefix);
  }
}

/** Bring the element of `before` to `node`, of the same kind; children are the renderer's. */
export function refresh(mounted: Mounted, before: TreeNode, node: TreeNode, prefix: string): void {
  const dom = mounted.dom as HTMLElement;
  switch (node.kind) {
    case "code":
    case "html":
      setText(dom.firstChild as Text, node.text);
      break;
    case "pre":
      setText(mounted.slots[0]?.firstChild as Text, node.text);
      setAttribute(dom, "data-language", node.language || false);
      break;
    case "link":
      aim(dom as HTMLAnchorElement, node);
      break;
    case "image": {
      const button = dom.querySelector("button");
      if (button) setLabel(button, imageLabel(node));
      break;
    }
    case "reference":
      if ((before as typeof node).note !== node.note || (before as typeof node).use !== node.use) {
        dom.replaceChildren(...reference(node, prefix).childNodes);
      }
      break;
    case "paragraph":
      setAttribute(dom, "data-tight", node.tight);
      break;
    case "list":
      setAttribute(dom, "start", startOf(node));
      break;
    case "item":
      task(dom, node);
      break;
    case "cell":
      setAttribute(dom, "data-align", node.align ?? false);
      break;
    case "note":
      if ((before as typeof node).uses !== node.uses) dom.lastElementChild?.replaceWith(backLinks(node, prefix));
      break;
  }
}

const leaf = (node: TreeNode, dom: ChildNode): Mounted => ({ node, dom, slots: [], children: [] });

const branch = (node: TreeNode, dom: Element): Mounted => ({ node, dom, slots: [dom], children: [] });

function link(node: Kind<"link">): HTMLAnchorElement {
  const made = element("a", { target: "_blank", rel: "noopener noreferrer" });
  aim(made, node);
  return made;
}

/** The title shows where the link leads, whatever its text says. */
function aim(anchor: HTMLAnchorElement, node: Kind<"link">): void {
  setAttribute(anchor, "href", node.href);
  setAttribute(anchor, "title", node.title ? `${node.title}\n${node.href}` : node.href);
}

const imageLabel = (node: Kind<"image">): string => `Load image ${node.alt ? `“${node.alt}” ` : ""}from ${node.host}`;

/**
 * A button in place of a remote image: to load an image tells its server that it is looked at, and its address may
 * carry off what was said before.
 */
function image(node: Kind<"image">): HTMLElement {
  const holder = element("span", { class: "sc-image" });
  const button = element("button", { type: "button", class: "sc-load", title: node.src }, imageLabel(node));
  button.addEventListener("click", () => {
    const loaded = element("img", { alt: node.alt, title: node.title || node.alt, referrerpolicy: "no-referrer" });
    loaded.addEventListener("error", () => holder.replaceChildren(`Could not load the image from ${node.host}`));
    loaded.setAttribute("src", node.src);
    button.replaceWith(loaded);
  });
  holder.append(button);
  return holder;
}

const noteId = (prefix: string, note: number): string => `${prefix}-note-${note}`;

const useId = (prefix: string, note: number, use: number): string => `${prefix}-use-${note}-${use}`;

function reference(node: Kind<"reference">, prefix: string): HTMLElement {
  const label = String(node.note);
  const anchor = jump(noteId(prefix, node.note), label, `Footnote ${label}`);
  anchor.id = useId(prefix, node.note, node.use);
  return element("sup", { class: "sc-reference" }, anchor);
}

/** A link within the answer. It moves the reader itself: the page's address belongs to the notebook. */
function jump(id: string, text: string, label: string): HTMLAnchorElement {
  const anchor = element("a", { href: `#${id}`, "aria-label": label }, text);
  anchor.addEventListener("click", (event) => {
    event.preventDefault();
    event.stopPropagation();
    const root = anchor.getRootNode() as Document | ShadowRoot;
    const target = root.getElementById?.(id);
    target?.scrollIntoView({ block: "nearest" });
    target?.focus({ preventScroll: true });
  });
  return anchor;
}

function notes(node: Kind<"notes">): Mounted {
  const items = element("ol");
  return {
    node,
    dom: element("section", { class: "sc-notes", "aria-label": "Footnotes" }, items),
    slots: [items],
    children: [],
  };
}

function note(node: Kind<"note">, prefix: string): Mounted {
  const body = element("div");
  const id = noteId(prefix, node.note);
  return {
    node,
    dom: element("li", { id, tabindex: "-1" }, body, backLinks(node, prefix)),
    slots: [body],
    children: [],
  };
}

function backLinks(node: Kind<"note">, prefix: string): HTMLElement {
  const uses = Array.from({ length: node.uses }, (_, index) => index + 1);
  const anchors = uses.map((use) => jump(useId(prefix, node.note, use), "↩", `Back to reference ${use}`));
  return element("span", { class: "sc-back" }, ...anchors);
}

function pre(node: Kind<"pre">): Mounted {
  const code = element("code", {}, document.createTextNode(node.text));
  const box = element("div", { class: "sc-code", dir: "ltr", "data-language": node.language || false });
  box.append(element("pre", {}, code));
  return { node, dom: box, slots: [code], children: [] };
}

function table(node: Kind<"table">): Mounted {
  const head = element("thead");
  const body = element("tbody");
  return {
    node,
    dom: element("div", { class: "sc-table" }, element("table", { dir: "auto" }, head, body)),
    slots: [head, body],
    children: [],
  };
}

const startOf = (node: Kind<"list">): string | false =>
  node.start === null || node.start === 1 ? false : String(node.start);

function list(node: Kind<"list">): HTMLElement {
  return node.start === null ? element("ul", { dir: "auto" }) : element("ol", { dir: "auto", start: startOf(node) });
}

function task(item: HTMLElement, node: Kind<"item">): HTMLElement {
  const first = item.firstChild;
  let box = first instanceof HTMLInputElement ? first : null;
  setAttribute(item, "data-task", node.checked !== null);
  if (node.checked === null) {
    box?.remove();
    return item;
  }
  if (box === null) {
    box = element("input", { type: "checkbox", disabled: true, class: "sc-task" });
    item.prepend(box);
  }
  setAttribute(box, "checked", node.checked);
  return item;
}
