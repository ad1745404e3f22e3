/** A tool's result that is more than text: an image, Markdown, or a table as HTML, without scripts. */

import { element } from "../../render/element.js";
import { LiveMarkdown } from "../../render/live.js";
import { Renderer } from "../../render/render.js";
import * as words from "../../words.js";
import type { Context } from "./kinds.js";
import { imageAddress } from "./site.js";

/** Characters of HTML or Markdown that are shown; a longer result is only shown as text. */
const LONGEST = 1_000_000;

/** Pixels. */
const HIGHEST = 400;
const BAR = 16;

export interface Returned {
  readonly root: HTMLElement;
  /** Update the colours to the host's present ones. */
  dress?(): void;
  dispose?(): void;
}

/** The view for a result of this MIME type; null if there is none, so that only the text is shown. */
export function returned(mime: string, data: string, name: string, context: Context): Returned | null {
  if (mime.startsWith("image/")) return image(mime, data.replace(/\s+/g, ""), name);
  if (data === "" || data.length > LONGEST) return null;
  if (mime === "text/markdown") return markdown(data, context);
  return mime === "text/html" ? new Frame(data, name) : null;
}

function image(mime: string, data: string, name: string): Returned | null {
  const src = imageAddress(mime, data);
  if (src === null) return null;
  const root = element("img", {
    src,
    alt: words.returnedImage(name),
    class: "sc-shown",
  });
  return { root };
}

function markdown(data: string, { id, page }: Context): Returned {
  const root = element("div", { class: "sc-shown" });
  const renderer = new Renderer(root, `${id}-shown`, page.addons);
  new LiveMarkdown(renderer).show(data, data.length, true, id);
  return { root, dispose: () => renderer.reset() };
}

const HEAD =
  `<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none'; ` +
  `style-src 'unsafe-inline'; img-src data:"><meta http-equiv="x-dns-prefetch-control" content="off">` +
  "<style>html{color:var(--sc-fg,#1f2328);background:var(--sc-back,#fff);font:13px/1.5 system-ui,sans-serif}" +
  "body{margin:0}table{border-collapse:collapse;border:0}th,td{padding:3px 10px;border:0;text-align:right}" +
  "thead{border-bottom:1px solid var(--sc-line,#d1d9e0)}" +
  "tbody tr:nth-child(odd){background:var(--sc-soft,#f3f5f7)}</style>";

/** Elements that could make the browser open a connection although the policy forbids all requests. */
const FORBIDDEN = /<(?=(?:link|meta|base)\b)/gi;

const COLOURS = ["--sc-fg", "--sc-back", "--sc-line", "--sc-soft"];

/** Markup from a tool, in a frame without scripts, requests or links, whose content cannot leave its box. */
class Frame implements Returned {
  readonly root: HTMLIFrameElement;

  constructor(html: string, name: string) {
    this.root = element("iframe", {
      class: "sc-shown",
      // The page must be able to measure it. Scripts, forms, windows and downloads are off.
      sandbox: "allow-same-origin",
      title: words.returnedTable(name),
      srcdoc: HEAD + html.replace(FORBIDDEN, "&lt;"),
    });
    this.root.addEventListener("load", () => this.#loaded());
  }

  #loaded(): void {
    const inner = this.root.contentDocument;
    if (!inner?.body) return;
    for (const link of inner.querySelectorAll("a, area")) {
      link.removeAttribute("href");
      link.removeAttribute("xlink:href");
    }
    this.dress();
    // As high as its content, plus the scroll bar for content that is too wide.
    this.root.style.height = `${Math.min(HIGHEST, inner.body.scrollHeight + BAR)}px`;
  }

  dress(): void {
    const inner = this.root.contentDocument?.documentElement;
    if (!inner) return;
    const host = getComputedStyle(this.root);
    for (const name of COLOURS) inner.style.setProperty(name, host.getPropertyValue(name));
  }
}
