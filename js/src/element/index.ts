/** The package: importing it defines `<stream-markdown>`. Under Node it only exports. */

import { StreamMarkdown, type StreamStatus } from "./element.js";
import type { StreamEnding } from "./ending.js";
import type { StreamEvent } from "./stream/events.js";

export * from "./parse.js";
export { type StreamEnding, StreamMarkdown, type StreamStatus };

declare global {
  interface HTMLElementTagNameMap {
    "stream-markdown": StreamMarkdown;
  }
  interface HTMLElementEventMap {
    "stream-event": CustomEvent<StreamEvent>;
    "stream-end": CustomEvent<StreamEnding>;
    "stream-error": CustomEvent<StreamEnding>;
  }
}

// Another copy of the package may have been first.
if (globalThis.customElements && !customElements.get("stream-markdown")) {
  customElements.define("stream-markdown", StreamMarkdown);
}
