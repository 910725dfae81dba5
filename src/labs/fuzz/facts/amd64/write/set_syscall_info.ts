import type { From } from "../../../case/arch.ts";
import { by, callStop, type Expectation, pairs, type Row, setupFacts } from "../../fact.ts";
import { show, type Words } from "../../words.ts";
import { syscallInfo } from "../setups.ts";

// linux/ptrace.h: PTRACE_SYSCALL_INFO_*
const [NONE, ENTRY, EXIT, SECCOMP] = [0n, 1n, 2n, 3n];
const [SCHED_YIELD, GETPID] = [24n, 39n];
/** sizeof(struct ptrace_syscall_info) */
const SIZE = 88;

/** The members of an entry: number and arguments. */
const entry = (number: bigint, ...args: bigint[]) => [ENTRY, 0n, 0n, number, ...args];
/** The members of an exit: the result, and whether it is an error. */
const exit = (result: bigint, isError: bigint) => [EXIT, 0n, 0n, result, isError];

const ARGUMENTS = ["rdi", "rsi", "rdx", "r10", "r8", "r9"];
const SET = "ptrace_set_syscall_info, kernel/ptrace.c";
const SET_ENTRY = "ptrace_set_syscall_info_entry, kernel/ptrace.c";
const SET_EXIT = "ptrace_set_syscall_info_exit, kernel/ptrace.c";

/** A check at a stop. */
function row(name: string, from: From, words: readonly bigint[], expected: Expectation): Row {
  return [name, syscallInfo(words, SIZE, { from }), expected, "PTRACE_SET_SYSCALL_INFO"];
}

const writes = (name: string, from: From, words: readonly bigint[], written: Words) =>
  row(name, from, words, { written });

/** Checks at an entry stop, of which so many bytes are given. */
const lengths = (all: readonly number[], expected: Expectation): Row[] =>
  all.map((bytes) => {
    const it = syscallInfo(entry(SCHED_YIELD), bytes, { from: "entry" });
    return [`${bytes} bytes`, it, expected, "PTRACE_SET_SYSCALL_INFO"];
  });

/** A call that is changed to another one, and made. */
function made(name: string, number: bigint, stopped: Words): Row {
  const it = syscallInfo(entry(number), SIZE, { from: "entry", on: "SYSCALL" });
  return [name, it, callStop(stopped), "PTRACE_SET_SYSCALL_INFO"];
}

/** Ops that are not the stop's. */
const OTHER_OPS = [
  ...pairs(["entry"], [NONE, EXIT, SECCOMP]),
  ...pairs(["exit"], [NONE, ENTRY]),
  ...pairs(["signal"], [NONE, ENTRY, EXIT]),
  ...pairs(["group"], [ENTRY]),
];

const EINVAL = { error: "EINVAL" } as const;
const kept = { written: { orig_rax: GETPID } };
const yields = { written: { orig_rax: SCHED_YIELD } };
const IS_ERROR = 1n;

export const setSyscallInfo = setupFacts("SET_SYSCALL_INFO", {
  "At an entry stop SET_SYSCALL_INFO sets the number of the call": [
    by(SET_ENTRY, "W20"),
    writes('at a stop "entry"', "entry", entry(SCHED_YIELD), { orig_rax: SCHED_YIELD, rax: -38n }),
    writes('at a stop "sysemu"', "sysemu", entry(SCHED_YIELD), {
      orig_rax: SCHED_YIELD,
      rax: -38n,
    }),
    writes("a negative number is sign-extended", "entry", entry(-5n), { orig_rax: -5n }),
    ...lengths([89, 96, 4096], yields),
  ],
  "At an entry stop SET_SYSCALL_INFO sets the arguments": [
    by(SET_ENTRY, "W21"),
    ...ARGUMENTS.map((register, i) => {
      const args = ARGUMENTS.map((_, k) => (k === i ? 0xfeed_0000_0000_0000n : BigInt(k)));
      const written = Object.fromEntries(ARGUMENTS.map((name, k) => [name, args[k] ?? 0n]));
      return writes(register, "entry", entry(GETPID, ...args), written);
    }),
  ],
  "With the number -1 SET_SYSCALL_INFO does not set the arguments": [
    by(SET_ENTRY, "W20"),
    writes("", "entry", entry(-1n, 1n, 2n, 3n), {
      orig_rax: -1n,
      rdi: 0x1000_2000n,
      rsi: 0n,
      rdx: 0n,
    }),
  ],
  "A number that is not an int is ERANGE": [
    by(SET_ENTRY, "W19"),
    ...[1n << 32n, 1n << 31n].map((it) =>
      row(show(it), "entry", entry(it), { error: "ERANGE", ...kept }),
    ),
  ],
  "SET_SYSCALL_INFO does not write rip and rsp": [
    by(SET, "W20"),
    writes("", "entry", [ENTRY, 1n, 2n, GETPID], { rip: 0x1000_0082n, rsp: 0x1000_7000n }),
  ],
  "At an exit stop SET_SYSCALL_INFO sets the result": [
    by(SET_EXIT, "W22"),
    writes("a value", "exit", exit(0x1234_5678_9abc_def0n, 0n), { rax: 0x1234_5678_9abc_def0n }),
    writes("an error", "exit", exit(-2n, IS_ERROR), { rax: -2n }),
  ],
  "At an exit stop an error is cut to an int": [
    by(SET_EXIT, "W22"),
    writes("", "exit", exit(0x1_8000_0000n, IS_ERROR), { rax: -0x8000_0000n }),
  ],
  "An op that is not the stop's is EINVAL": [
    by(SET, "W18"),
    ...OTHER_OPS.map(([from, op]) =>
      row(`op ${op} at a stop "${from}"`, from, [op, 0n, 0n, GETPID], EINVAL),
    ),
  ],
  "The flags and the reserved byte of SET_SYSCALL_INFO must be 0, else EINVAL": [
    by(SET, "W17"),
    ...[8n, 16n, 20n, 31n].map((bit) =>
      row(`bit ${bit}`, "entry", [ENTRY | (1n << bit), 0n, 0n, GETPID], EINVAL),
    ),
  ],
  "Fewer than 88 bytes are EINVAL": [
    by(SET, "W16"),
    ...lengths([0, 1, 24, 80, 87], { ...EINVAL, ...kept }),
  ],
  "The number that SET_SYSCALL_INFO set is the call that runs": [
    by(SET_ENTRY, "W20 R34"),
    made("sched_yield", SCHED_YIELD, { rax: 0n, orig_rax: SCHED_YIELD }),
    made("-1", -1n, { rax: -38n }),
  ],
});
