/** What an answer may consist of in the page, written down apart from the renderer's own lists. */

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

const TAGS = words(
  "a abbr b bdo big blockquote br button caption center cite code dd del details dfn div dl dt em figcaption figure h1 h2 " +
    "h3 h4 h5 h6 hr i input ins kbd li mark ol p pre q rp rt ruby s samp section small span strike strong sub summary sup " +
    "table tbody td tfoot th thead time tr tt u ul var wbr",
);

/** Attributes that any element may have; those of the renderer's own are checked below. */
const ATTRIBUTES = words(
  "align aria-label class colspan data-alert data-align data-cut data-display data-language data-pending data-task data-tex " +
    "data-tight data-tip datetime dir lang open reversed role rowspan start tabindex title value",
);

/** Attributes that only these elements may have. */
const OWN: Readonly<Record<string, ReadonlySet<string>>> = {
  a: words("href id rel target"),
  button: words("type"),
  input: words("checked disabled type"),
  li: words("id"),
};

const MATH = "http://www.w3.org/1998/Math/MathML";

const MATH_TAGS = words(
  "math menclose merror mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt mstyle " +
    "msub msubsup msup mtable mtd mtext mtr munder munderover none",
);

const MATH_ATTRIBUTES = words(
  "accent accentunder class columnalign columnspan depth display displaystyle fence form height largeop linethickness " +
    "lspace mathbackground mathcolor mathsize mathvariant maxsize minsize movablelimits notation rowspacing rowspan rspace " +
    "scriptlevel separator stretchy symmetric voffset width",
);

/** Nothing that loads, and nothing that leaves its place. */
const MATH_STYLE =
  /^(?:\s*(?:border|color|display|font-(?:style|weight)|justify-content|math-depth|padding|text-align|width)(?:-[a-z]+)*: [^;:()]*;)+$/;

const CLASS = /^sc-[a-z0-9-]+$/;
const STYLE = /^(contain-intrinsic-block-size: auto [\d.]+px|--sc-columns: [\d. px]+);$/;
/** The last one is that of an address which the browser cannot read, and does not follow. */
const PROTOCOLS = words("http: https: mailto: :");

/** What is wrong with the elements below `root`. */
export function findForbidden(root: Element, prefix: string): string[] {
  const found: string[] = [];
  for (const element of root.querySelectorAll("*")) {
    const tag = element.localName;
    const isMath = element.namespaceURI === MATH;
    const isAllowed = isMath ? MATH_TAGS.has(tag) : element instanceof HTMLElement && TAGS.has(tag);
    if (!isAllowed) found.push(`<${tag}>`);
    for (const { name, value } of element.attributes) {
      const wrong = isMath ? wrongMath(name, value) : wrongAttribute(element, name, value, prefix);
      if (wrong) found.push(`<${tag} ${name}=${JSON.stringify(value)}>: ${wrong}`);
    }
  }
  return found;
}

function wrongMath(name: string, value: string): string | null {
  if (name === "style") return MATH_STYLE.test(value) ? null : "style";
  return MATH_ATTRIBUTES.has(name) ? null : "not an allowed attribute";
}

function wrongAttribute(element: Element, name: string, value: string, prefix: string): string | null {
  if (name === "style") return STYLE.test(value) ? null : "style";
  if (!ATTRIBUTES.has(name) && !OWN[element.localName]?.has(name)) return "not an allowed attribute";
  switch (name) {
    case "id":
      return value.startsWith(`${prefix}-`) ? null : "an id that is not ours";
    case "class":
      return value.split(" ").every((each) => CLASS.test(each)) ? null : "a class that is not ours";
    case "href":
      return wrongAddress(element as HTMLAnchorElement, value, prefix);
    case "target":
      return value === "_blank" ? null : "another target";
    case "rel":
      return value === "noopener noreferrer" ? null : "another relation";
    case "type":
      return value === (element.localName === "input" ? "checkbox" : "button") ? null : "another type";
    default:
      return null;
  }
}

/** As the browser reads it. */
function wrongAddress(anchor: HTMLAnchorElement, value: string, prefix: string): string | null {
  if (value.startsWith("#")) return value.startsWith(`#${prefix}-`) ? null : "a jump out of the answer";
  if (!PROTOCOLS.has(anchor.protocol)) return `leads to ${anchor.protocol}`;
  if (anchor.username || anchor.password) return "poses as another host";
  return anchor.rel === "noopener noreferrer" && anchor.target === "_blank" ? null : "does not open apart";
}
