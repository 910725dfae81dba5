import type { Machine } from "../try/machine.ts";
import { NEEDS, type Need, type SetupCheck } from "./fact.ts";

/** XFEATURE_YMM. */
const AVX = 4;

const HAS: Readonly<Record<Need, (machine: Machine) => boolean>> = {
  PTRACE_SET_SYSCALL_INFO: ({ features }) => features.includes("set_syscall_info"),
  "32-bit calls": ({ features }) => features.includes("ia32"),
  FSGSBASE: ({ features }) => features.includes("fsgsbase"),
  LA57: ({ features }) => features.includes("la57"),
  "no LA57": ({ features }) => !features.includes("la57"),
  XSAVE: ({ xstateLength }) => xstateLength > 0,
  AVX: ({ xfeatures }) => (xfeatures & AVX) !== 0,
  uprobe: ({ features }) => features.includes("uprobe"),
  uretprobe: ({ features }) => features.includes("uretprobe"),
};

/** Why a check cannot be made on a machine; undefined if it can. */
export function missing(
  { needs }: Pick<SetupCheck, "needs">,
  machine: Machine,
): string | undefined {
  const need = needs.find((need) => !HAS[need](machine));
  return need === undefined ? undefined : `it needs ${need}: ${NEEDS[need]}`;
}
