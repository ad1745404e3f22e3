/** A style sheet's text; the bundler and the test runner load it so. */
declare module "*.css" {
  const text: string;
  export default text;
}
