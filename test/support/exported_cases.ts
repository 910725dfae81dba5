/* Cases whose programs together have every part of the template. */

import { CODES } from "../../src/labs/fuzz/case/amd64/code.ts";
import { type Case, type CaseDocument, parseCase } from "../../src/labs/fuzz/case/case.ts";
import { FROMS, ONS } from "../../src/labs/fuzz/case/setups.ts";

type Document = Partial<CaseDocument>;

/** -ERESTARTSYS */
const RESTART = "0xfffffffffffffe00";
const RESTARTED = { code: "nops", registers: { rax: RESTART, orig_rax: "0x1" } } as const;
const PAIRS = [
  { offset: "0x18", word: "0x1f80" },
  { offset: "0xa0", word: "0x123456789abcdef0" },
  { offset: "0xfffffffffffffffc", word: "0x5" },
];
const INFO = ["0x1", "0x0", "0x0", "0x27", "0x1", "0x2", "0x3", "0x4", "0x5", "0x6", "0x0"];

function pairs(...words: [offset: number, word: string][]): Document {
  const rows = words.map(([offset, word]) => ({ offset: `0x${offset.toString(16)}`, word }));
  return { way: "POKEUSER", pairs: rows };
}

function image(at: string, ...words: [offset: number, word: string][]): Document {
  return {
    ...pairs(...words),
    way: "SIGRETURN",
    frame: { uc_flags: "0x0", fpstate: true, image: at },
  };
}

/** All kinds of cases, and all that makes a program longer. */
export const SPREAD: Readonly<Record<string, Document>> = {
  "a restart": RESTARTED,
  "a restart that a handler meets": { ...RESTARTED, signal: "SIGUSR1" },
  "a handler that restarts": { ...RESTARTED, from: "group", on: "SYSCALL", signal: "SIGUSR2" },
  "a signal that kills": { code: "nops", signal: "SIGKILL" },
  "a signal of a terminal": { code: "nops", signal: "SIGTSTP" },
  "a signal that does not exist": { code: "nops", signal: 65 },
  "no stop": { code: "spin" },
  "no resume": { on: "NONE", registers: { r15: "0x7" } },
  "a refused selector": { registers: { cs: "0x10", eflags: "0xad7" } },
  "rip elsewhere": { registers: { rip: "0x401000" } },
  "rsp elsewhere": { code: "stack", registers: { rsp: "0x7fffffffe000" } },
  "32 bits": { on: "SINGLESTEP", code: "int80", registers: { cs: "0x23", rax: "0x14" } },
  "a 32-bit SYSCALL": { code: "syscall", registers: { cs: "0x23", rsp: "0x10002000" } },
  "a refused call": {
    from: "entry",
    on: "SYSCALL",
    code: "syscall",
    registers: { orig_rax: "0x39" },
  },
  "a pid": { code: "syscall", registers: { rax: "0x27" } },
  "a prefix": {
    way: "SETREGSET",
    from: "exit",
    registers: { r15: "0x7", rip: "0x0" },
    length: 120,
  },
  "an odd length": { way: "SETREGSET", from: "exit", code: "nops", length: 121 },
  "no pairs": pairs(),
  pairs: pairs([80, "0x9"], [144, "0xfff"], [136, "0x10"], [0, "0x1"]),
  "pairs after an exit": {
    ...pairs([80, "0x1"], [128, "0x10000100"]),
    from: "exit",
    on: "SINGLESTEP",
  },
  "a breakpoint on code": pairs([128, "0x100000c0"], [848, "0x100000c2"], [904, "0x1"]),
  "a breakpoint on the stack": {
    ...pairs([128, "0x10000240"], [872, "0x10006ff8"], [904, "0xd0000040"]),
    from: "exit",
  },
  "a refused breakpoint": pairs([848, "0x10004001"], [904, "0x50001"]),
  "a refused pair": { ...pairs([0, "0x1"], [3, "0x1"]), from: "entry" },
  "floating point": { way: "SETFPREGS", pairs: PAIRS },
  "floating point as it is": { way: "SETFPREGS" },
  "an XSAVE area": { way: "XSTATE", pairs: PAIRS, length: 832 },
  "an XSAVE area as it is": { way: "XSTATE", length: 8192 },
  "a short XSAVE area": { way: "XSTATE", pairs: PAIRS, length: 512 },
  "a mask": { way: "SIGMASK", words: ["0xffffffffffffffff"] },
  "half a mask": { way: "SIGMASK", words: ["0x1"], length: 4 },
  "a blocked signal": { way: "SIGMASK", words: ["0x210"], signal: "SIGUSR1" },
  "a system call's words": { from: "entry", way: "SYSCALL_INFO", words: INFO },
  "the same without a system call": { way: "SYSCALL_INFO", words: INFO },
  "a call that is dispatched": {
    way: "DISPATCH",
    words: ["0x1", "0x0", "0x0", "0x0", "0x10000080", "0x27"],
  },
  "a selector that allows a call": {
    way: "DISPATCH",
    on: "SYSCALL",
    words: ["0x2", "0x10002003", "0x10000080", "0x10", "0x100002c0", "0x27"],
  },
  "a selector elsewhere": {
    way: "DISPATCH",
    words: ["0x1", "0x401000", "0x0", "0x0", "0x10000080", "0x27"],
  },
  "a dispatch that is refused": {
    way: "DISPATCH",
    words: ["0x0", "0x1", "0x0", "0x0", "0x0", "0x0"],
  },
  "sigreturn into 32 bits": {
    way: "SIGRETURN",
    code: "inc32",
    registers: { cs: "0x20", ss: "0x33", rsp: "0x3", r15: "0x7" },
    frame: { uc_flags: "0x4", fpstate: false },
  },
  "sigreturn with an image": image("0x10004000"),
  "an image that is taken": image("0x10004000", [0, "0x300"], [160, "0x5"], [0x960, "0x9"]),
  "an image that is refused": image("0x10004000", [0x208, "0x1"], [160, "0x5"]),
  "an image that is misplaced": image("0x10004004"),
  "an image that ends elsewhere": image("0x10007f00", [0x1d0, "0x0"], [160, "0x5"]),
  "sigreturn with floating point": { way: "SIGRETURN", frame: { uc_flags: "0x0", fpstate: true } },
  ...Object.fromEntries(
    CODES.flatMap(({ name }): [string, Document][] => [
      [`code ${name}`, { code: name, on: name === "spin" ? "SINGLESTEP" : "CONT" }],
      [
        `sigreturn, code ${name}`,
        { way: "SIGRETURN", code: name, registers: { rax: "0x27", eflags: "0x40c97" } },
      ],
    ]),
  ),
  ...Object.fromEntries(
    FROMS.flatMap((from) =>
      ONS.map((on): [string, Document] => {
        const registers = { rax: "0x27", orig_rax: "0x27", eflags: "0x54ed7" };
        return [`from ${from}, on ${on}`, { from, on, code: "nops", registers }];
      }),
    ),
  ),
};

export const caseOf = (document: Document): Case =>
  parseCase({ schema: "stublab.case/1", ...document });

/** A case for each way, and cases that need the other parts of the template. */
export const KINDS = new Map([
  ...Object.values(SPREAD).map((document): [string, Document] => [
    document.way ?? "SETREGS",
    document,
  ]),
  ...["a restart that a handler meets", "rip elsewhere", "from exit, on SYSCALL", "32 bits"].map(
    (name): [string, Document] => [name, SPREAD[name] ?? {}],
  ),
]);
