/** Copying, and its confirmation: for the eyes on the button, for the ears in the live region, never in its name. */

import { element, setLabel } from "../render/element.js";
import * as words from "../words.js";
import type { Page } from "./page.js";

/** Milliseconds that a button shows "Copied". */
export const CONFIRMED = 1500;

export interface Copying {
  readonly page: Page;
  say(words: string): void;
}

/** A button that copies what `read` gives. `name` is what assistive technology and tests call it. */
export function copyButton(copying: Copying, name: string, label: string, read: () => string): HTMLButtonElement {
  const button = element("button", { type: "button", "aria-label": name, title: name }, label);
  let cancel: (() => void) | null = null;
  button.addEventListener("click", async () => {
    const copied = await copying.page.copy(read());
    copying.say(copied ? words.COPIED : words.COPYING_REFUSED);
    cancel?.();
    setLabel(button, copied ? words.COPIED : words.REFUSED);
    cancel = copying.page.clock.after(CONFIRMED, () => setLabel(button, label));
  });
  return button;
}
