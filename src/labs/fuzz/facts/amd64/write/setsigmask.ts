import { placeOf } from "../../../case/amd64/code.ts";
import { FROMS } from "../../../case/setups.ts";
import { by, each, setupFacts, trap } from "../../fact.ts";
import { FORCE_SIG, PTRACE_SIGNAL, REPORT_SYSCALL, REQUEST } from "../../sources.ts";
import { sigmask } from "../setups.ts";

/** SIGKILL and SIGSTOP. */
const NEVER = 0x40100n;
const ALL = (1n << 64n) - 1n;
const SOME = 0x1234n;
const MASKS = [0n, 1n, 0x200n, 1n << 63n, 0xffff_ffff_0000_0000n];
const RESUMED = { on: "CONT", signal: 10 } as const;
const AFTER_INT3 = { rip: placeOf("int3") + 1n };
const AFTER_CALL = { rip: placeOf("syscall") + 3n };

export const setsigmask = setupFacts("SETSIGMASK", {
  "SETSIGMASK sets the signal mask": [
    REQUEST,
    ...each("%", MASKS, (mask) => [sigmask(mask), { reads: [mask] }]),
    ...each('at a stop "%"', FROMS, (from) => [sigmask(SOME, 8, { from }), { reads: [SOME] }]),
  ],
  "SETSIGMASK takes SIGKILL and SIGSTOP out of the mask": [
    by(REQUEST, "W26"),
    ...each("%", [0x100n, 0x40000n, ALL], (mask) => [sigmask(mask), { reads: [mask & ~NEVER] }]),
  ],
  "SETSIGMASK of a size other than 8 is EINVAL, and the mask stays": [
    by(REQUEST, "W25"),
    ...each("% bytes", [0, 1, 4, 7, 9, 16, 128, 2 ** 32 - 1], (size) => [
      sigmask(1n, size),
      { error: "EINVAL", reads: [0n] },
    ]),
  ],
  "A signal given at the resume stays pending while it is blocked": [
    PTRACE_SIGNAL,
    ["", sigmask(0x200n, 8, RESUMED), { ...trap(AFTER_INT3), code: "SI_KERNEL" }],
  ],
  "A blocked signal that is sent by a resume from a stop of a system call is not delivered": [
    REPORT_SYSCALL,
    ["", sigmask(0x200n, 8, { ...RESUMED, from: "exit" }), trap(AFTER_CALL)],
  ],
  "Pending synchronous signals are dequeued first, even if all of them are blocked": [
    by("dequeue_synchronous_signal, kernel/signal.c", "R65"),
    [
      "SIGILL takes the place of SIGTRAP",
      sigmask(ALL, 8, { from: "exit", on: "CONT", signal: 4 }),
      { stop: "SIGILL", code: "SI_KERNEL", stopped: AFTER_CALL },
    ],
  ],
  "A handler's frame has the mask": [
    by("setup_rt_frame, arch/x86/kernel/signal_64.c", "R6"),
    [
      "",
      sigmask(0x800n, 8, RESUMED),
      { ...trap({ rip: placeOf("handler") + 1n, rdi: 10n }), frame: { oldmask: 0x800n } },
    ],
  ],
  "INT3 stops even if SIGTRAP is blocked": [
    FORCE_SIG,
    ["", sigmask(0x10n, 8, { on: "CONT" }), { ...trap(AFTER_INT3), code: "SI_KERNEL" }],
  ],
});
