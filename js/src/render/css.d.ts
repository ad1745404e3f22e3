/** The text of a style sheet: the bundler and the test runner import CSS files this way. */
declare module "*.css" {
  const text: string;
  export default text;
}
