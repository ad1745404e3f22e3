/** Text files, bundled as strings; both Vite and the test page's build know the suffix. */
declare module "*.md?raw" {
  const text: string;
  export default text;
}
