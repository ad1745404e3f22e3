import "./deferred.js";
import { createElement } from "react";
import Markdown from "react-markdown";
import gfm from "remark-gfm";
import type { Renderer } from "../page/instance.js";
import { host } from "./react-host.js";

export const renderer: Renderer = {
  create: (root) => host(root, (text) => createElement(Markdown, { remarkPlugins: [gfm] }, text)),
};
