/** How an answer in an element ended. */

import type { EndEvent, UsageEvent } from "./stream/events.js";

export interface StreamEnding {
  /**
   * `done`: with the provider's end mark, or by `end()`. `stopped`: by the page, or cancelled at the provider.
   * `interrupted`: the stream was cut off. `failed`: the server reported an error.
   */
  readonly status: "done" | "stopped" | "interrupted" | "failed";
  /** The provider's finish reason, or null. `length` means that the answer was cut at a limit. */
  readonly reason: string | null;
  /** Why it was interrupted or failed, or null. */
  readonly message: string | null;
  readonly text: string;
  readonly reasoning: string;
  readonly usage: UsageEvent | null;
}

export function endingOf(event: EndEvent): Pick<StreamEnding, "status" | "reason" | "message"> {
  switch (event.type) {
    case "finish":
      return { status: event.reason === "cancelled" ? "stopped" : "done", reason: event.reason, message: null };
    case "interrupted":
      return { status: "interrupted", reason: null, message: event.message };
    case "error":
      return { status: "failed", reason: null, message: event.message };
  }
}
