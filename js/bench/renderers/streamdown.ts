import "./deferred.js";
import { createElement } from "react";
import { Streamdown } from "streamdown";
import type { Renderer } from "../page/instance.js";
import { host } from "./react-host.js";

export const renderer: Renderer = {
  create: (root) => host(root, (text, ended) => createElement(Streamdown, { isAnimating: !ended }, text)),
};
