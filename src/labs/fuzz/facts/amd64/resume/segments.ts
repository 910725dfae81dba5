import { placeOf } from "../../../case/amd64/code.ts";
import { by, each, pairs, type Row, refusal, setupFacts, trap } from "../../fact.ts";
import type { Words } from "../../words.ts";
import { pokeAt, setregs } from "../setups.ts";
import { BAD_IRET } from "../sources.ts";

const NOPS = placeOf("nops");
const ABOVE_4_GB = placeOf("int3") + (1n << 32n);
const AFTER_INC = placeOf("inc32") + 2n;
/** The low half of -8. */
const LOW = 0xffff_fff8n;
const LOAD = "loadsegment, arch/x86/include/asm/segment.h";
const IA32 = "32-bit calls";

const go = (words: Words, code = "nops") => setregs(words, { on: "CONT", code });
/** The same in 32-bit code. */
const go32 = (words: Words, code: string) => go({ cs: 0x23n, ...words }, code);

const HIGH_RIP = setregs({ cs: 0x23n, rip: ABOVE_4_GB }, { on: "CONT" });
const PUSH_BELOW_0 = go32({ rsp: 1n }, "stack");

/** What a selector reads at the next stop, in each register: 0, or itself. */
const reads = (selectors: readonly bigint[], read = (selector: bigint) => selector): Row[] =>
  each("% = %", pairs(["ds", "es", "fs", "gs"], selectors), ([register, selector]) => [
    go({ [register]: selector }),
    trap({ [register]: read(selector) }),
  ]);

/** A return that fails, with registers as they were written. */
const fails = (register: string, selectors: readonly bigint[]): Row[] =>
  each(`${register} = %`, selectors, (selector) => [
    go({ [register]: selector }),
    refusal({ [register]: selector, rip: NOPS, eflags: 0x202n }),
  ]);

export const segments = setupFacts("segments", {
  "ds, es, fs and gs that name no segment read 0 at the next stop": [
    by(LOAD, "R25"),
    ...reads([7n, 0x63n, 0xffffn], () => 0n),
  ],
  "ds, es, fs and gs = 3, a null selector, read 0 at the next stop": [
    by(LOAD, "R63"),
    ...reads([3n], () => 0n),
  ],
  "ds, es, fs and gs that name a segment, or are 0, are kept": [
    LOAD,
    ...reads([0n, 0x23n, 0x2bn, 0x33n, 0x7bn]),
  ],
  "A return to a cs that is not code is SIGSEGV, SI_KERNEL, si_addr 0, with the registers as written":
    [by(BAD_IRET, "R26"), ...fails("cs", [3n, 0x0fn, 0x2bn, 0x63n, 0xffffn])],
  "A return with an ss that is not data is SIGSEGV, SI_KERNEL, si_addr 0, with the registers as written":
    [
      by(BAD_IRET, "R27"),
      ...fails("ss", [3n, 7n, 0x23n, 0x33n, 0xffffn]),
      ["a null fs is kept there", go({ fs: 3n, ss: 7n }), refusal({ fs: 3n, ss: 7n })],
    ],
  "SYSRET does not load ds: a null selector is kept until the next stop": [
    by("swapgs_restore_regs_and_return_to_usermode, arch/x86/entry/entry_64.S", "U11"),
    ["", pokeAt({ from: "exit", on: "CONT" }, ["ds", 3n]), trap({ rip: placeOf("syscall") + 3n })],
  ],
  "With rcx changed at an exit stop the return is by IRET, which clears a null selector": [
    by("do_syscall_64, arch/x86/entry/syscall_64.c", "R63"),
    ["", pokeAt({ from: "exit", on: "CONT" }, ["ds", 3n], ["rcx", 0n]), trap({ ds: 0n })],
  ],
  "cs = 0x23 runs 32-bit code": [
    by("IRET, SDM volume 2", "R29"),
    ["INC", go32({ rax: 41n }, "inc32"), trap({ cs: 0x23n, rax: 42n, rip: AFTER_INC }), IA32],
    ["INC wraps at 32 bits", go32({ rax: -1n }, "inc32"), trap({ rax: 0n, eflags: 0x256n }), IA32],
    ["rsp is cut to 32 bits", go32({ rsp: -8n }, "int3"), trap({ rsp: LOW, cs: 0x23n }), IA32],
  ],
  "A rip above 4 GB with cs = 0x23 is SIGSEGV, SI_KERNEL": [
    by(BAD_IRET, "R62"),
    ["", HIGH_RIP, refusal({}), IA32, "IRET refuses rip"],
  ],
  "A rip above 4 GB with cs = 0x23 is cut to 32 bits": [
    by("IRET, SDM volume 2", "R112"),
    ["", HIGH_RIP, trap({ cs: 0x23n, rip: placeOf("int3") + 1n }), IA32, "IRET cuts rip"],
  ],
  "32-bit code needs a data segment: with ds = 0 a load is SIGSEGV": [
    by("MOV, SDM volume 2", "R57"),
    ["", go32({ rax: 5n }, "load"), refusal({ rip: placeOf("load") + 1n, rax: 4n }), IA32],
  ],
  "In 32-bit code a push below 0 is SIGBUS": [
    by("PUSH, SDM volume 2", "R69"),
    [
      "",
      PUSH_BELOW_0,
      { stop: "SIGBUS", code: "SI_KERNEL", address: 0n },
      IA32,
      "limit of the stack",
    ],
  ],
  "In 32-bit code a push below 0 wraps to the page below 4 GB": [
    by("PUSH, SDM volume 2", "R69"),
    [
      "",
      PUSH_BELOW_0,
      { stop: "SIGSEGV", code: "SEGV_MAPERR", address: 0xffff_fffdn },
      IA32,
      "stack that wraps",
    ],
  ],
  "With cs = 0x33 the INC of 32-bit code is a prefix, and rax stays": [
    "REX prefixes, SDM volume 2",
    ["", go({ rax: 41n }, "inc32"), trap({ rax: 41n })],
  ],
});
