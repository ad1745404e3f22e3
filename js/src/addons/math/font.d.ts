/** The subset of STIX Two Math that the build makes. */
declare module "font:stix" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}

declare module "temml/dist/Temml-STIX2.css" {
  const css: string;
  export default css;
}
