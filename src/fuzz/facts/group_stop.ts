import { BASELINE } from "../case/baseline.ts";
import { placeOf } from "../case/code.ts";
import { allOf, type Fact, poke, setregs, tellOf } from "./fact.ts";

const tell = tellOf("group-stop");

const from = "group";

function* facts(): Generator<Fact> {
  const waits = "do_signal_stop, kernel/signal.c";
  yield tell("In a group-stop the registers are as they were", waits, poke([], { from }), {
    written: allOf(BASELINE),
  });
  yield tell(
    "In a group-stop registers are written",
    waits,
    setregs({ r15: 7n, rax: 8n }, { from }),
    {
      written: { r15: 7n, rax: 8n },
    },
  );
  yield tell(
    "In a group-stop a selector is refused as elsewhere",
    "W3",
    setregs({ cs: 0x10n }, { from }),
    {
      error: "EIO",
    },
  );
  for (const on of ["CONT", "SYSCALL", "SYSEMU"] as const) {
    yield tell(
      `From a group-stop PTRACE_${on} resumes where rip was set to`,
      waits,
      setregs({}, { from, on, code: "nops" }),
      {
        stop: "SIGTRAP",
        code: 128,
        stopped: { rip: placeOf("nops") + 17n },
      },
    );
  }
  for (const on of ["SYSCALL", "SYSEMU"] as const) {
    yield tell(
      `From a group-stop PTRACE_${on} stops on the way into a call`,
      "R39",
      setregs({ rax: 24n }, { from, on, code: "syscall" }),
      {
        stop: "call",
        stopped: { rax: -38n, orig_rax: 24n },
      },
    );
  }
  yield tell(
    "From a group-stop SIGSTOP does not stop it again",
    "R7",
    setregs({}, { from, on: "CONT", signal: 19 }),
    {
      stop: "SIGTRAP",
      stopped: { rip: placeOf("int3") + 1n },
    },
  );
  yield tell(
    "From a group-stop code that never ends runs",
    "R60",
    setregs({}, { from, on: "CONT", code: "spin" }),
    {
      runs: true,
    },
  );
}

export const groupStop: readonly Fact[] = [...facts()];
