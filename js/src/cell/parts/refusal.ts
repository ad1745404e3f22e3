/** The model's refusal: its own words, set apart from the answer. */

import { element, setLabel } from "../../render/element.js";
import { KINDS } from "./kinds.js";

KINDS.set("refusal", {
  make() {
    const root = element("div", { class: "sc-refusal", dir: "auto" });
    return { root, update: ([part]) => setLabel(root, part?.body ?? "") };
  },
});
