/** The addon for long answers: it scrolls with those that grow, and folds those that have ended. */

import type { LongAnswers } from "../render/addons.js";
import { End } from "./long/end.js";
import { Fold } from "./long/fold.js";
import { Follower } from "./long/follow.js";

/** One for all answers of the page. */
const follower = new Follower();

export const longAnswers: LongAnswers = {
  make(parts) {
    const end = new End(parts, follower);
    const fold = new Fold(parts, follower);
    return {
      update(over, most) {
        end.update(over);
        fold.update(over ? most : null);
      },
      dispose() {
        end.dispose();
        fold.dispose();
      },
    };
  },
};
