import { CONSTANTS, placeOf, SCRATCH, STACK } from "../../case/code.ts";
import { by, type Row, SI_KERNEL, setupFacts } from "../fact.ts";
import { setregs, show, type Words } from "../setups.ts";

const HANDLER = placeOf("handler");
const NOPS = placeOf("nops");
const SAVED = "r8 r9 r10 r11 r12 r13 r14 r15 rdi rsi rbp rbx rdx rax rcx".split(" ");
const SETUP = "x64_setup_rt_frame, arch/x86/kernel/signal_64.c";
const SIGCONTEXT = "__unsafe_setup_sigcontext, arch/x86/kernel/signal_64.c";
const HANDLE = "handle_signal, arch/x86/kernel/signal.c";
/** cs, gs, fs and ss of struct sigcontext, 16 bits each. */
const selectors = (cs: bigint, ss: bigint) => (ss << 48n) | cs;

const go = (words: Words, signal = 10) => setregs(words, { on: "CONT", signal, code: "nops" });
const enters = (stopped: Words, frame: Words = {}): Row[2] => ({
  stop: "SIGTRAP",
  code: SI_KERNEL,
  stopped: { rip: HANDLER + 1n, ...stopped },
  frame,
});

export const frames = setupFacts("signal frames", (fact) => {
  fact(
    "A handler is entered with rdi = the signal and rax = 0; other registers are kept",
    by(SETUP, "R20"),
    ...[10, 12].map((signal): Row => {
      const stopped = { rdi: BigInt(signal), rax: 0n, rcx: 9n, rbx: 6n };
      return [`signal ${signal}`, go({ rax: 5n, rcx: 9n, rbx: 6n }, signal), enters(stopped)];
    }),
  );
  fact(
    "The frame has the registers as they were",
    by(SIGCONTEXT, "R23"),
    ...SAVED.map((register, i): Row => {
      const word = 0xabc0_0000_0000_0000n + BigInt(i);
      return [register, go({ [register]: word }), enters({}, { [register]: word })];
    }),
    ["rip and rsp", go({}), enters({}, { rip: NOPS, rsp: STACK })],
    [
      "cs and ss; fs and gs are 0",
      go({ fs: 0x2bn }),
      enters({}, { selectors: selectors(0x33n, 0x2bn) }),
    ],
    ...[0x206n, 0x302n, 0x602n, 0x702n, 0x4202n, 0x40202n].map((eflags): Row => {
      return [`eflags = ${show(eflags)}`, go({ eflags }), enters({}, { eflags, oldmask: 0n })];
    }),
  );
  fact(
    "A handler is entered without TF, DF and RF",
    by(HANDLE, "R22"),
    ...[0x302n, 0x602n, 0x702n, 0x10202n].map((eflags): Row => {
      return [`eflags = ${show(eflags)}`, go({ eflags }), enters({ eflags: 0x202n })];
    }),
  );
  fact(
    "A handler is entered with the other flags as they were",
    by(HANDLE, "R20"),
    ...[0x206n, 0xa02n, 0x4202n, 0x40202n].map((eflags): Row => {
      return [`eflags = ${show(eflags)}`, go({ eflags }), enters({ eflags })];
    }),
  );
  fact(
    "A handler runs with 64-bit cs, and with ss = 0x2b if ss was not a writable data segment",
    by(SETUP, "R21"),
    ...(
      [
        [0x23n, 0x2bn],
        [3n, 0x2bn],
        [0x33n, 3n],
        [0x33n, 0x23n],
        [0x23n, 7n],
      ] as const
    ).map(([cs, ss]): Row => {
      const expected = enters({ cs: 0x33n, ss: 0x2bn }, { selectors: selectors(cs, ss) });
      return [`cs = ${show(cs)}, ss = ${show(ss)}`, go({ cs, ss }), expected];
    }),
  );
  fact("A handler is entered even if rip is not canonical", by(HANDLE, "R6"), [
    "",
    setregs({ rip: 1n << 62n }, { on: "CONT", signal: 10 }),
    enters({}, { rip: 1n << 62n }),
  ]);
  fact(
    "Without room for a frame the signal is SIGSEGV, SI_KERNEL, and nothing is entered",
    by("signal_setup_done, kernel/signal.c", "R19"),
    ...[0n, CONSTANTS + 0x800n, SCRATCH + 600n, 1n << 62n, -1n].map((rsp): Row => {
      const stopped = { rip: NOPS, rsp };
      return [
        `rsp = ${show(rsp)}`,
        go({ rsp }),
        { stop: "SIGSEGV", code: SI_KERNEL, address: 0n, stopped },
      ];
    }),
  );
  fact(
    "PTRACE_SINGLESTEP stops where a handler begins",
    by("signal_setup_done, kernel/signal.c", "R24 R77"),
    [
      "",
      setregs({}, { on: "SINGLESTEP", signal: 10, code: "nops" }),
      { stop: "SIGTRAP", code: 5, stopped: { rip: HANDLER }, frame: { rip: NOPS, eflags: 0x202n } },
    ],
  );
});
