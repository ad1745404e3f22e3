/** Some of the real parts, all there from the beginning: formulas, and the languages that the corpus has most. */

import { json as reader } from "../../src/addons/json.js";
import { grammar as bash } from "../../src/addons/languages/bash.js";
import { grammar as json } from "../../src/addons/languages/json.js";
import { grammar as python } from "../../src/addons/languages/python.js";
import { grammar as sql } from "../../src/addons/languages/sql.js";
import { addonOf } from "../../src/addons/languages.js";
import { math } from "../../src/addons/math/render.js";
import type { Addons, Grammar } from "../../src/render/addons.js";

const GRAMMARS: Readonly<Record<string, Grammar>> = { bash, json, python, sql };

export const ADDONS: Addons = {
  grammar: (language) => GRAMMARS[addonOf(language) ?? ""] ?? null,
  math: () => math,
  diagrams: () => null,
  differences: () => null,
  json: () => reader,
  tokens: () => null,
  layout: () => null,
};
