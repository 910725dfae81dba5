import { CONSTANTS, placeOf, SCRATCH, STACK } from "../../../case/amd64/code.ts";
import { by, type Expectation, each, pairs, refusal, setupFacts, trap } from "../../fact.ts";
import type { Words } from "../../words.ts";
import { setregs } from "../setups.ts";
import { HANDLE_SIGNAL } from "../sources.ts";

const HANDLER = placeOf("handler");
const NOPS = placeOf("nops");
const SAVED = "r8 r9 r10 r11 r12 r13 r14 r15 rdi rsi rbp rbx rdx rax rcx".split(" ");
const NUMBERED = SAVED.map(
  (register, i) => [register, 0xabc0_0000_0000_0000n + BigInt(i)] as const,
);
const SETUP = "x64_setup_rt_frame, arch/x86/kernel/signal_64.c";
const SIGCONTEXT = "__unsafe_setup_sigcontext, arch/x86/kernel/signal_64.c";
const DONE = "signal_setup_done, kernel/signal.c";

const go = (words: Words, signal = 10) => setregs(words, { on: "CONT", signal, code: "nops" });
const enters = (words: Words, frame: Words = {}): Expectation => {
  const stopped = { rip: HANDLER + 1n, ...words };
  return { stop: "SIGTRAP", code: "SI_KERNEL", stopped, frame };
};
/** Entries with flags, and what is expected of each. */
const flags = (all: readonly bigint[], expected: (eflags: bigint) => Expectation) =>
  each("eflags = %", all, (eflags) => [go({ eflags }), expected(eflags)]);
/** cs, gs, fs and ss of struct sigcontext, 16 bits each. */
const has = (cs: bigint, ss: bigint): Words => ({ selectors: (ss << 48n) | cs });

/** cs and ss in a handler, and pairs that they replace. */
const USUAL = { cs: 0x33n, ss: 0x2bn };
const CS_AND_SS = [
  ...pairs([0x23n, 3n], [0x2bn]),
  ...pairs([0x33n], [3n, 0x23n]),
  ...pairs([0x23n], [7n]),
];

export const frames = setupFacts("signal frames", {
  "A handler is entered with rdi = the signal and rax = 0; other registers are kept": [
    by(SETUP, "R20"),
    ...each("signal %", [10, 12], (signal) => [
      go({ rax: 5n, rcx: 9n, rbx: 6n }, signal),
      enters({ rdi: BigInt(signal), rax: 0n, rcx: 9n, rbx: 6n }),
    ]),
  ],
  "The frame has the registers as they were": [
    by(SIGCONTEXT, "R23"),
    ...each("%", NUMBERED, ([name, word]) => [go({ [name]: word }), enters({}, { [name]: word })]),
    ["rip and rsp", go({}), enters({}, { rip: NOPS, rsp: STACK })],
    ["cs and ss; fs and gs are 0", go({ fs: 0x2bn }), enters({}, has(0x33n, 0x2bn))],
    ...flags([0x206n, 0x302n, 0x602n, 0x702n, 0x4202n, 0x40202n], (eflags) =>
      enters({}, { eflags, oldmask: 0n }),
    ),
  ],
  "A handler is entered without TF, DF and RF": [
    by(HANDLE_SIGNAL, "R22"),
    ...flags([0x302n, 0x602n, 0x702n, 0x10202n], (_eflags) => enters({ eflags: 0x202n })),
  ],
  "A handler is entered with the other flags as they were": [
    by(HANDLE_SIGNAL, "R20"),
    ...flags([0x206n, 0xa02n, 0x4202n, 0x40202n], (eflags) => enters({ eflags })),
  ],
  "A handler runs with 64-bit cs, and with ss = 0x2b if ss was not a writable data segment": [
    by(SETUP, "R21"),
    ...each("cs = %, ss = %", CS_AND_SS, ([cs, ss]) => [
      go({ cs, ss }),
      enters(USUAL, has(cs, ss)),
    ]),
  ],
  "A handler is entered even if rip is not canonical": [
    by(HANDLE_SIGNAL, "R6"),
    ["", setregs({ rip: 1n << 62n }, { on: "CONT", signal: 10 }), enters({}, { rip: 1n << 62n })],
  ],
  "Without room for a frame the signal is SIGSEGV, SI_KERNEL, and nothing is entered": [
    by(DONE, "R19"),
    ...each("rsp = %", [0n, CONSTANTS + 0x800n, SCRATCH + 600n, 1n << 62n, -1n], (rsp) => [
      go({ rsp }),
      refusal({ rip: NOPS, rsp }),
    ]),
  ],
  "PTRACE_SINGLESTEP stops where a handler begins": [
    by(DONE, "R24 R77"),
    [
      "",
      setregs({}, { on: "SINGLESTEP", signal: 10, code: "nops" }),
      { ...trap({ rip: HANDLER }), code: "SIGTRAP", frame: { rip: NOPS, eflags: 0x202n } },
    ],
  ],
});
