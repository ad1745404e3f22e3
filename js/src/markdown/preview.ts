/** Previews of text whose end has not come, as it will most likely end. */

import { isAddressBegun } from "./addresses.js";
import { mathMarks } from "./math.js";
import type { Inline } from "./tree.js";

/** The length in characters after which an open construct is more likely text than syntax. */
export const LONGEST_OPEN = { strong: 320, emphasis: 320, link: 200, code: 300, other: 120 } as const;

/** The inlines for a text that begins with something undecided. */
export function preview(rest: string, math: boolean): Inline[] {
  if (rest === "") return [];
  const text: Inline[] = [{ kind: "text", text: rest }];
  switch (rest[0]) {
    case "`":
      return previewCode(rest) ?? text;
    case "$":
    case "\\":
      return math ? (previewMath(rest) ?? (rest.length < 3 ? [] : text)) : [];
    case "<":
      return rest.length > LONGEST_OPEN.other ? text : previewAngle(rest);
    case "h":
    case "H":
    case "w":
    case "W":
    case "f":
    case "F":
      return isAddressBegun(rest, 0) ? [{ kind: "link", href: null, title: "", children: text }] : [];
    case "@":
      return text;
    default:
      return [];
  }
}

function previewCode(rest: string): Inline[] | null {
  // A backtick with a space after it, or three of them, are probably mentioned in prose.
  const isMark = /^(?:`[ \t\n]|`{3})/.test(rest);
  if (isMark || rest.length > LONGEST_OPEN.code) return null;
  const text = rest.replace(/^`+/, "").replace(/`+$/, "").replaceAll("\n", " ").trim();
  return text === "" ? [] : [{ kind: "code", text }];
}

/** An incomplete formula is a placeholder; null if it is more likely a price or other text, which can be shown. */
function previewMath(rest: string): Inline[] | null {
  const marks = mathMarks(rest, 0);
  const inner = marks ? rest.slice(marks.open.length) : "";
  if (marks === null || rest.length > LONGEST_OPEN.code) return null;
  const isText =
    /^\d[\d.,]*[KMBTbmnkt]{0,2}[-\u2013+*.,;:/)]*(?:\s|$)/.test(inner) ||
    (/\s\S+\s/.test(inner) && !/[\\^_{}=+]/.test(inner));
  if (marks.open === "$" && isText) return null;
  return inner === ""
    ? []
    : [{ kind: "math", text: inner, display: marks.open === "$$" || marks.open === "\\[", open: true }];
}

function previewAngle(rest: string): Inline[] {
  const address = /^<(https?:\/\/.+|mailto:.+)/i.exec(rest)?.[1];
  return address === undefined
    ? []
    : [{ kind: "link", href: null, title: "", children: [{ kind: "text", text: address }] }];
}
