import { type Expectation, type Fact, syscallInfo, tellOf } from "./fact.ts";

const tell = tellOf("SET_SYSCALL_INFO");

// linux/ptrace.h
const [NONE, ENTRY, EXIT, SECCOMP] = [0n, 1n, 2n, 3n];
const SCHED_YIELD = 24n;

/** What an entry has: number and arguments. */
const entry = (number: bigint, ...args: bigint[]) => [ENTRY, 0n, 0n, number, ...args];
/** What an exit has: the result, and whether it is an error. */
const exit = (result: bigint, isError: bigint) => [EXIT, 0n, 0n, result, isError];

const ARGUMENTS = ["rdi", "rsi", "rdx", "r10", "r8", "r9"];

function* facts(): Generator<Fact> {
  const add = (
    name: string,
    rule: string,
    it: ReturnType<typeof syscallInfo>,
    expectation: Expectation,
  ) => tell(`SET_SYSCALL_INFO: ${name}`, rule, it, expectation, "PTRACE_SET_SYSCALL_INFO");
  const at = (from: "entry" | "exit" | "signal" | "sysemu" | "group") => ({ from });
  const info = syscallInfo;

  for (const from of ["entry", "sysemu"] as const) {
    yield add(
      `at a stop "${from}" the number goes to orig_rax`,
      "W20",
      info(entry(SCHED_YIELD), 88, at(from)),
      {
        written: { orig_rax: SCHED_YIELD, rax: -38n },
      },
    );
  }
  for (const [i, register] of ARGUMENTS.entries()) {
    const args = ARGUMENTS.map((_, k) => (k === i ? 0xfeed_0000_0000_0000n : 0n));
    yield add(
      `argument ${i} goes to ${register}`,
      "W21",
      info(entry(39n, ...args), 88, at("entry")),
      {
        written: { [register]: 0xfeed_0000_0000_0000n },
      },
    );
  }
  yield add(
    "with the number -1 the arguments stay",
    "ptrace_set_syscall_info_entry, kernel/ptrace.c",
    info(entry(-1n, 1n, 2n, 3n), 88, at("entry")),
    {
      written: { orig_rax: -1n, rdi: 0x1000_2000n, rsi: 0n, rdx: 0n },
    },
  );
  yield add("a number beyond an int is ERANGE", "W19", info(entry(1n << 32n), 88, at("entry")), {
    error: "ERANGE",
    written: { orig_rax: 39n },
  });
  yield add("a number of 2^31 is ERANGE", "W19", info(entry(1n << 31n), 88, at("entry")), {
    error: "ERANGE",
    written: { orig_rax: 39n },
  });
  yield add("a negative number is sign-extended", "W20", info(entry(-5n), 88, at("entry")), {
    written: { orig_rax: -5n },
  });
  yield add(
    "rip and rsp are not written",
    "ptrace_set_syscall_info, kernel/ptrace.c",
    info([ENTRY, 1n, 2n, 39n], 88, at("entry")),
    {
      written: { rip: 0x1000_0082n, rsp: 0x1000_7000n },
    },
  );
  yield add(
    "at an exit the result goes to rax",
    "W22",
    info(exit(0x1234_5678_9abc_def0n, 0n), 88, at("exit")),
    {
      written: { rax: 0x1234_5678_9abc_def0n },
    },
  );
  yield add("at an exit an error goes to rax", "W22", info(exit(-2n, 1n), 88, at("exit")), {
    written: { rax: -2n },
  });
  for (const [from, op, name] of [
    ["entry", NONE, "PTRACE_SYSCALL_INFO_NONE"],
    ["entry", EXIT, "PTRACE_SYSCALL_INFO_EXIT"],
    ["entry", SECCOMP, "PTRACE_SYSCALL_INFO_SECCOMP"],
    ["exit", NONE, "PTRACE_SYSCALL_INFO_NONE"],
    ["exit", ENTRY, "PTRACE_SYSCALL_INFO_ENTRY"],
    ["signal", ENTRY, "PTRACE_SYSCALL_INFO_ENTRY"],
    ["signal", EXIT, "PTRACE_SYSCALL_INFO_EXIT"],
    ["group", ENTRY, "PTRACE_SYSCALL_INFO_ENTRY"],
  ] as const) {
    yield add(
      `${name} at a stop "${from}" is EINVAL`,
      "W18",
      info([op, 0n, 0n, 39n], 88, at(from)),
      {
        error: "EINVAL",
      },
    );
  }
  for (const [what, word] of [
    ["a flag", ENTRY | (1n << 16n)],
    ["the highest flag", ENTRY | (1n << 31n)],
    ["the reserved byte", ENTRY | (1n << 8n)],
  ] as const) {
    yield add(`${what} is EINVAL`, "W17", info([word, 0n, 0n, 39n], 88, at("entry")), {
      error: "EINVAL",
    });
  }
  for (const length of [0, 1, 24, 80, 87]) {
    yield add(`${length} bytes are EINVAL`, "W16", info(entry(39n), length, at("entry")), {
      error: "EINVAL",
    });
  }
  for (const length of [89, 96, 4096]) {
    yield add(`${length} bytes are taken`, "W20", info(entry(SCHED_YIELD), length, at("entry")), {
      written: { orig_rax: SCHED_YIELD },
    });
  }
  yield add(
    "the call that was put in is the one that runs",
    "W20",
    info(entry(SCHED_YIELD), 88, { from: "entry", on: "SYSCALL" }),
    {
      stop: "call",
      stopped: { rax: 0n, orig_rax: SCHED_YIELD },
    },
  );
  yield add(
    "a call that was replaced by -1 does not run",
    "W20",
    info(entry(-1n), 88, { from: "entry", on: "SYSCALL" }),
    {
      stop: "call",
      stopped: { rax: -38n },
    },
  );
}

export const syscallInfoFacts: readonly Fact[] = [...facts()];
