import type { Feature, Machine } from "../try/machine.ts";
import { NEEDS, type Need, type SetupCheck } from "./fact.ts";

/** A feature that the machine must have, or lack; or components that its XSAVE area must have. */
export type Condition =
  | { readonly feature: Feature; readonly lacks?: true }
  | { readonly components: number };

// asm/fpu/types.h: XFEATURE_MASK_FP, XFEATURE_MASK_YMM
export const CONDITIONS: Readonly<Record<Need, Condition>> = {
  PTRACE_SET_SYSCALL_INFO: { feature: "set_syscall_info" },
  "32-bit calls": { feature: "ia32" },
  FSGSBASE: { feature: "fsgsbase" },
  LA57: { feature: "la57" },
  "no LA57": { feature: "la57", lacks: true },
  XSAVE: { components: 1 },
  AVX: { components: 4 },
  uprobe: { feature: "uprobe" },
  uretprobe: { feature: "uretprobe" },
};

function meets(need: Need, { features, xfeatures }: Machine): boolean {
  const condition = CONDITIONS[need];
  if ("components" in condition) return (xfeatures & condition.components) !== 0;
  return features.includes(condition.feature) !== (condition.lacks ?? false);
}

/** Why a check cannot be made on a machine; undefined if it can. */
export function missing(
  { needs }: Pick<SetupCheck, "needs">,
  machine: Machine,
): string | undefined {
  const need = needs.find((need) => !meets(need, machine));
  return need === undefined ? undefined : `it needs ${need}: ${NEEDS[need]}`;
}
