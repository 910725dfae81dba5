/*
 * What tools need of ptrace: a line of profiles.jsonl is a need, and those of a tool are in the order in which it meets
 * them. The probe compares them with the kernel, and says what is missing (shim/probe/profile.c).
 */

import { HOST_ARCH, type ProbedArch } from "../../../core/machine/index.ts";
import { rowsOf } from "../../../lib/rows.ts";
import { list, oneOf, optional, record, text } from "../../../lib/shape.ts";
import LINES from "./profiles.jsonl";

const TOOLS = ["gdb", "strace", "gvisor", "rr", "criu", "stublab"] as const;
export type Tool = (typeof TOOLS)[number];

export const LIMITS = [
  "for programs with one thread",
  "without watchpoints",
  "without following forks",
] as const;

const names = optional(list(text, 32));
const needShape = record({
  tool: oneOf(TOOLS),
  /** Only on this architecture; "!amd64": on all others. */
  arch: optional(text),
  /** A facility: PTRACE_X, PTRACE_O_X or a system call, as the probe names it (shim/probe/facilities.c). */
  need: optional(text),
  /** It matters only on a kernel that has these facilities; "!PTRACE_SEIZE": that lacks it. */
  when: names,
  /** The errnos with which the tool does without it; "any". */
  optional: names,
  /** Facts that the tool relies on, unless the facility is lacking. */
  facts: names,
  /** Only these uses of the tool need it: what a verdict says that has no more against the kernel. */
  limits: optional(list(oneOf(LIMITS), 8)),
  /** What shows it: a session of the tool, or a place in its source. */
  source: text,
});

const ALL_NEEDS = rowsOf(LINES, needShape);

/** They do not run on riscv64. */
const NOT_ON_RISCV64: readonly Tool[] = ["gvisor", "rr", "stublab"];

/** What tools need on an architecture, if they run there. */
export const toolNeeds = (on: ProbedArch) =>
  ALL_NEEDS.filter(({ tool }) => on !== "riscv64" || !NOT_ON_RISCV64.includes(tool)).filter(
    ({ arch = on }) => (arch.startsWith("!") ? arch !== `!${on}` : arch === on),
  );

/** The names of the facts that a tool relies on. */
export const factsFor = (tool: Tool): ReadonlySet<string> =>
  new Set(toolNeeds(HOST_ARCH).flatMap((need) => (need.tool === tool ? (need.facts ?? []) : [])));

/** Whether a kernel is enough for a tool, as the probe says. */
export interface ToolVerdict {
  readonly tool: string;
  /** Null: it is unknown. False if it is enough within limits only. */
  readonly enough: boolean | null;
  readonly limits: readonly string[];
  /** In the order in which the tool meets them, or what was not tried: a facility with its errno, or a fact in quotes. */
  readonly missing: readonly string[];
}

const VERDICT = /^(?:# )?for (\w+): (enough|not enough|unknown)(?: ([a-z ,]+))?(?:: (.*))?$/;
const MISSING = /"(?:[^"\\]|\\.)*"|\w+ \([\w ]+\)/g;

/** Reads what the probe says; undefined if it is something else. */
export function parseVerdict(text: string): ToolVerdict | undefined {
  const [, tool, word, within, rest] = VERDICT.exec(text) ?? [];
  if (tool === undefined) return undefined;
  const limits = within?.split(", ") ?? [];
  const enough = word === "unknown" ? null : word === "enough" && limits.length === 0;
  return { tool, enough, limits, missing: rest?.match(MISSING) ?? [] };
}

export function verdictText({ tool, enough, limits, missing }: ToolVerdict): string {
  const word = enough === null ? "unknown" : enough || limits.length > 0 ? "enough" : "not enough";
  const within = limits.length > 0 ? ` ${limits.join(", ")}` : "";
  return `for ${tool}: ${word}${within}${missing.length > 0 ? `: ${missing.join(", then ")}` : ""}`;
}

/** The exit status, of the probe too: 0 is enough for every use of the tool. */
export const verdictStatus = ({ enough }: ToolVerdict): number =>
  enough === null ? 3 : Number(!enough);
