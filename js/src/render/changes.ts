/** Draws what was found when two texts were compared: plain text, with what was added and removed marked. */

import * as words from "../words.js";
import type { Change } from "./addons.js";
import { element } from "./element.js";

export function drawnChanges(changes: readonly Change[] | null): (Node | string)[] {
  if (changes === null) return [words.TOO_DIFFERENT];
  if (changes.every(({ kind }) => kind === "same")) return [words.NO_DIFFERENCE];
  return changes.map(({ kind, text }) =>
    kind === "same" ? text : element(kind === "added" ? "ins" : "del", {}, text),
  );
}
