/* Setups that configure syscall user dispatch. A run begins with them and with those of seeds.ts. */

import { CONSTANTS, placeOf } from "../../case/amd64/code.ts";
import type { Case } from "../../case/case.ts";
import { SIMPLE } from "./seed.ts";

/** A configuration, and a call of sched_yield. */
export function dispatching(
  config: readonly [mode: bigint, selector: bigint, offset: bigint, length: bigint],
  code = "syscall",
  change: Partial<Case> = {},
): Case {
  return {
    ...SIMPLE,
    ...{ way: "DISPATCH", block: [], length: 32 },
    words: [...config, placeOf(code), 24n],
    ...change,
  };
}

const AFTER = placeOf("syscall") + 2n;
const LIMIT = 0x7fff_ffff_f000n;
/** The bytes there are 0, 1 and 2. */
const SELECTORS = [3n, 0x101n, 0x201n].map((n) => CONSTANTS + n);

export const DISPATCH_SEEDS: readonly Case[] = [
  ...[0n, 1n, 2n, 3n].flatMap((mode) => [
    dispatching([mode, 0n, 0n, 0n]),
    dispatching([mode, 0n, 0n, 1n]),
    dispatching([mode, 0n, 1n, 0n]),
    dispatching([mode, 1n, 0n, 0n]),
    ...[-1n, 0n, 1n].map((n) => dispatching([mode, 0n, AFTER - 16n, 16n + n])),
    ...[-1n, 0n, 1n].map((n) => dispatching([mode, 0n, AFTER, 2n ** 64n - AFTER + n])),
    dispatching([mode, 0n, AFTER, 1n], "int80"),
  ]),
  ...SELECTORS.map((selector) => dispatching([1n, selector, 0n, 0n])),
  ...[LIMIT - 4096n, LIMIT - 1n, LIMIT, LIMIT + 1n].map((at) =>
    dispatching([1n, at, 0n, 0n], "int3"),
  ),
  ...(["CONT", "SYSCALL", "SINGLESTEP", "SYSEMU"] as const).map((on) =>
    dispatching([1n, 8n, 0n, 0n], "syscall", { on }),
  ),
  dispatching([1n, LIMIT, 0n, 0n]),
  ...(["SYSCALL", "SYSEMU", "SINGLESTEP"] as const).flatMap((on) => [
    dispatching([1n, 0n, 0n, 0n], "int80", { on }),
    dispatching([1n, 0n, 0n, 0n], "syscall", { on, from: "exit" }),
  ]),
  ...[0, 24, 31, 33].map((length) => dispatching([1n, 0n, 0n, 0n], "syscall", { length })),
  dispatching([1n, 0n, 0n, 0n], "syscall", { from: "entry" }),
];
