/**
 * Builds the DOM of a formula from Temml's tree: only MathML elements and attributes for drawing, without ids and
 * links, and without lengths that would draw outside the formula's place.
 */

import { DEEPEST, LONGEST_LENGTH, MOST_BACKWARDS, MOST_ELEMENTS } from "./settings.js";

/** The part of Temml's nodes that is read: elements, texts, fragments, and links (only their children are used). */
export interface Tree {
  readonly type?: string;
  readonly text?: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly classes?: readonly string[];
  readonly style?: Readonly<Record<string, unknown>>;
  readonly children?: readonly Tree[];
}

const NAMESPACE = "http://www.w3.org/1998/Math/MathML";

const ELEMENTS = new Set(
  (
    "math menclose merror mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt " +
    "mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none"
  ).split(" "),
);

const WORD = /^[a-z-]+$/i;
const NUMBER = /^[-+]?\d+$/;
const COLOUR = /^(?:#[0-9a-f]{3,8}|[a-z]+|rgba?\([\d., %]+\))$/i;
const LENGTH = /^([-+]?(?:\d+\.?\d*|\.\d+))(em|ex|pt|px|mu|%)?$/;

const ATTRIBUTES: Readonly<Record<string, RegExp>> = {
  accent: WORD,
  accentunder: WORD,
  columnalign: /^[a-z ]+$/,
  columnspan: NUMBER,
  depth: LENGTH,
  display: WORD,
  displaystyle: WORD,
  fence: WORD,
  form: WORD,
  height: LENGTH,
  largeop: WORD,
  linethickness: LENGTH,
  lspace: LENGTH,
  mathbackground: COLOUR,
  mathcolor: COLOUR,
  mathsize: LENGTH,
  mathvariant: WORD,
  maxsize: LENGTH,
  minsize: LENGTH,
  movablelimits: WORD,
  notation: /^[a-z ]+$/,
  rowspacing: LENGTH,
  rowspan: NUMBER,
  rspace: LENGTH,
  scriptlevel: NUMBER,
  separator: WORD,
  stretchy: WORD,
  symmetric: WORD,
  voffset: LENGTH,
  width: LENGTH,
};

const BORDER = /^(?:[\d.]+(?:em|px) )?(?:solid|dashed|none)(?: [a-z]+)?$/i;

const STYLES: Readonly<Record<string, RegExp>> = {
  border: BORDER,
  borderBottom: BORDER,
  borderLeft: BORDER,
  borderRight: BORDER,
  borderTop: BORDER,
  color: COLOUR,
  display: WORD,
  fontStyle: WORD,
  fontWeight: /^[a-z\d]+$/,
  justifyContent: WORD,
  mathDepth: NUMBER,
  padding: /^[\d. emx]+$/,
  paddingBottom: LENGTH,
  paddingLeft: LENGTH,
  paddingRight: LENGTH,
  paddingTop: LENGTH,
  textAlign: WORD,
  width: LENGTH,
};

const EM: Readonly<Record<string, number>> = { em: 1, ex: 0.5, pt: 0.1, px: 1 / 14, mu: 1 / 18 };

export class Builder {
  #elements = 0;
  #backwards = 0;

  /** Build a node and its children. Throws if the formula exceeds a limit. */
  build(tree: Tree, depth = 0): Node {
    if (tree.text !== undefined) return document.createTextNode(tree.text);
    this.#elements += 1;
    if (this.#elements > MOST_ELEMENTS || depth > DEEPEST) throw new RangeError("the formula is too large");
    const node = this.#open(tree);
    for (const child of tree.children ?? []) node.append(this.build(child, depth + 1));
    return node;
  }

  #open({ type, attributes = {}, classes = [], style = {} }: Tree): ParentNode & Node {
    // Fragments and links have no type.
    if (type === undefined) return document.createDocumentFragment();
    const element = document.createElementNS(NAMESPACE, ELEMENTS.has(type) ? type : "mrow") as MathMLElement;
    for (const [name, value] of Object.entries(attributes)) {
      const allowed = this.#checked(ATTRIBUTES, name, value);
      if (allowed !== null) element.setAttribute(name, allowed);
    }
    const named = classes.filter((name) => WORD.test(name) || /^[a-z][a-z\d-]*$/.test(name));
    if (named.length > 0) element.setAttribute("class", named.join(" "));
    for (const [name, value] of Object.entries(style)) {
      const allowed = this.#checked(STYLES, name, value);
      if (allowed !== null) element.style[name as "color"] = allowed;
    }
    return element;
  }

  #checked(list: Readonly<Record<string, RegExp>>, name: string, value: unknown): string | null {
    const pattern = Object.hasOwn(list, name) ? list[name] : undefined;
    const text = String(value).trim();
    if (!pattern?.test(text)) return null;
    const length = pattern === LENGTH ? LENGTH.exec(text) : null;
    if (length) this.#weigh(name, Number(length[1]) * (EM[length[2] ?? "em"] ?? 0));
    return text;
  }

  #weigh(name: string, em: number): void {
    if (em < 0 || name === "voffset") this.#backwards += Math.abs(em);
    if (Math.abs(em) > LONGEST_LENGTH || this.#backwards > MOST_BACKWARDS) {
      throw new RangeError("the formula is larger than its place");
    }
  }
}
