/** What a view needs from the page: frames, time, addons, preferences and the clipboard. Tests provide their own. */

import type { Clock } from "../jupyter/connection.js";
import { type Addons, type Insertion, NO_ADDONS } from "../render/addons.js";
import { FrameLoop } from "../render/frame.js";
import { browserScheduler } from "../render/scheduler.js";

export interface Page {
  readonly loop: FrameLoop;
  readonly clock: Clock;
  readonly addons: Addons;
  /** Whether text should appear without motion, because the user prefers that or the page is hidden. */
  isStill(): boolean;
  /** Put `text` on the clipboard, and `html` for programs that take it; return false if the browser refuses. */
  copy(text: string, html?: string | null): Promise<boolean>;
  /** What puts code below the cell that shows an element; null: there is no notebook that takes it. */
  insertion(element: Element): Insertion | null;
  /** Report whether the element is in sight, now and after each change. The returned function ends that. */
  watch(element: Element, seen: (isSeen: boolean) => void): () => void;
  /** A different string each time, unique in the page. */
  newId(): string;
}

/** Elements near the viewport count as in sight, so that they are rendered before they are scrolled to. */
const NEAR = { rootMargin: "20%" };

export const browserClock: Clock = {
  now: browserScheduler.now,
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

async function copy(text: string, html: string | null = null): Promise<boolean> {
  try {
    if (html === null || typeof ClipboardItem === "undefined") await navigator.clipboard.writeText(text);
    else {
      const forms = Object.entries({ "text/plain": text, "text/html": html });
      const item = new ClipboardItem(Object.fromEntries(forms.map(([type, one]) => [type, new Blob([one], { type })])));
      await navigator.clipboard.write([item]);
    }
    return true;
  } catch {
    // Refused or missing: outside https, in a frame without the permission, in older web views.
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.setAttribute("aria-hidden", "true");
  area.style.cssText = "position:fixed;top:0;left:0;opacity:0";
  document.body.append(area);
  area.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    area.remove();
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  }
}

/** One per loaded bundle: all its views share one frame loop. */
export function browserPage(addons: Addons = NO_ADDONS, insertion: Page["insertion"] = () => null): Page {
  const tag = Math.random().toString(36).slice(2, 8);
  let made = 0;
  return {
    loop: new FrameLoop(browserScheduler),
    clock: browserClock,
    addons,
    insertion,
    isStill: () => document.hidden || matchMedia("(prefers-reduced-motion: reduce)").matches,
    copy,
    watch(element, seen) {
      const observer = new IntersectionObserver((entries) => seen(entries.at(-1)?.isIntersecting ?? true), NEAR);
      observer.observe(element);
      return () => observer.disconnect();
    },
    newId: () => {
      made += 1;
      return `sc-${tag}-${made}`;
    },
  };
}
