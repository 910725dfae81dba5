import { placeOf } from "../../case/code.ts";
import { FROMS } from "../../case/setups.ts";
import { by, type Row, setupFacts } from "../fact.ts";
import { show, sigmask } from "../setups.ts";
import { REQUEST } from "../sources.ts";

/** SIGKILL and SIGSTOP. */
const NEVER = 0x40100n;
const ALL = (1n << 64n) - 1n;

export const setsigmask = setupFacts("SETSIGMASK", (fact) => {
  fact(
    "SETSIGMASK sets the signal mask",
    REQUEST,
    ...[0n, 1n, 0x200n, 1n << 63n, 0xffff_ffff_0000_0000n].map((mask): Row => {
      return [show(mask), sigmask(mask), { reads: [mask] }];
    }),
    ...FROMS.map((from): Row => {
      return [`at a stop "${from}"`, sigmask(0x1234n, 8, { from }), { reads: [0x1234n] }];
    }),
  );
  fact(
    "SETSIGMASK takes SIGKILL and SIGSTOP out of the mask",
    by(REQUEST, "W26"),
    ...[0x100n, 0x40000n, ALL].map((mask): Row => {
      return [show(mask), sigmask(mask), { reads: [mask & ~NEVER] }];
    }),
  );
  fact(
    "SETSIGMASK of a size other than 8 is EINVAL, and the mask stays",
    by(REQUEST, "W25"),
    ...[0, 1, 4, 7, 9, 16, 128, 2 ** 32 - 1].map((size): Row => {
      return [`${size} bytes`, sigmask(1n, size), { error: "EINVAL", reads: [0n] }];
    }),
  );
  const resumed = { on: "CONT", signal: 10 } as const;
  const int3 = placeOf("int3") + 1n;
  fact(
    "A signal given at the resume stays pending while it is blocked",
    "ptrace_signal, kernel/signal.c",
    ["", sigmask(0x200n, 8, resumed), { stop: "SIGTRAP", code: 128, stopped: { rip: int3 } }],
  );
  fact(
    "A blocked signal that is sent by a resume from a stop of a system call is not delivered",
    "ptrace_report_syscall, include/linux/ptrace.h",
    [
      "",
      sigmask(0x200n, 8, { ...resumed, from: "exit" }),
      { stop: "SIGTRAP", stopped: { rip: placeOf("syscall") + 3n } },
    ],
  );
  fact(
    "Pending synchronous signals are dequeued first, even if all of them are blocked",
    by("dequeue_synchronous_signal, kernel/signal.c", "R65"),
    [
      "SIGILL takes the place of SIGTRAP",
      sigmask(ALL, 8, { from: "exit", on: "CONT", signal: 4 }),
      { stop: "SIGILL", code: 128, stopped: { rip: placeOf("syscall") + 3n } },
    ],
  );
  fact("A handler's frame has the mask", by("setup_rt_frame, arch/x86/kernel/signal_64.c", "R6"), [
    "",
    sigmask(0x800n, 8, resumed),
    {
      stop: "SIGTRAP",
      stopped: { rip: placeOf("handler") + 1n, rdi: 10n },
      frame: { oldmask: 0x800n },
    },
  ]);
  fact("INT3 stops even if SIGTRAP is blocked", "force_sig_info_to_task, kernel/signal.c", [
    "",
    sigmask(0x10n, 8, { on: "CONT" }),
    { stop: "SIGTRAP", code: 128, stopped: { rip: int3 } },
  ]);
});
