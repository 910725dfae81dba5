/*
 * Models that are wrong in one thing: each rule taken away, and each of its numbers altered. A fuzzer that is of use
 * finds out each of them.
 */

import type { Feature, Machine } from "../../src/labs/fuzz/machine.ts";
import type { Change } from "../../src/labs/fuzz/predict/model.ts";
import { BITS, holds, type Rule, rules, valuesOn } from "../../src/labs/fuzz/predict/rules.ts";
import { hex } from "../../src/lib/errors.ts";

const PAGE = 4096n;
/** What pages are to a program, each a bit of a set: assembly/model/pages.ts. */
const PAGES = [0n, 1n, 2n, 3n, 4n];
/** Numbers from here on are addresses. */
const FAR = 1n << 32n;
/** How far numbers are altered of which others nearby mean the same. */
const STEPS: Readonly<Record<string, bigint>> = {
  // Offsets of words: what is between two of them is refused before.
  "W81.most": 4n,
  ...{ "W9.most": 8n, "W12.begin": 8n, "W12.end": 8n, "W32.begin": 8n },
  ...{ "W32.end": 8n, "W38.at": 8n, "W63.begin": 8n, "W63.end": 8n, "W63.control": 8n },
  // The second byte of SYSCALL; the memory of targets has none between.
  "U12.most": 4n,
  ...{ "S14.begin": 8n, "S14.end": 8n },
  // Selectors: those between ask for another privilege level, and are never there.
  ...{
    ...{ "R25.null": 4n, "R63.null": 4n, "R72.null": 8n },
    ...{ "R72.code32": 8n, "R72.data": 8n, "R72.code64": 8n, "R72.cpunode": 8n },
  },
  // The page below is the stub code's.
  "R67.TASK_SIZE_MAX": 2n * PAGE,
  // It is aligned after.
  "R18.size": 16n,
};

/** What is the same rule in other numbers. */
const SAME: ReadonlySet<string> = new Set([
  // Of larger ones R25 leaves none.
  "R63.null = 7",
  // With these there is SYSRET more often, after which a selector is not predicted.
  ...[
    `R67.TASK_SIZE_MAX = ${0x8000_0000_1000n}`,
    `R67.flags = ${0x1_0000n}`,
    `R67.flags = ${0x100n}`,
  ],
  // There are no more words, and the last one is a register.
  ...["W9.most = 224", "W81.most = 72"],
  // The debug registers do not begin earlier or end later.
  ...["W12.begin = 840", "W12.end = 920"],
  // S2's own level has that bit.
  "S2.mask = 65534",
  // The processor sets the other bit, "busy", if this one is set.
  "S18.flags = 128",
  // What lies beside is refused before.
  "W63.begin = 840",
  // The other bit is set.
  `R233.mask = ${0x400}`,
]);
/** Rules of which the outcome of one case does not show that they are missing. */
const BEYOND: ReadonlySet<string> = new Set([
  // No generator makes what never stops.
  ...["R60", "R234"],
  // Another case has to write the instruction: test/labs/fuzz/fuzz_hidden.test.ts.
  "U7",
  // An interrupt has to come between the return and the stop.
  "U11",
  // The kernel must be older than one that a rule with a feature holds on.
  "U22",
]);

/** A change, told. */
export interface Mutant {
  /** "W5 removed", "W5.TASK_SIZE_MAX = 0x7fffffffe000". */
  readonly name: string;
  readonly rule: string;
  readonly change: Change;
}

/**
 * The mutants of the rules that hold on a machine, which predict something else there. Rules about what is not
 * predicted are only removed: altered ones hide outcomes, which no case contradicts.
 */
export function mutants({ features }: Pick<Machine, "features">): Mutant[] {
  return rules()
    .filter((rule) => !BEYOND.has(rule.id) && holds(rule, features))
    .flatMap((rule) => [
      { name: `${rule.id} removed`, rule: rule.id, change: { id: rule.id, remove: true } as const },
      ...(rule.phase === "unpredicted" ? [] : alterations(rule, features)),
    ]);
}

/** The mutants of the rules about what is not predicted, on any machine, which hide more or less. */
export function hidingMutants(): Mutant[] {
  return rules()
    .filter(({ phase }) => phase === "unpredicted")
    .flatMap((rule) => [
      { name: `${rule.id} removed`, rule: rule.id, change: { id: rule.id, remove: true } as const },
      { name: `${rule.id} widened`, rule: rule.id, change: { id: rule.id, widen: true } as const },
      ...alterations(rule, []),
    ]);
}

function alterations(rule: Rule, features: readonly Feature[]): Mutant[] {
  return Object.entries(valuesOn(rule, features)).flatMap(([name, value]) =>
    alter(rule, name, value),
  );
}

function alter({ id }: Rule, value: string, old: bigint): Mutant[] {
  return [...new Set(altered(id, value, old))]
    .filter((to) => to !== old && !SAME.has(`${id}.${value} = ${to}`))
    .map((to) => ({
      name: `${id}.${value} = ${to < 1024n && to > -1024n ? to : hex(BigInt.asUintN(64, to))}`,
      rule: id,
      change: { id, value, to },
    }));
}

function altered(id: string, name: string, old: bigint): bigint[] {
  if (name === "pages") return PAGES.map((page) => old ^ (1n << page));
  if (BITS.has(name)) return [old ^ lowest(old), old ^ highest(old)];
  const step = STEPS[`${id}.${name}`] ?? (old >= FAR ? PAGE : 1n);
  return [old + step, old - step].filter((to) => to >= 0n || old <= 0n);
}

/** The bits of a set that are the lowest and the highest. */
function lowest(set: bigint): bigint {
  return set & -set;
}

function highest(set: bigint): bigint {
  return 1n << BigInt(set.toString(2).length - 1);
}
