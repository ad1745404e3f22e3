/** The style sheet for formulas, and a font with the metrics that MathML needs, which few machines have. */

import bytes from "font:stix";
import temml from "temml/dist/Temml-STIX2.css";
import own from "./look.css";

const css = temml + own;

/** Load the font, because formulas are laid out with its metrics. A page that blocks it shows them in another font. */
export async function loadFont(): Promise<void> {
  const font = new FontFace("streamcell math", bytes);
  document.fonts.add(font);
  await font.load().catch((error) => console.warn("[streamcell] no font for formulas", error));
}

const dressed = new WeakSet<Node>();

/** Add the style sheet to the document, and to a shadow root around `target`, which needs its own. */
export function dress(target: HTMLElement): void {
  add(document.head);
  // The target may be attached later.
  requestAnimationFrame(() => {
    const root = target.getRootNode();
    if (root instanceof ShadowRoot) add(root);
  });
}

function add(root: HTMLElement | ShadowRoot): void {
  if (dressed.has(root)) return;
  dressed.add(root);
  const style = document.createElement("style");
  style.textContent = css;
  root.append(style);
}
