/** One turn of a conversation: the question with its buttons, and below it the answer's cell. */

import type { Answers } from "../../render/addons.js";
import { element, setAttribute, setLabel } from "../../render/element.js";
import * as words from "../../words.js";
import { Composer } from "./composer.js";
import { copyButton } from "./saving.js";
import type { Shown, Turn } from "./tree.js";

export interface Around {
  readonly answers: Answers;
  isStreaming(): boolean;
  choose(turn: number): void;
  say(words: string): void;
}

export class TurnView {
  readonly root = element("section", { class: "sc-turn", role: "group" });
  readonly #around: Around;
  #turn: Turn;
  readonly #previous = arrow("‹", words.PREVIOUS_BRANCH);
  readonly #next = arrow("›", words.NEXT_BRANCH);
  readonly #position = element("span", { class: "sc-position" });
  readonly #branches: HTMLElement;
  readonly #edit = element("button", { type: "button", title: words.EDIT_QUESTION_TITLE }, words.EDIT);
  readonly #said = element("div", { class: "sc-chat-said", dir: "auto" });
  readonly #files = element("ul", { class: "sc-chat-files", "aria-label": words.ATTACHED });
  readonly #answer = element("div", { class: "sc-turn-answer" });
  readonly #erase: () => void;
  #siblings: readonly number[] = [];
  #composer: Composer | null = null;

  constructor(turn: Turn, around: Around) {
    this.#turn = turn;
    this.#around = around;
    this.#said.textContent = turn.question;
    this.#branches = element("span", { class: "sc-versions", role: "group", "aria-label": words.BRANCHES });
    this.#branches.append(this.#previous, this.#position, this.#next);
    setAttribute(this.#edit, "aria-label", words.EDIT_QUESTION);
    const { page } = around.answers;
    const copy = copyButton(page, words.COPY, words.COPY_QUESTION, () => this.#turn.question, around.say);
    const buttons = element("div", { class: "sc-chat-tools" }, this.#branches, copy, this.#edit);
    const question = element("div", { class: "streamcell sc-chat-question" }, this.#said);
    if (turn.files.length > 0) {
      this.#files.append(...turn.files.map((name) => element("li", {}, name)));
      question.append(this.#files);
    }
    question.append(buttons);
    this.root.append(question);
    if (turn.leftOut > 0) {
      const note = element("p", { class: "sc-chat-left-out" }, words.notSent(turn.leftOut));
      this.root.append(element("div", { class: "streamcell" }, note));
    }
    this.root.append(this.#answer);
    this.#previous.addEventListener("click", () => this.#go(-1));
    this.#next.addEventListener("click", () => this.#go(1));
    this.#edit.addEventListener("click", () => this.#beginEdit());
    this.#erase = around.answers.mount(this.#answer, turn.key);
  }

  update({ turn, siblings }: Shown, at: number): void {
    this.#turn = turn;
    // A question that a moderator judges is shown when it has passed.
    if (this.#said.textContent !== turn.question) this.#said.textContent = turn.question;
    this.#siblings = siblings;
    setAttribute(this.root, "aria-label", words.turnName(at + 1));
    const place = siblings.indexOf(this.#turn.number);
    this.#branches.hidden = siblings.length < 2;
    setLabel(this.#position, words.branchPosition(place + 1, siblings.length));
    setAttribute(this.#previous, "aria-disabled", place <= 0 ? "true" : false);
    setAttribute(this.#next, "aria-disabled", place >= siblings.length - 1 ? "true" : false);
    this.#edit.hidden = !this.#around.answers.live || this.#composer !== null;
    this.#composer?.update();
  }

  /** The input of the question while it is being edited. */
  get composer(): Composer | null {
    return this.#composer;
  }

  /** Put the focus on one of the arrows, after the branch was changed with one in another turn. */
  focusBranch(way: number): void {
    (way < 0 ? this.#previous : this.#next).focus({ preventScroll: true });
  }

  dispose(): void {
    if (this.#composer) this.#endEdit(false);
    this.#erase();
    this.root.remove();
  }

  #go(way: number): void {
    const wanted = this.#siblings[this.#siblings.indexOf(this.#turn.number) + way];
    if (wanted !== undefined) this.#around.choose(wanted);
  }

  #beginEdit(): void {
    const composer = new Composer({
      answers: this.#around.answers,
      edits: this.#turn.number,
      text: this.#turn.question,
      files: this.#turn.files,
      label: words.EDITED_QUESTION,
      send: words.SEND_EDITED,
      isStreaming: () => this.#around.isStreaming(),
      stop: () => {},
      close: () => this.#endEdit(true),
    });
    this.#composer = composer;
    this.#said.hidden = true;
    this.#files.hidden = true;
    this.#edit.hidden = true;
    this.#said.after(composer.root);
    composer.focus();
  }

  #endEdit(focus: boolean): void {
    this.#composer?.root.remove();
    this.#composer?.dispose();
    this.#composer = null;
    this.#said.hidden = false;
    this.#files.hidden = false;
    this.#edit.hidden = !this.#around.answers.live;
    if (focus) this.#edit.focus({ preventScroll: true });
  }
}

const arrow = (sign: string, name: string): HTMLButtonElement =>
  element("button", { type: "button", class: "sc-arrow", "aria-label": name, title: name }, sign);
