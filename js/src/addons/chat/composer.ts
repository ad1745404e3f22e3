/** The input of a conversation: a text of several lines, files, and the button that sends them or stops the answer. */

import type { Answers } from "../../render/addons.js";
import { element, setAttribute, setLabel } from "../../render/element.js";
import * as words from "../../words.js";
import { type File, Files } from "./files.js";

/** Milliseconds after which the kernel counts as busy. */
export const LATE = 2000;

export interface Options {
  readonly answers: Answers;
  /** The question that is edited; null: this is the input for the next one. */
  readonly edits: number | null;
  readonly text: string;
  /** The names of the files that the edited question has. */
  readonly files: readonly string[];
  readonly label: string;
  readonly send: string;
  /** Whether an answer is streaming, which must end first. */
  isStreaming(): boolean;
  stop(): void;
  /** Called when an edited question was taken, or editing was given up. */
  close?(): void;
}

export class Composer {
  readonly root: HTMLFormElement;
  readonly #options: Options;
  readonly #area: HTMLTextAreaElement;
  readonly #button: HTMLButtonElement;
  readonly #note = element("div", { class: "sc-chat-note", role: "status", "aria-live": "polite" });
  readonly #files: Files;
  /** The question that the kernel has not taken yet. */
  #sent = "";
  #cancelLate = () => {};

  constructor(options: Options) {
    this.#options = options;
    const { page } = options.answers;
    const id = page.newId();
    this.#area = element("textarea", {
      id,
      rows: "1",
      "aria-label": options.label,
      placeholder: options.edits === null ? words.MESSAGE_HINT : false,
      "data-lm-suppress-shortcuts": "true",
    });
    this.#area.value = options.text;
    this.#button = element("button", { type: "submit", class: "sc-primary" }, options.send);
    this.#files = new Files(page, options.files, (why) => this.say(why));
    const buttons = element("div", { class: "sc-chat-buttons" }, this.#files.button);
    if (options.close) {
      const cancel = element("button", { type: "button" }, words.CANCEL);
      cancel.addEventListener("click", () => options.close?.());
      buttons.append(cancel);
    }
    buttons.append(this.#button);
    const row = element("div", { class: "sc-chat-row" }, this.#area, buttons);
    this.root = element("form", { class: "sc-chat-form" }, this.#files.list, row, this.#note, this.#files.input);
    this.root.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#stops()) options.stop();
      else this.#send();
    });
    this.#area.addEventListener("keydown", (event) => this.#press(event));
    this.#area.addEventListener("input", () => {
      this.say("");
      this.#fit();
    });
    this.#files.take(this.root);
    this.update();
  }

  focus(): void {
    this.#area.focus({ preventScroll: true });
    this.#area.setSelectionRange(this.#area.value.length, this.#area.value.length);
    this.#fit();
  }

  /** Show what can be done now. */
  update(): void {
    const { answers, send } = this.#options;
    const { live } = answers;
    setAttribute(this.root, "data-live", live);
    this.#area.disabled = !live;
    this.#files.button.disabled = !live;
    const stops = this.#stops();
    setLabel(this.#button, stops ? words.STOP : this.#sent ? words.SENDING : send);
    this.#button.disabled = !live;
    if (!live) this.say(words.NO_CHAT_KERNEL);
  }

  /** The kernel has taken the question `nonce`, or says why not. */
  taken(nonce: string): void {
    if (this.#sent === "" || nonce !== this.#sent) return;
    this.#settle("");
    this.#area.value = "";
    this.#files.clear();
    this.#fit();
    this.#options.close?.();
  }

  refused(nonce: string, why: string): void {
    if (nonce === this.#sent && nonce !== "") this.#settle(why);
  }

  say(note: string): void {
    if (this.#note.textContent !== note) this.#note.replaceChildren(note);
  }

  dispose(): void {
    this.#cancelLate();
    this.#sent = ""; // what is still uploaded is not asked
    this.#files.clear();
  }

  #stops(): boolean {
    return this.#options.edits === null && this.#options.isStreaming();
  }

  #press(event: KeyboardEvent): void {
    // The notebook has shortcuts of its own for these keys: Shift+Enter runs the cell.
    event.stopPropagation();
    // While an input method composes, Enter takes its suggestion, and Escape drops it. Safari says so by the code alone.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape" && this.#options.close) {
      event.preventDefault();
      this.#options.close();
    }
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    if (this.#options.isStreaming()) this.say(words.STILL_STREAMING);
    else this.#send();
  }

  async #send(): Promise<void> {
    const { answers, edits, isStreaming } = this.#options;
    if (this.#sent !== "") return;
    if (isStreaming()) return this.say(words.STILL_STREAMING);
    const text = this.#area.value;
    if (text.trim() === "") {
      this.say(words.WRITE_FIRST);
      return this.focus();
    }
    const nonce = answers.page.newId() + Math.random().toString(36).slice(2);
    this.#sent = nonce;
    this.#area.readOnly = true;
    this.say("");
    this.update();
    this.#cancelLate = answers.page.clock.after(LATE, () => this.say(words.KERNEL_IS_BUSY));
    const files = await this.#upload(this.#files.all, nonce);
    const edit = edits === null ? {} : { edit: edits, without: this.#files.without };
    const command = { type: "ask", nonce, text, files, ...edit };
    if (files !== null && !answers.send(command)) this.#settle(words.NO_CHAT_KERNEL);
  }

  /** Send the files in pieces, as no message may be large; their ids, or null if that has failed. */
  async #upload(files: readonly File[], nonce: string): Promise<string[] | null> {
    for (const file of files) {
      try {
        for await (const piece of file.pieces()) {
          if (this.#sent !== nonce) return this.#drop(files); // the kernel has refused a piece
          this.#options.answers.send({ type: "file", nonce, ...piece });
        }
      } catch {
        this.#drop(files);
        this.#settle(words.notReadable(file.name));
        return null;
      }
    }
    return this.#sent === nonce ? files.map(({ id }) => id) : this.#drop(files);
  }

  /** Let the kernel forget what it has of files that are not asked about. */
  #drop(files: readonly File[]): null {
    for (const { id } of files) this.#options.answers.send({ type: "drop", id });
    return null;
  }

  #settle(note: string): void {
    this.#cancelLate();
    this.#sent = "";
    this.#area.readOnly = false;
    this.say(note);
    this.update();
  }

  /** As high as its text, up to the height that the style sheet allows. */
  #fit(): void {
    this.#area.style.height = "auto";
    this.#area.style.height = `${this.#area.scrollHeight + 2}px`;
  }
}
