/** The model's refusal: its words as they are, set apart. */

import { element, setLabel } from "../../render/element.js";
import { KINDS } from "./kinds.js";

KINDS.set("refusal", {
  make() {
    const root = element("div", { class: "sc-refusal", dir: "auto" });
    return { root, update: ([part]) => setLabel(root, part?.body ?? "") };
  },
});
