import { placeOf } from "../../case/code.ts";
import { by, type Row, SI_KERNEL, setupFacts } from "../fact.ts";
import { poke, setregs, show, type Words } from "../setups.ts";

const NOPS = placeOf("nops");
const go = (words: Words, code = "nops") => setregs(words, { on: "CONT", code });
const REFUSED = { stop: "SIGSEGV", code: SI_KERNEL, address: 0n } as const;
const LOAD = "loadsegment, arch/x86/include/asm/segment.h";
const IRET = "fixup_bad_iret, arch/x86/kernel/traps.c";
const IA32 = "32-bit calls";

/** What a selector reads at the next stop, in each register. */
const reads = (selectors: readonly bigint[], expected: (selector: bigint) => bigint): Row[] =>
  ["ds", "es", "fs", "gs"].flatMap((register) =>
    selectors.map((selector): Row => {
      const stopped = { [register]: expected(selector) };
      const name = `${register} = ${show(selector)}`;
      return [name, go({ [register]: selector }), { stop: "SIGTRAP", stopped }];
    }),
  );

/** A return that fails, with registers as they were written. */
const fails = (register: string, selectors: readonly bigint[]): Row[] =>
  selectors.map((selector) => {
    const stopped = { [register]: selector, rip: NOPS, eflags: 0x202n };
    const name = `${register} = ${show(selector)}`;
    return [name, go({ [register]: selector }), { ...REFUSED, stopped }];
  });

export const segments = setupFacts("segments", (fact) => {
  fact(
    "ds, es, fs and gs that name no segment read 0 at the next stop",
    by(LOAD, "R25"),
    ...reads([7n, 0x63n, 0xffffn], () => 0n),
  );
  fact(
    "ds, es, fs and gs = 3, a null selector, read 0 at the next stop",
    by(LOAD, "R63"),
    ...reads([3n], () => 0n),
  );
  fact(
    "ds, es, fs and gs that name a segment, or are 0, are kept",
    LOAD,
    ...reads([0n, 0x23n, 0x2bn, 0x33n, 0x7bn], (selector) => selector),
  );
  fact(
    "A return to a cs that is not code is SIGSEGV, SI_KERNEL, si_addr 0, with the registers as written",
    by(IRET, "R26"),
    ...fails("cs", [3n, 0x0fn, 0x2bn, 0x63n, 0xffffn]),
  );
  fact(
    "A return with an ss that is not data is SIGSEGV, SI_KERNEL, si_addr 0, with the registers as written",
    by(IRET, "R27"),
    ...fails("ss", [3n, 7n, 0x23n, 0x33n, 0xffffn]),
    [
      "a null fs is kept there",
      go({ fs: 3n, ss: 7n }),
      { ...REFUSED, stopped: { fs: 3n, ss: 7n } },
    ],
  );
  fact(
    "SYSRET does not load ds: a null selector is kept until the next stop",
    by("swapgs_restore_regs_and_return_to_usermode, arch/x86/entry/entry_64.S", "U11"),
    [
      "",
      poke([["ds", 3n]], { from: "exit", on: "CONT" }),
      { stop: "SIGTRAP", stopped: { rip: placeOf("syscall") + 3n } },
    ],
  );
  fact(
    "With rcx changed at an exit stop the return is by IRET, which clears a null selector",
    by("do_syscall_64, arch/x86/entry/syscall_64.c", "R63"),
    [
      "",
      poke(
        [
          ["ds", 3n],
          ["rcx", 0n],
        ],
        { from: "exit", on: "CONT" },
      ),
      { stop: "SIGTRAP", stopped: { ds: 0n } },
    ],
  );
  fact(
    "cs = 0x23 runs 32-bit code",
    by("IRET, SDM volume 2", "R29"),
    [
      "INC",
      go({ cs: 0x23n, rax: 41n }, "inc32"),
      { stop: "SIGTRAP", stopped: { cs: 0x23n, rax: 42n, rip: placeOf("inc32") + 2n } },
      IA32,
    ],
    [
      "INC wraps at 32 bits",
      go({ cs: 0x23n, rax: -1n }, "inc32"),
      { stop: "SIGTRAP", stopped: { rax: 0n, eflags: 0x256n } },
      IA32,
    ],
    [
      "rsp is cut to 32 bits",
      go({ cs: 0x23n, rsp: -8n }, "int3"),
      { stop: "SIGTRAP", stopped: { rsp: 0xffff_fff8n, cs: 0x23n } },
      IA32,
    ],
  );
  fact("A rip above 4 GB with cs = 0x23 is SIGSEGV, SI_KERNEL", by(IRET, "R62"), [
    "",
    setregs({ cs: 0x23n, rip: placeOf("int3") + (1n << 32n) }, { on: "CONT" }),
    REFUSED,
    IA32,
  ]);
  fact(
    "32-bit code needs a data segment: with ds = 0 a load is SIGSEGV",
    by("MOV, SDM volume 2", "R57"),
    [
      "",
      go({ cs: 0x23n, rax: 5n }, "load"),
      { ...REFUSED, stopped: { rip: placeOf("load") + 1n, rax: 4n } },
      IA32,
    ],
  );
  fact("In 32-bit code a push below 0 is SIGBUS", by("PUSH, SDM volume 2", "R69"), [
    "",
    go({ cs: 0x23n, rsp: 1n }, "stack"),
    { stop: "SIGBUS", code: SI_KERNEL, address: 0n },
    IA32,
  ]);
  fact(
    "With cs = 0x33 the INC of 32-bit code is a prefix, and rax stays",
    "REX prefixes, SDM volume 2",
    ["", go({ rax: 41n }, "inc32"), { stop: "SIGTRAP", stopped: { rax: 41n } }],
  );
});
