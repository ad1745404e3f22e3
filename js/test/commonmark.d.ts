/** What is used of commonmark.js, which brings no types. */
declare module "commonmark" {
  export class Parser {
    parse(text: string): unknown;
  }
  export class HtmlRenderer {
    render(document: unknown): string;
  }
}
