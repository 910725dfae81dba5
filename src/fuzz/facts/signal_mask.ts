import { placeOf } from "../case/code.ts";
import { type Fact, show, sigmask, tellOf } from "./fact.ts";

const tell = tellOf("SIGMASK");

/** SIGKILL and SIGSTOP. */
const NEVER = 0x40100n;

function* facts(): Generator<Fact> {
  for (const mask of [0n, 1n, 0x200n, 0x8000_0000_0000_0000n, 0xffff_ffff_0000_0000n]) {
    yield tell(
      `SETSIGMASK: ${show(mask)} reads so`,
      "ptrace_request, kernel/ptrace.c",
      sigmask(mask),
      {
        reads: [mask],
      },
    );
  }
  for (const [what, mask] of [
    ["SIGKILL", 0x100n],
    ["SIGSTOP", 0x40000n],
    ["both among all", (1n << 64n) - 1n],
  ] as const) {
    yield tell(`SETSIGMASK: takes ${what} out`, "W26", sigmask(mask), { reads: [mask & ~NEVER] });
  }
  for (const size of [0, 1, 4, 7, 9, 16, 128, 2 ** 32 - 1]) {
    const name = `SETSIGMASK: a size of ${size} is EINVAL, and nothing is written`;
    yield tell(name, "W25", sigmask(1n, size), { error: "EINVAL", reads: [0n] });
  }
  const blocked = { on: "CONT", signal: 10 } as const;
  yield tell(
    "A signal that is blocked is not delivered: it stays pending",
    "ptrace_signal, kernel/signal.c",
    sigmask(0x200n, 8, blocked),
    {
      stop: "SIGTRAP",
      code: 128,
      stopped: { rip: placeOf("int3") + 1n },
    },
  );
  yield tell("A signal that is not blocked is", "R6", sigmask(0x800n, 8, blocked), {
    stop: "SIGTRAP",
    stopped: { rip: placeOf("handler") + 1n, rdi: 10n },
    frame: { oldmask: 0x800n },
  });
  yield tell(
    "SIGTRAP that is blocked stops at INT3 all the same",
    "force_sig, kernel/signal.c",
    sigmask(0x10n, 8, { on: "CONT" }),
    {
      stop: "SIGTRAP",
      stopped: { rip: placeOf("int3") + 1n },
    },
  );
  for (const from of ["entry", "exit", "sysemu", "group"] as const) {
    yield tell(
      `SETSIGMASK is taken at a stop "${from}", too`,
      "ptrace_request, kernel/ptrace.c",
      sigmask(0x1234n, 8, { from }),
      {
        reads: [0x1234n],
      },
    );
  }
}

export const signalMask: readonly Fact[] = [...facts()];
