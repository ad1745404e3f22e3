import { NO_ADDONS } from "../../src/render/addons.js";
import type { Renderer } from "../page/instance.js";
import { ours } from "./ours.js";

/** Without a highlighter, as the limits and most peers. */
export const renderer: Renderer = { create: (root) => ours(root, NO_ADDONS) };
