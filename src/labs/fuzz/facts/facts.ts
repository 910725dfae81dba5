/* The table of facts. */

import { REQUEST_FACTS, SETUP_FACTS } from "./arch.ts";
import type { Fact } from "./fact.ts";

export { SETUP_FACTS };

/** All facts. */
export const FACTS: readonly Fact[] = [...SETUP_FACTS, ...REQUEST_FACTS];
