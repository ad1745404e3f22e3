/** A part of a kind that the kernel or this page does not know: its body, under the name of its kind. */

import { element, setAttribute, setLabel } from "../../render/element.js";
import { UNKNOWN_FIELDS_SHAPE } from "../../wire/generated.js";
import { read } from "../../wire/narrow.js";
import type { Part } from "../../wire/protocol.js";
import { KINDS, type Kind } from "./kinds.js";

function nameOf({ kind, fields }: Part): string {
  const { name } = read(UNKNOWN_FIELDS_SHAPE, fields) as { name: string };
  return (kind === "unknown" && name) || kind;
}

export const UNKNOWN: Kind = {
  make() {
    const label = element("div", { class: "sc-unknown-name" });
    const body = element("pre");
    const root = element("section", { class: "sc-unknown", role: "group" }, label, body);
    return {
      root,
      update([part]) {
        if (!part) return;
        setAttribute(root, "aria-label", nameOf(part));
        setLabel(label, nameOf(part));
        body.hidden = part.body === "";
        setLabel(body, part.body);
      },
    };
  },
  copied: (part) => part.body,
};

KINDS.set("unknown", UNKNOWN);
