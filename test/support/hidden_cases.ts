/* What the model does not predict: for each rule the cases at its border, on both sides. */

import { STUB_CODE } from "../../src/labs/fuzz/case/amd64/code.ts";
import type { Case } from "../../src/labs/fuzz/case/case.ts";
import { parseCase } from "../../src/labs/fuzz/case/text.ts";
import type { Feature, Machine } from "../../src/labs/fuzz/machine.ts";
import type { Model } from "../../src/labs/fuzz/predict/model.ts";
import { predictionOf } from "../../src/labs/fuzz/predict/prediction.ts";
import { seed } from "./seeds.ts";
import { MPX_XSTATE, PACKED_XSTATE, PKRU_XSTATE } from "./xstates.ts";

/** What DIV leaves, and what kernels from Linux 6.7 on have. */
const RECENT = [
  ...(["div_flags", "negative_restart", "mxcsr_check", "sysret_limit"] as const),
  ...(["altstack_first", "xstate_size_check"] as const),
] as const;

/** What was found by trials on AMD family 25 and 26. */
export const AMD = [
  "movss_breakpoint",
  "xrstor_reads_all",
  "xrstor_reads_legacy",
  "xrstor_reads_unasked",
] as const;

const MACHINE: Machine = {
  ...{ release: "6.18", vendor: "AuthenticAMD", family: 26, model: 2 },
  features: ["fsgsbase", "ia32", ...AMD, ...RECENT],
  ...PACKED_XSTATE,
  stubCode: Number(STUB_CODE),
};

/** A machine that has these features, and no others but those of a kernel that is not old. */
export const machineWith = (...features: Feature[]): Machine => ({
  ...MACHINE,
  features: [...features, ...RECENT],
  ...(features.includes("pku") && PKRU_XSTATE),
});

/** MACHINE without a feature. */
const without = (feature: Feature): Machine => ({
  ...MACHINE,
  features: MACHINE.features.filter((each) => each !== feature),
});

/** A frame with floating point at an address, and words in it by their offsets. */
export function frame(image: bigint, words: Readonly<Record<number, bigint>> = {}): Case {
  const pairs = Object.entries(words).map(([offset, word]) => ({ offset: BigInt(offset), word }));
  const it = { ucFlags: 0, fpstate: true, image };
  return seed("int3", {}, { way: "SIGRETURN", frame: it, pairs });
}

export interface Border {
  readonly rule: string;
  readonly machine: Machine;
  /** Cases that the rule keeps from being predicted, as a whole or in a register. */
  readonly hidden: Case[];
  /** The nearest cases, which are predicted: no such rule applies to them. */
  readonly predicted: Case[];
}

/** The machines of rules that MACHINE does not show. */
const MACHINES: Readonly<Record<string, Machine>> = {
  U9: without("div_flags"),
  U20: machineWith("fsgsbase", "ia32", ...AMD, "sud"),
  U21: machineWith("fsgsbase", "ia32", ...AMD, "pku"),
  U26: machineWith("fsgsbase", "ia32", ...AMD, "pku"),
  U22: { ...MACHINE, features: ["fsgsbase", "ia32", ...AMD, "div_flags", "xsaves"] },
  U23: without("mxcsr_check"),
  U24: without("altstack_first"),
  U25: without("mxcsr_check"),
  U32: { ...MACHINE, ...MPX_XSTATE },
};

/** A line has a rule, or a case of the one before it. */
export function bordersOf(lines: string): readonly Border[] {
  const borders: Border[] = [];
  const caseOf = (it: object) => parseCase({ schema: "stublab.case/1", ...it });
  for (const line of lines.trim().split("\n")) {
    const { rule, hidden, predicted } = JSON.parse(line);
    const machine = MACHINES[rule] ?? MACHINE;
    if (rule !== undefined) borders.push({ rule, machine, hidden: [], predicted: [] });
    else if (hidden !== undefined) borders.at(-1)?.hidden.push(caseOf(hidden));
    else borders.at(-1)?.predicted.push(caseOf(predicted));
  }
  return borders;
}

/** The rules about what is not predicted that apply to a case. */
export function hiding(it: Case, model: Model): string[] {
  return predictionOf(it, model)
    .rules.filter(({ phase }) => phase === "unpredicted")
    .map(({ id }) => id);
}
