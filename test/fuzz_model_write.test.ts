import { suite } from "uvu";
import { type Fact, Facts } from "./model_facts.ts";

const writing = suite("fuzz: the model of writing registers");
const facts = new Facts();

const [EIO, EFAULT, EINVAL, ERANGE] = [5, 14, 22, 34];
const LIMIT = facts.machine.features.includes("la57") ? 0xff_ffff_ffff_f000n : 0x7fff_ffff_f000n;
const hex = (word: bigint): string => `0x${word.toString(16)}`;
const set = (registers: object, more: object = {}) => ({ on: "NONE", registers, ...more });
const poke = (...pairs: [offset: number | bigint, word: bigint][]) => ({
  ...{ way: "POKEUSER", on: "NONE" },
  pairs: pairs.map(([offset, word]) => ({ offset: hex(BigInt(offset)), word: hex(word) })),
});
const info = (from: string, words: bigint[], length = 88) => ({
  ...{ from, way: "SYSCALL_INFO", on: "NONE", length },
  words: words.map(hex),
});
const xstate = (length: number, ...pairs: [number, bigint][]) => ({
  ...poke(...pairs),
  ...{ way: "XSTATE", length },
});
const mask = (word: bigint, length = 8) => ({
  ...{ way: "SIGMASK", on: "NONE", words: [hex(word)], length },
});

const always: Record<string, Fact> = {
  "what comes before a word that is refused stays": {
    of: set({ r15: "0x1", rip: "0x2", cs: "0x10", eflags: "0x203" }),
    sees: { error: EIO, "written.r15": 1, "written.rip": 2, "written.eflags": 0x202 },
    rule: "W1",
  },
  "selectors are cut to 16 bits": {
    of: set({ cs: "0xffffffff00010033", es: "0x10000" }),
    sees: { error: 0, "written.cs": 0x33, "written.es": 0 },
    rule: "W2",
  },
  "a selector of another privilege level is refused": {
    of: set({ ds: "0x2", es: "0x2b" }),
    sees: { error: EIO, "written.ds": 0, "written.es": 0 },
    rule: "W3",
  },
  "ds may be 0": { of: set({ ds: "0x0" }), sees: { error: 0 } },
  "cs must not be 0": { of: set({ cs: "0x0" }), sees: { error: EIO }, rule: "W4" },
  "ss must not be 0": {
    of: set({ ss: "0x0", rsp: "0x7" }),
    sees: { error: EIO, "written.rsp": 7 },
  },
  "no table is looked into": {
    of: set({ cs: "0xffff", ss: "0x7" }),
    sees: { error: 0, "written.cs": 0xffff, "written.ss": 7 },
  },
  "a base at the end of user space is refused": {
    of: set({ fs_base: hex(LIMIT) }),
    sees: { error: EIO, "written.fs_base": 0 },
  },
  "a base below the end of user space is taken": {
    of: set({ gs_base: hex(LIMIT - 1n) }),
    sees: { error: 0, "written.gs_base": LIMIT - 1n },
  },
  "of eflags eleven bits are written": {
    of: set({ eflags: "0xffffffffffffffff" }),
    sees: { error: 0, "written.eflags": 0x54fd7 },
    rule: "W7",
  },
  "IF stays": { of: set({ eflags: "0x0" }), sees: { error: 0, "written.eflags": 0x202 } },
  "rip and rsp may be anything": {
    of: set({ rip: "0x800000000000", rsp: "0x8000000000000000", orig_rax: "0x123456789abcdef0" }),
    sees: { error: 0, "written.rip": 1n << 47n, "written.rsp": 1n << 63n },
  },
  "SETREGSET of an odd length is refused": {
    of: set({ r15: "0x1" }, { way: "SETREGSET", length: 4 }),
    sees: { error: EINVAL, "written.r15": 0 },
    rule: "W8",
  },
  "SETREGSET of a prefix writes that": {
    of: set({ r15: "0x1", r14: "0x2" }, { way: "SETREGSET", length: 8 }),
    sees: { error: 0, "written.r15": 1, "written.r14": 0 },
    rule: "W9",
  },
  "SETREGSET of nothing writes nothing": {
    of: set({ r15: "0x1" }, { way: "SETREGSET", length: 0 }),
    sees: { error: 0, "written.r15": 0 },
  },
  "SETREGSET of too much is cut": {
    of: set({ gs: "0x2b" }, { way: "SETREGSET", length: 4096 }),
    sees: { error: 0, "written.gs": 0x2b },
  },
  "POKEUSER ends at the first that is refused": {
    of: poke([0, 1n], [81, 2n], [8, 3n]),
    sees: { error: EIO, refusedAt: 1, "written.r15": 1, "written.r14": 0 },
    rule: "W14",
  },
  "POKEUSER at the end of struct user is refused": { of: poke([912, 0n]), sees: { error: EIO } },
  "POKEUSER between the registers and the debug registers is refused": {
    of: poke([216, 0n]),
    sees: { error: EIO },
    rule: "W12",
  },
  "there is no debug register 4": { of: poke([880, 0n]), sees: { error: EIO }, rule: "W13" },
  "POKEUSER of a base is like SETREGS": { of: poke([168, LIMIT]), sees: { error: EIO } },
  "at an entry stop rax is -ENOSYS": {
    of: { ...poke([0, 1n]), from: "entry" },
    sees: { "written.rax": -38, "written.orig_rax": 39 },
    rule: "W15",
  },
  "so it is after SYSEMU": {
    of: { ...poke([0, 1n]), from: "sysemu" },
    sees: { "written.rax": -38 },
  },
  "SIGKILL and SIGSTOP cannot be blocked": {
    of: mask(2n ** 64n - 1n),
    sees: { error: 0, "written.mask": 2n ** 64n - 1n - 0x40100n },
    rule: "W26",
  },
  "a set of signals has eight bytes": {
    of: mask(1n, 16),
    sees: { error: EINVAL, "written.mask": 0 },
    rule: "W25",
  },
  "PTRACE_SETFPREGS refuses bits of mxcsr that there are not": {
    of: { ...poke([24, 0x8000_0000n]), way: "SETFPREGS" },
    sees: { error: EINVAL },
    rule: "W27",
  },
  "what pads the floating point registers reads 0": {
    of: { ...poke([416, 7n]), way: "SETFPREGS" },
    sees: { error: 0, "written.0": 0 },
    rule: "W28",
  },
  "an XSAVE area is written as a whole": { of: xstate(512), sees: { error: EFAULT }, rule: "W30" },
  "an XSAVE area of an odd length is refused": {
    of: xstate(513),
    sees: { error: EINVAL },
    rule: "W29",
  },
  "a header must not name what there is not": {
    of: xstate(8192, [512, 1n << 40n]),
    sees: { error: EINVAL },
    rule: "W31",
  },
  "the rest of the header must be 0": {
    of: xstate(8192, [520, 1n]),
    sees: { error: EINVAL },
    rule: "W32",
  },
  "mxcsr is checked where a component asks for it": {
    of: xstate(8192, [24, 0x8000_0000n]),
    sees: { error: EINVAL },
    rule: "W33",
  },
  "mxcsr is not checked where none does": {
    of: xstate(8192, [24, 0x8000_0000n], [512, 0n]),
    sees: { error: 0, "written.1": 0 },
  },
  "the kernel's own words in an area are not written": {
    of: xstate(8192, [464, 0n]),
    sees: { error: 0, "written.0": facts.machine.xfeatures },
    rule: "W34",
  },
  "a component that the header does not name reads as at the start": {
    of: xstate(8192, [160, 7n], [512, 1n]),
    sees: { error: 0, "written.0": 0 },
    rule: "W35",
  },
};

const sinceSetInfo: Record<string, Fact> = {
  "PTRACE_SET_SYSCALL_INFO wants all its bytes": {
    of: info("entry", [1n], 87),
    sees: { error: EINVAL },
    rule: "W16",
  },
  "its flags are reserved": {
    of: info("entry", [1n | (1n << 20n)]),
    sees: { error: EINVAL },
    rule: "W17",
  },
  "its op must be that of the stop": {
    of: info("entry", [2n]),
    sees: { error: EINVAL },
    rule: "W18",
  },
  "it is refused at a stop by a signal": { of: info("signal", [0n]), sees: { error: EINVAL } },
  "its number must be an int": {
    of: info("entry", [1n, 0n, 0n, 1n << 31n]),
    sees: { error: ERANGE },
    rule: "W19",
  },
  "it sets the number and the arguments": {
    of: info("entry", [1n, 0n, 0n, 39n, 1n, 2n, 3n, 4n, 5n, 6n]),
    sees: {
      ...{ error: 0, "written.orig_rax": 39, "written.rdi": 1, "written.rsi": 2 },
      ...{ "written.rdx": 3, "written.r10": 4, "written.r8": 5, "written.r9": 6 },
    },
    rule: "W21",
  },
  "it leaves the arguments where the number is -1": {
    of: info("entry", [1n, 0n, 0n, 2n ** 64n - 1n, 1n]),
    sees: { error: 0, "written.orig_rax": -1, "written.rdi": 0x1000_2000 },
  },
  "it sets the result": {
    of: info("exit", [2n, 0n, 0n, 0x1_8000_0000n, 0n]),
    sees: { error: 0, "written.rax": 0x1_8000_0000n },
    rule: "W22",
  },
  "it cuts an error to an int": {
    of: info("exit", [2n, 0n, 0n, 0x1_8000_0000n, 1n]),
    sees: { error: 0, "written.rax": -0x8000_0000 },
    rule: "W22",
  },
};

facts.test(writing, always);
if (facts.machine.features.includes("set_syscall_info")) facts.test(writing, sinceSetInfo);
writing.after(() => facts.close());
writing.run();
