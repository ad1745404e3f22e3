/** For renderers that look at the whole text on each update. */

import type { Instance } from "../page/instance.js";

export function whole(show: (text: string) => void): Instance {
  let text = "";
  return {
    push(chunk) {
      text += chunk;
      show(text);
    },
    end: () => show(text),
  };
}
