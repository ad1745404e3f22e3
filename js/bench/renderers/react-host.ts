/** A React component as a renderer of the whole text. */

import "./deferred.js";
import type { ReactNode } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import type { Instance } from "../page/instance.js";
import { catchUp } from "./deferred.js";

export function host(root: HTMLElement, node: (text: string, ended: boolean) => ReactNode): Instance {
  const react = createRoot(root);
  let text = "";
  function show(ended: boolean): void {
    flushSync(() => react.render(node(text, ended)));
    catchUp();
  }
  return {
    push(chunk) {
      text += chunk;
      show(false);
    },
    end: () => show(true),
  };
}
