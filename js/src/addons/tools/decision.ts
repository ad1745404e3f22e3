/** The user's decision on a call that waits: run it, deny it, always allow its tool, or change the arguments first. */

import type { Context, Looks } from "../../cell/parts/kinds.js";
import type { DecisionParts, DecisionView } from "../../render/addons.js";
import { element, setAttribute, setLabel } from "../../render/element.js";
import type { ToolCallFields } from "../../wire/generated.js";
import { isRecord } from "../../wire/narrow.js";
import type { Part } from "../../wire/protocol.js";
import * as words from "../../words.js";
import css from "./decision.css";

/** Milliseconds without an answer from the kernel, after which a button can be pressed again. */
const UNANSWERED = 10_000;

/** Characters of arguments that the kernel accepts. */
const LONGEST = 1_000_000;

/** Why these arguments cannot be sent, or null. */
function flawOf(text: string): string | null {
  if (text.length > LONGEST) return words.TOO_LONG;
  try {
    return text.trim() === "" || isRecord(JSON.parse(text)) ? null : words.NOT_AN_OBJECT;
  } catch (error) {
    return words.notJson((error as Error).message);
  }
}

export class Decision implements DecisionView {
  readonly root: HTMLElement;
  readonly #context: Context;
  /** Gets the focus when the button that has it is hidden. */
  readonly #block: HTMLElement;
  readonly #pretty: DecisionParts["pretty"];
  readonly #area: HTMLTextAreaElement;
  readonly #flaw: HTMLElement;
  readonly #edit: HTMLButtonElement;
  readonly #buttons: readonly HTMLButtonElement[];
  readonly #choices: HTMLElement;
  readonly #changes: HTMLElement;
  #arguments = "";
  #cancelLate: (() => void) | null = null;

  constructor({ context, block, pretty }: DecisionParts) {
    this.#context = context;
    this.#block = block;
    this.#pretty = pretty;
    const button = (label: string, title: string, pressed: () => void, style = "") =>
      this.#button(label, title, pressed, style);
    const run = button(words.RUN, words.RUN_TITLE, () => this.#send("run"), "sc-primary");
    const deny = button(words.DENY, words.DENY_TITLE, () => this.#send("deny"));
    this.#edit = button(words.EDIT, words.EDIT_TITLE, () => this.#open());
    const always = button(words.ALWAYS, words.ALWAYS_TITLE, () => this.#send("always"));
    this.#choices = element("div", { class: "sc-call-buttons" }, run, deny, this.#edit, always);

    const id = `${context.id}-flaw`;
    this.#flaw = element("div", { id, class: "sc-call-flaw", "aria-live": "polite" });
    this.#area = element("textarea", {
      "aria-label": words.ARGUMENTS,
      "aria-describedby": id,
      spellcheck: "false",
      autocapitalize: "off",
      dir: "ltr",
      rows: "6",
    });
    const changed = button(words.RUN_EDITED, words.RUN_TITLE, () => this.#sendEdited(), "sc-primary");
    const cancel = button(words.CANCEL, words.CANCEL, () => this.#close());
    this.#changes = element("div", { class: "sc-call-buttons" }, changed, cancel);
    this.#area.addEventListener("input", () => this.#complain(""));
    this.#buttons = [run, deny, this.#edit, always, changed, cancel];
    this.root = element(
      "div",
      { class: "sc-call-decision" },
      element("style", {}, css),
      this.#area,
      this.#flaw,
      this.#choices,
      this.#changes,
    );
    this.root.addEventListener("keydown", (key) => {
      if (this.#area.hidden) return;
      // Otherwise the notebook's shortcuts apply: Shift+Enter would run the cell again.
      key.stopPropagation();
      if (key.key === "Escape") this.#close();
    });
    this.root.hidden = this.#area.hidden = this.#changes.hidden = true;
  }

  update({ body }: Part, { state, edited, custom, server }: ToolCallFields, { over }: Looks): void {
    const asks = state === "asked" && !over;
    this.#arguments = edited ?? body;
    // The kernel accepts changed arguments only as an object, and the provider not at all.
    this.#edit.hidden = custom || server !== "";
    if (!asks) {
      const focused = this.root.contains((this.root.getRootNode() as Document | ShadowRoot).activeElement);
      this.root.hidden = true;
      this.reset();
      if (focused) this.#block.focus({ preventScroll: true });
    } else this.root.hidden = false;
  }

  reset(): void {
    this.#area.hidden = this.#changes.hidden = true;
    this.#choices.hidden = false;
    this.#complain("");
    this.#wait(false);
  }

  dispose(): void {
    this.#cancelLate?.();
  }

  #button(label: string, title: string, pressed: () => void, style: string): HTMLButtonElement {
    const made = element("button", { type: "button", class: style, title }, label);
    made.addEventListener("click", ({ detail }) => {
      // The second half of a double click may hit the next call, which has moved to this place.
      if (detail < 2 && made.getAttribute("aria-disabled") !== "true") pressed();
    });
    return made;
  }

  #open(): void {
    this.#area.value = this.#pretty(this.#arguments, true);
    this.#choices.hidden = true;
    this.#area.hidden = this.#changes.hidden = false;
    this.#area.focus({ preventScroll: true });
  }

  #close(): void {
    this.reset();
    this.#edit.focus({ preventScroll: true });
  }

  #sendEdited(): void {
    const text = this.#area.value;
    const flaw = flawOf(text);
    if (flaw === null) this.#send("edit", text.trim() === "" ? "{}" : text);
    else {
      this.#complain(flaw);
      this.#area.focus({ preventScroll: true });
    }
  }

  #complain(flaw: string): void {
    setLabel(this.#flaw, flaw);
    setAttribute(this.#area, "aria-invalid", flaw === "" ? false : "true");
  }

  /** Send a decision. The buttons are disabled until the kernel answers or takes too long. */
  #send(action: string, value?: unknown): void {
    this.#wait(true);
    this.#context.act(0, action, value);
  }

  #wait(waits: boolean): void {
    this.#cancelLate?.();
    this.#cancelLate = null;
    for (const button of this.#buttons) setAttribute(button, "aria-disabled", waits && "true");
    if (!waits) return;
    setLabel(this.#flaw, "");
    this.#cancelLate = this.#context.page.clock.after(UNANSWERED, () => {
      this.#wait(false);
      setLabel(this.#flaw, words.NOT_TAKEN);
    });
  }
}
