/** Patches: inserted and deleted lines, by the sign before each. */

import type { Grammar } from "../../render/addons.js";

const HEADER =
  /^(?:diff |index |Index: |\+\+\+|---|={4,}|\*{4,}|rename |similarity |new file|deleted file|old mode|new mode)/;
const PLACE = /^(?:@@.*?@@|\d+(?:,\d+)?[acd]\d+(?:,\d+)?$)/;

const STYLES: Readonly<Record<string, string>> = { "+": "inserted", ">": "inserted", "-": "deleted", "<": "deleted" };

function styleOf(line: string): string | null {
  return HEADER.test(line) ? "meta" : (STYLES[line[0] ?? ""] ?? null);
}

export const grammar: Grammar<null> = {
  start: () => null,
  line(text) {
    const place = PLACE.exec(text)?.[0].length ?? 0;
    const spans = [];
    if (place > 0) spans.push({ end: place, style: "number" });
    if (text.length > place) spans.push({ end: text.length, style: place > 0 ? "comment" : styleOf(text) });
    return { spans, next: null };
  },
};
