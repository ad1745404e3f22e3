/** Maps Ace's dotted token types to our few styles. */

/** The style by the longest name that a type begins with; null is plain. */
const STYLES: Readonly<Record<string, string | null>> = {
  annotation: "meta",
  comment: "comment",
  constant: "constant",
  "constant.character": "string",
  "constant.language.escape": "string",
  "constant.numeric": "number",
  doctype: "meta",
  "entity.name.function": "function",
  "entity.name.tag": "tag",
  "entity.name.type": "type",
  "entity.name.class": "type",
  "entity.other.attribute-name": "attribute",
  "function.support": "function",
  gitlog: null,
  heading: "heading",
  invalid: null,
  "invalid.deprecated": "keyword",
  keyword: "keyword",
  "keyword.operator": "operator",
  "list.markup": "punctuation",
  "markup.heading": "heading",
  "markup.list": "punctuation",
  "markup.raw": "string",
  meta: null,
  "meta.tag": "tag",
  "meta.tag.punctuation": "punctuation",
  number: "number",
  operator: "operator",
  paren: "punctuation",
  lparen: "punctuation",
  rparen: "punctuation",
  preprocessor: "meta",
  punctuation: "punctuation",
  "punctuation.definition.comment": "comment",
  "punctuation.definition.string": "string",
  "storage.modifier": "keyword",
  "storage.type": "keyword",
  "storage.type.annotation": "meta",
  string: "string",
  "string.link": "link",
  "support.class": "type",
  "support.constant": "constant",
  "support.function": "function",
  "support.other": "function",
  "support.type": "type",
  "support.variable": "variable",
  title: "heading",
  underline: "link",
  variable: "variable",
  "variable.language": "keyword",
  "variable.macro": "meta",
  "variable.parameter": "variable",
  xml_pe: "meta",
  "xml-pe": "meta",
};

const found = new Map<string, string | null>();

/** The style of a token type, or null for plain. */
export function styleOf(type: string): string | null {
  let style = found.get(type);
  if (style === undefined) {
    style = look(type);
    found.set(type, style);
  }
  return style;
}

function look(type: string): string | null {
  for (let name = type; name !== ""; name = name.slice(0, Math.max(0, name.lastIndexOf(".")))) {
    const style = STYLES[name];
    if (style !== undefined) return style;
  }
  return null;
}
