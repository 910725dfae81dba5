/* The facts about requests of one architecture each: a build on one makes the probes of all. */

import type { ProbedArch } from "../../../../core/machine/index.ts";
import AMD64 from "../amd64/requests.jsonl";
import ARM64 from "../arm64/requests.jsonl";
import RISCV64 from "../riscv64/requests.jsonl";

export const OWN: Readonly<Record<ProbedArch, string>> = {
  amd64: AMD64,
  arm64: ARM64,
  riscv64: RISCV64,
};
