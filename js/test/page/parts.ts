/** Some of the real parts, all there from the beginning: formulas, and the languages that the corpus has most. */

import type { Grammar, Parts } from "../../src/dom/parts.js";
import { grammar as bash } from "../../src/parts/languages/bash.js";
import { grammar as json } from "../../src/parts/languages/json.js";
import { grammar as python } from "../../src/parts/languages/python.js";
import { grammar as sql } from "../../src/parts/languages/sql.js";
import { partOf } from "../../src/parts/languages.js";
import { math } from "../../src/parts/math/render.js";

const GRAMMARS: Readonly<Record<string, Grammar>> = { bash, json, python, sql };

export const PARTS: Parts = {
  grammar: (language) => GRAMMARS[partOf(language) ?? ""] ?? null,
  math: () => math,
  diagrams: () => null,
};
