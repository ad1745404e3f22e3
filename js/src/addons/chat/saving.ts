/** Copies and saves a conversation, in the page: the kernel need not be there. */

import type { Page } from "../../cell/page.js";
import type { Answers } from "../../render/addons.js";
import { element, setLabel } from "../../render/element.js";
import type { Doc } from "../../wire/protocol.js";
import * as words from "../../words.js";
import type { Shown } from "./tree.js";

/** Milliseconds for which a button shows what it has done. */
const CONFIRMED = 1500;

/** A button that copies what `read` returns, and says so. */
export function copyButton(
  page: Page,
  label: string,
  name: string,
  read: () => string,
  say: (words: string) => void,
): HTMLButtonElement {
  const button = element("button", { type: "button", "aria-label": name, title: name }, label);
  let cancel = () => {};
  button.addEventListener("click", async () => {
    const copied = await page.copy(read());
    say(copied ? words.COPIED : words.COPYING_REFUSED);
    cancel();
    setLabel(button, copied ? words.COPIED : words.REFUSED);
    cancel = page.clock.after(CONFIRMED, () => setLabel(button, label));
  });
  return button;
}

const textOf = (doc: Doc | null): string => (doc?.parts ?? []).map(({ text, body }) => (text ? body : "")).join("");

/** The branch that is shown, as Markdown. */
export const asMarkdown = (path: readonly Shown[], answers: Answers): string =>
  path
    .map(({ turn: { question, files, key } }) => {
      const doc = answers.doc(key);
      const asked = [question, ...files.map((name) => `*${name}*`)].join("\n\n");
      return words.asMarkdown(asked, doc?.origin.model ?? "", textOf(doc).trim());
    })
    .join("\n\n");

/** The branch that is shown as a list of messages, which `stream_chat.load` takes. Files and tools are not in it. */
export const asMessages = (path: readonly Shown[], answers: Answers): string => {
  const messages = path.flatMap(({ turn: { question, key } }) => {
    const answer = textOf(answers.doc(key)).trim();
    const said = answer === "" ? [] : [{ role: "assistant", content: answer }];
    return [{ role: "user", content: question }, ...said];
  });
  return `${JSON.stringify(messages, null, 1)}\n`;
};

/** Let the browser save a text as a file. */
export function download(text: string, name: string, type: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = element("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
