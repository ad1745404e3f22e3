/** What the page makes of entities. */

import { decodeHTMLStrict } from "#entities";

export const decodeAll = (entities: readonly string[]): string[] => entities.map(decodeHTMLStrict);
