/* The table of facts. */

import { HOST_ARCH } from "../../../core/machine/index.ts";
import type { Fact, RequestFact, SetupFact } from "./fact.ts";

/** The facts of an architecture, group by group: the exports of its module. */
interface ArchFacts {
  /** Those that are cases, which the model predicts. */
  readonly SETUP_FACTS: readonly SetupFact[];
  readonly REQUEST_FACTS: readonly RequestFact[];
}

/** Only the facts of one architecture can be made: their cases have its registers. */
const MODULES: Readonly<Record<typeof HOST_ARCH, () => Promise<ArchFacts>>> = {
  amd64: () => import("./amd64/facts.ts"),
  arm64: () => import("./arm64/facts.ts"),
};

const { SETUP_FACTS, REQUEST_FACTS } = await MODULES[HOST_ARCH]();

export { SETUP_FACTS };

/** All facts. */
export const FACTS: readonly Fact[] = [...SETUP_FACTS, ...REQUEST_FACTS];
