/** What the browser tests call: `proofs.…` in the page. */

export { prepare } from "./answer.js";
export { decodeAll } from "./entities.js";
export { compareExamples } from "./examples.js";
export { attackAll, attackControl } from "./security.js";
export { watchShifts } from "./shifts.js";
export { watchControl, watchCorpus, watchHabits } from "./stillness.js";
export { countWork } from "./work.js";
