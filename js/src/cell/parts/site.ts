/** Addresses that parts name: how they are shown, and how they are copied. */

import { safeImage } from "../../markdown/links.js";
import { element } from "../../render/element.js";

/** A link with its host in plain sight, in place of an address that a browser may open; any other address stays text. */
export function site(url: string, label: string): HTMLElement[] {
  const found = safeImage(url);
  const named = label === "" ? [] : [element("span", { dir: "auto" }, label)];
  if (found === null) return [...named, element("span", {}, url)];
  const link = element("a", { href: found.src, target: "_blank", rel: "noopener noreferrer", title: found.src });
  link.append(...(label === "" ? [found.src] : named));
  return [link, ...(label === "" ? [] : [element("span", { class: "sc-site" }, found.host)])];
}

/** An address as Markdown that shows it whole. */
export const copiedSite = (url: string): string => {
  const found = safeImage(url);
  return found === null ? literal(url) : `<${found.src.replaceAll("!", "%21")}>`;
};

/** A text as Markdown that shows it letter for letter. */
export const literal = (text: string): string => text.replace(/[\\`*_{}[\]<>#|~$&!]/g, "\\$&");
