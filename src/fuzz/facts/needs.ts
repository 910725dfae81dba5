import type { Machine } from "../try/machine.ts";

/** XFEATURE_YMM. */
const AVX = 4;
const has = (feature: Machine["features"][number]) => (machine: Machine) =>
  machine.features.includes(feature);

const NO_32_BIT = "the kernel does not run 32-bit programs";
const NO_REQUEST = "the kernel does not have this request (Linux 6.16)";
const NO_BASES = "programs cannot read their bases: a feature of the processor and the kernel";
const NO_CALL = "the kernel does not have this system call";

/** What a check needs of the machine; without it, it is skipped, for the reason here. */
const NEEDS = {
  PTRACE_SET_SYSCALL_INFO: [has("set_syscall_info"), NO_REQUEST],
  "32-bit calls": [has("ia32"), NO_32_BIT],
  FSGSBASE: [has("fsgsbase"), NO_BASES],
  LA57: [has("la57"), "page tables have four levels"],
  "no LA57": [(machine: Machine) => !has("la57")(machine), "page tables have five levels"],
  XSAVE: [({ xstateLength }: Machine) => xstateLength > 0, "there is no XSAVE area"],
  AVX: [
    ({ xfeatures }: Machine) => (xfeatures & AVX) !== 0,
    "the XSAVE area does not have this component",
  ],
  uprobe: [has("uprobe"), NO_CALL],
  uretprobe: [has("uretprobe"), NO_CALL],
} as const;
export type Need = keyof typeof NEEDS;

/** Why a machine does not meet a need; undefined if it does. */
export function obstacle(need: Need, machine: Machine): string | undefined {
  const [isMet, reason] = NEEDS[need];
  return isMet(machine) ? undefined : reason;
}

/** Why a check cannot be made on a machine; undefined if it can. */
export function missing(
  { needs }: { readonly needs: readonly Need[] },
  machine: Machine,
): string | undefined {
  const need = needs.find((need) => obstacle(need, machine) !== undefined);
  return need && `it needs ${need}: ${obstacle(need, machine)}`;
}
