/** A kind of part that no other file of the page knows: a gauge, and a button that sets it back. */

import type { Kind } from "../../src/cell/parts/kinds.js";
import { element, setLabel } from "../../src/render/element.js";

export const GAUGE: Kind = {
  make({ act }) {
    const level = element("output");
    const log = element("pre");
    const reset = element("button", {}, "Reset");
    reset.addEventListener("click", () => act(0, "set", 0));
    return {
      root: element("section", { class: "gauge" }, level, log, reset),
      update([part], { over }) {
        setLabel(level, `${part?.fields.level ?? 0} %${over ? "" : "…"}`);
        setLabel(log, part?.body ?? "");
      },
      dispose: () => log.remove(),
    };
  },
  doing: "Measuring",
  copied: ({ fields }) => `Level ${fields.level}`,
};
