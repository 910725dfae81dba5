import { CONSTANTS, placeOf, STACK } from "../case/code.ts";
import { type Fact, SI_KERNEL, setregs, show, tellOf, type Words } from "./fact.ts";

const tell = tellOf("signal frames");

const HANDLER = placeOf("handler");
const NOPS = placeOf("nops");
const SAVED = "r8 r9 r10 r11 r12 r13 r14 r15 rdi rsi rbp rbx rdx rax rcx".split(" ");
const FRAME = "__unsafe_setup_sigcontext, arch/x86/kernel/signal_64.c";

function* facts(): Generator<Fact> {
  const go = (words: Words, signal = 10) => setregs(words, { on: "CONT", signal, code: "nops" });
  for (const signal of [10, 12]) {
    yield tell(
      `A handler of signal ${signal} is entered: rdi is the signal, rax 0`,
      "R20",
      go({ rax: 5n }, signal),
      {
        stop: "SIGTRAP",
        stopped: { rip: HANDLER + 1n, rdi: BigInt(signal), rax: 0n },
      },
    );
  }
  for (const [i, register] of SAVED.entries()) {
    const word = 0xabc0_0000_0000_0000n + BigInt(i);
    yield tell(`The frame has ${register}`, "R23", go({ [register]: word }), {
      stop: "SIGTRAP",
      frame: { [register]: word },
    });
  }
  yield tell("The frame has rip and rsp as they were", "R23", go({}), {
    stop: "SIGTRAP",
    frame: { rip: NOPS, rsp: STACK },
  });
  for (const [eflags, name] of [
    [0x206n, "PF"],
    [0x302n, "TF"],
    [0x602n, "DF"],
    [0x4202n, "NT"],
    [0x40202n, "AC"],
  ] as const) {
    yield tell(`The frame has ${name}`, FRAME, go({ eflags }), {
      stop: "SIGTRAP",
      frame: { eflags },
    });
  }
  for (const [flag, name] of [
    [0x100n, "TF"],
    [0x400n, "DF"],
  ] as const) {
    yield tell(`A handler is entered without ${name}`, "R22", go({ eflags: 0x202n | flag }), {
      stop: "SIGTRAP",
      code: SI_KERNEL,
      stopped: { eflags: 0x202n, rip: HANDLER + 1n },
    });
  }
  for (const [flag, name] of [
    [0x4n, "PF"],
    [0x800n, "OF"],
    [0x4000n, "NT"],
    [0x40000n, "AC"],
  ] as const) {
    yield tell(
      `A handler is entered with ${name} as it was`,
      "handle_signal, arch/x86/kernel/signal.c",
      go({ eflags: 0x202n | flag }),
      {
        stop: "SIGTRAP",
        stopped: { eflags: 0x202n | flag },
      },
    );
  }
  yield tell("The frame has cs and ss, and 0 for fs and gs", "R23", go({}), {
    stop: "SIGTRAP",
    frame: { selectors: 0x002b_0000_0000_0033n },
  });
  yield tell("The frame has cs of 32 bits, and the handler runs in 64", "R21", go({ cs: 0x23n }), {
    stop: "SIGTRAP",
    stopped: { cs: 0x33n, rip: HANDLER + 1n },
    frame: { selectors: 0x002b_0000_0000_0023n },
  });
  for (const ss of [3n, 0x23n]) {
    yield tell(
      `A handler is entered with ss = 0x2b where it was ${show(ss)}, which the frame has`,
      "R21",
      go({ ss }),
      {
        stop: "SIGTRAP",
        stopped: { ss: 0x2bn },
        frame: { selectors: (ss << 48n) | 0x33n },
      },
    );
  }
  yield tell("A handler is entered where cs could not be returned to", "R21", go({ cs: 3n }), {
    stop: "SIGTRAP",
    stopped: { cs: 0x33n, rip: HANDLER + 1n },
    frame: { selectors: 0x002b_0000_0000_0003n },
  });
  yield tell(
    "A handler is entered where rip is not canonical",
    "R6",
    setregs({ rip: 1n << 62n }, { on: "CONT", signal: 10 }),
    {
      stop: "SIGTRAP",
      stopped: { rip: HANDLER + 1n },
      frame: { rip: 1n << 62n },
    },
  );
  for (const rsp of [0n, CONSTANTS + 0x800n, 1n << 62n, -1n]) {
    yield tell(
      `With rsp = ${show(rsp)} there is no place for a frame: SIGSEGV, SI_KERNEL, and nothing is entered`,
      "R19",
      go({ rsp }),
      {
        stop: "SIGSEGV",
        code: SI_KERNEL,
        stopped: { rip: NOPS, rsp },
      },
    );
  }
  yield tell(
    "Under PTRACE_SINGLESTEP there is a stop where the handler begins",
    "R24",
    setregs({}, { on: "SINGLESTEP", signal: 10, code: "nops" }),
    {
      stop: "SIGTRAP",
      code: 5,
      stopped: { rip: HANDLER },
      frame: { rip: NOPS },
    },
  );
}

export const signalFrames: readonly Fact[] = [...facts()];
