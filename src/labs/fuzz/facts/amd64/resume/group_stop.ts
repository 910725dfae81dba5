import { BASELINE } from "../../../case/amd64/baseline.ts";
import { placeOf } from "../../../case/amd64/code.ts";
import { by, callStop, each, setupFacts, trap } from "../../fact.ts";
import { JOBCTL } from "../../sources.ts";
import { allOf, pokeAt, setregs } from "../setups.ts";
import { INVALID_SELECTOR, SYSCALL_ENTER } from "../sources.ts";

const from = "group";
const END = { rip: placeOf("nops") + 17n };

export const groupStop = setupFacts("group-stop", {
  "In a group-stop the registers are unchanged, and can be written": [
    JOBCTL,
    ["read", pokeAt({ from }), { written: allOf(BASELINE) }],
    ["written", setregs({ r15: 7n, rax: 8n }, { from }), { written: { r15: 7n, rax: 8n } }],
  ],
  "In a group-stop a selector with RPL 0 is refused": [
    by(INVALID_SELECTOR, "W3"),
    ["", setregs({ cs: 0x10n }, { from }), { error: "EIO" }],
  ],
  "From a group-stop a tracee continues at the rip that was written": [
    by(JOBCTL, "R43"),
    ...each("%", ["CONT", "SYSCALL", "SYSEMU"], (on) => [
      setregs({}, { from, on, code: "nops" }),
      { ...trap(END), code: "SI_KERNEL" },
    ]),
  ],
  "From a group-stop PTRACE_SYSCALL and PTRACE_SYSEMU stop on the way into a call": [
    by(SYSCALL_ENTER, "R39"),
    ...each("%", ["SYSCALL", "SYSEMU"], (on) => [
      setregs({ rax: 24n }, { from, on, code: "syscall" }),
      callStop({ rax: -38n, orig_rax: 24n }),
    ]),
  ],
  "Code that does not end runs on": [
    by(JOBCTL, "R60"),
    ...each('from "%"', ["signal", "group"], (from) => [
      setregs({}, { from, on: "CONT", code: "spin" }),
      { runs: true },
    ]),
  ],
});
