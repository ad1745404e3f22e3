/** How addresses in parts are shown and copied. */

import { safeImage } from "../../markdown/links.js";
import { element } from "../../render/element.js";

/** A link with its host visible, or text if a browser must not open the address. */
export function site(url: string, label: string): HTMLElement[] {
  const found = safeImage(url);
  const named = label === "" ? [] : [element("span", { dir: "auto" }, label)];
  if (found === null) return [...named, element("span", {}, url)];
  const link = element("a", { href: found.src, target: "_blank", rel: "noopener noreferrer", title: found.src });
  link.append(...(label === "" ? [found.src] : named));
  return [link, ...(label === "" ? [] : [element("span", { class: "sc-site" }, found.host)])];
}

/** Markdown that shows a complete address. */
export const copiedSite = (url: string): string => {
  const found = safeImage(url);
  return found === null ? literal(url) : `<${found.src.replaceAll("!", "%21")}>`;
};

const TYPE = /^image\/(?:png|jpeg|webp|gif)$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** A `data:` address of an image; null for a type that not every reader shows, and for invalid base64. */
export const imageAddress = (mime: string, data: string): string | null =>
  TYPE.test(mime) && BASE64.test(data) ? `data:${mime};base64,${data}` : null;

/** Markdown that shows a text literally. */
export const literal = (text: string): string => text.replace(/[\\`*_{}[\]<>#|~$&!]/g, "\\$&");
