/** @lezer/markdown parses incrementally but renders nothing: of its tree, top-level blocks that it kept are kept here. */

import { type SyntaxNode, type Tree, TreeFragment } from "@lezer/common";
import { parser as commonmark, GFM } from "@lezer/markdown";
import type { Renderer } from "../page/instance.js";
import { LezerBlocks } from "./lezer-blocks.js";

interface Shown {
  readonly tree: unknown;
  readonly from: number;
  readonly dom: Node | null;
}

export const renderer: Renderer = {
  create(root) {
    const parser = commonmark.configure(GFM);
    const shown: Shown[] = [];
    let fragments: readonly TreeFragment[] = [];
    let text = "";

    function show(tree: Tree): void {
      const same = (block: Shown, index: number): boolean =>
        tree.children[index] === block.tree && tree.positions[index] === block.from;
      const kept = shown.findIndex((block, index) => !same(block, index));
      for (const { dom } of shown.splice(kept < 0 ? shown.length : kept)) dom?.parentNode?.removeChild(dom);
      const blocks = new LezerBlocks(text);
      const first = tree.positions[shown.length];
      let node: SyntaxNode | null = first === undefined ? null : tree.topNode.childAfter(first);
      for (; node; node = node.nextSibling) {
        const dom = blocks.block(node, false);
        if (dom) root.append(dom);
        shown.push({ tree: tree.children[shown.length], from: node.from, dom });
      }
    }

    function parse(chunk: string): void {
      const at = text.length;
      text += chunk;
      fragments = TreeFragment.applyChanges(fragments, [{ fromA: at, toA: at, fromB: at, toB: text.length }]);
      const tree = parser.parse(text, fragments);
      fragments = TreeFragment.addTree(tree, fragments);
      show(tree);
    }

    return { push: parse, end: () => parse("") };
  },
};
