import type { From } from "../../case/setups.ts";
import { by, type Expectation, type Row, setupFacts } from "../fact.ts";
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

function length(bytes: number, expected: Expectation): Row {
  const it = syscallInfo(entry(SCHED_YIELD), bytes, { from: "entry" });
  return [`${bytes} bytes`, it, expected, "PTRACE_SET_SYSCALL_INFO"];
}

const EINVAL = { error: "EINVAL" } as const;
const kept = { written: { orig_rax: GETPID } };

export const setSyscallInfo = setupFacts("SET_SYSCALL_INFO", (fact) => {
  fact(
    "At an entry stop SET_SYSCALL_INFO sets the number of the call",
    by(SET_ENTRY, "W20"),
    ...(["entry", "sysemu"] as const).map((from) =>
      row(`at a stop "${from}"`, from, entry(SCHED_YIELD), {
        written: { orig_rax: SCHED_YIELD, rax: -38n },
      }),
    ),
    row("a negative number is sign-extended", "entry", entry(-5n), { written: { orig_rax: -5n } }),
    ...[89, 96, 4096].map((bytes) => length(bytes, { written: { orig_rax: SCHED_YIELD } })),
  );
  fact(
    "At an entry stop SET_SYSCALL_INFO sets the arguments",
    by(SET_ENTRY, "W21"),
    ...ARGUMENTS.map((register, i) => {
      const word = 0xfeed_0000_0000_0000n;
      const args = ARGUMENTS.map((_, k) => (k === i ? word : BigInt(k)));
      const written = Object.fromEntries(ARGUMENTS.map((name, k) => [name, args[k] ?? 0n]));
      return row(register, "entry", entry(GETPID, ...args), { written });
    }),
  );
  fact(
    "With the number -1 SET_SYSCALL_INFO does not set the arguments",
    by(SET_ENTRY, "W20"),
    row("", "entry", entry(-1n, 1n, 2n, 3n), {
      written: { orig_rax: -1n, rdi: 0x1000_2000n, rsi: 0n, rdx: 0n },
    }),
  );
  fact(
    "A number that is not an int is ERANGE",
    by(SET_ENTRY, "W19"),
    ...[1n << 32n, 1n << 31n].map((number) =>
      row(`0x${number.toString(16)}`, "entry", entry(number), { error: "ERANGE", ...kept }),
    ),
  );
  fact(
    "SET_SYSCALL_INFO does not write rip and rsp",
    by(SET, "W20"),
    row("", "entry", [ENTRY, 1n, 2n, GETPID], {
      written: { rip: 0x1000_0082n, rsp: 0x1000_7000n },
    }),
  );
  fact(
    "At an exit stop SET_SYSCALL_INFO sets the result",
    by(SET_EXIT, "W22"),
    row("a value", "exit", exit(0x1234_5678_9abc_def0n, 0n), {
      written: { rax: 0x1234_5678_9abc_def0n },
    }),
    row("an error", "exit", exit(-2n, 1n), { written: { rax: -2n } }),
  );
  fact(
    "At an exit stop an error is cut to an int",
    by(SET_EXIT, "W22"),
    row("", "exit", exit(0x1_8000_0000n, 1n), { written: { rax: -0x8000_0000n } }),
  );
  fact(
    "An op that is not the stop's is EINVAL",
    by(SET, "W18"),
    ...(
      [
        ...([
          ["entry", NONE],
          ["entry", EXIT],
          ["entry", SECCOMP],
          ["exit", NONE],
        ] as const),
        ...([
          ["exit", ENTRY],
          ["signal", NONE],
          ["signal", ENTRY],
          ["signal", EXIT],
        ] as const),
        ["group", ENTRY],
      ] as const
    ).map(([from, op]) => row(`op ${op} at a stop "${from}"`, from, [op, 0n, 0n, GETPID], EINVAL)),
  );
  fact(
    "The flags and the reserved byte of SET_SYSCALL_INFO must be 0, else EINVAL",
    by(SET, "W17"),
    ...[8n, 16n, 20n, 31n].map((bit) =>
      row(`bit ${bit}`, "entry", [ENTRY | (1n << bit), 0n, 0n, GETPID], EINVAL),
    ),
  );
  fact(
    "Fewer than 88 bytes are EINVAL",
    by(SET, "W16"),
    ...[0, 1, 24, 80, 87].map((bytes) => length(bytes, { ...EINVAL, ...kept })),
  );
  const go = (number: bigint) => syscallInfo(entry(number), SIZE, { from: "entry", on: "SYSCALL" });
  fact(
    "The number that SET_SYSCALL_INFO set is the call that runs",
    by(SET_ENTRY, "W20 R34"),
    [
      "sched_yield",
      go(SCHED_YIELD),
      { stop: "call", stopped: { rax: 0n, orig_rax: SCHED_YIELD } },
      "PTRACE_SET_SYSCALL_INFO",
    ],
    ["-1", go(-1n), { stop: "call", stopped: { rax: -38n } }, "PTRACE_SET_SYSCALL_INFO"],
  );
});
