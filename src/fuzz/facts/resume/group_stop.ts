import { BASELINE } from "../../case/baseline.ts";
import { placeOf } from "../../case/code.ts";
import { by, type Row, SI_KERNEL, setupFacts } from "../fact.ts";
import { allOf, poke, setregs } from "../setups.ts";

const from = "group";
const JOBCTL = "do_jobctl_trap, kernel/signal.c";

export const groupStop = setupFacts("group-stop", (fact) => {
  fact(
    "In a group-stop the registers are unchanged, and can be written",
    JOBCTL,
    ["read", poke([], { from }), { written: allOf(BASELINE) }],
    ["written", setregs({ r15: 7n, rax: 8n }, { from }), { written: { r15: 7n, rax: 8n } }],
  );
  fact(
    "In a group-stop a selector with RPL 0 is refused",
    by("invalid_selector, arch/x86/kernel/ptrace.c", "W3"),
    ["", setregs({ cs: 0x10n }, { from }), { error: "EIO" }],
  );
  fact(
    "From a group-stop a tracee continues at the rip that was written",
    by(JOBCTL, "R43"),
    ...(["CONT", "SYSCALL", "SYSEMU"] as const).map((on): Row => {
      const stopped = { rip: placeOf("nops") + 17n };
      return [
        on,
        setregs({}, { from, on, code: "nops" }),
        { stop: "SIGTRAP", code: SI_KERNEL, stopped },
      ];
    }),
  );
  fact(
    "From a group-stop PTRACE_SYSCALL and PTRACE_SYSEMU stop on the way into a call",
    by("syscall_trace_enter, kernel/entry/common.c", "R39"),
    ...(["SYSCALL", "SYSEMU"] as const).map((on): Row => {
      const it = setregs({ rax: 24n }, { from, on, code: "syscall" });
      return [on, it, { stop: "call", stopped: { rax: -38n, orig_rax: 24n } }];
    }),
  );
  fact(
    "Code that does not end runs on",
    by(JOBCTL, "R60"),
    ...(["signal", "group"] as const).map((from): Row => {
      return [`from "${from}"`, setregs({}, { from, on: "CONT", code: "spin" }), { runs: true }];
    }),
  );
});
