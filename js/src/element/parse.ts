/** The package's part without a page: reads streams in browsers, in Node and in workers. */

export * from "./stream/events.js";
export type { Format } from "./stream/format.js";
export {
  type ParseOptions,
  parseOpenAI,
  type ReadableLike,
  type ResponseLike,
  type StreamSource,
} from "./stream/read.js";
