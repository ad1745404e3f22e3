/** Copies a text, and confirms it on the button and in the live region; its accessible name stays the same. */

import { element, setLabel } from "../render/element.js";
import * as words from "../words.js";
import type { Page } from "./page.js";

/** Milliseconds for which a button shows "Copied". */
export const CONFIRMED = 1500;

export interface Copying {
  readonly page: Page;
  say(words: string): void;
  /** The answer as HTML, beside its Markdown; null: there is only that. */
  rich?(): string | null;
}

/** A button that copies what `read` returns. `name` is its name for assistive technology and tests. */
export function copyButton(
  copying: Copying,
  name: string,
  label: string,
  read: () => string,
  rich: () => string | null = () => null,
): HTMLButtonElement {
  const button = element("button", { type: "button", "aria-label": name, title: name }, label);
  let cancel: (() => void) | null = null;
  button.addEventListener("click", async () => {
    const html = rich();
    const copied = await (html === null ? copying.page.copy(read()) : copying.page.copy(read(), html));
    copying.say(copied ? words.COPIED : words.COPYING_REFUSED);
    cancel?.();
    setLabel(button, copied ? words.COPIED : words.REFUSED);
    cancel = copying.page.clock.after(CONFIRMED, () => setLabel(button, label));
  });
  return button;
}
