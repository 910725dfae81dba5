import {
  assembleBpf,
  DATA_NUMBER,
  FPROG_SIZE,
  LOAD_WORD,
  RETURN,
  sockFprog,
} from "../../../bpf/program.ts";
import { placeOf, SCRATCH } from "../../case/code.ts";
import { requestFacts } from "../fact.ts";
import { intAt, wordAt } from "./answer.ts";
import type { Bench } from "./bench.ts";
import { AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, NOWHERE, OPTIONS } from "./numbers.ts";
import type { Tracee } from "./tracee.ts";

const GET = "ptrace_get_syscall_info, kernel/ptrace.c";
/** PTRACE_SYSCALL_INFO_* and, of each, the end of its members: what the request returns. */
const INFO = {
  none: { op: 0n, size: 24 },
  entry: { op: 1n, size: 80 },
  exit: { op: 2n, size: 33 },
  seccomp: { op: 3n, size: 84 },
} as const;
/** sizeof(struct ptrace_syscall_info), and the first request that is longer. */
const LONGEST = 96;
const [SECCOMP_RET_TRACE, SECCOMP_SET_MODE_FILTER, PR_SET_NO_NEW_PRIVS] = [0x7ff0_0000, 1, 38];
const TRACE_DATA = 0x1234;

/** Whether the kernel has the request (Linux 5.3); if not, the check is skipped. */
function isThere(bench: Bench): boolean {
  const there = bench.tracee().read("GET_SYSCALL_INFO", 0).result !== "EIO";
  if (!there) bench.skip("", "the kernel does not have this request (Linux 5.3)");
  return there;
}

const info = (tracee: Tracee) => tracee.read("GET_SYSCALL_INFO", LONGEST);

/** A tracee at the stop of a filter that returns SECCOMP_RET_TRACE. */
function atSeccomp(bench: Bench): Tracee {
  const tracee = bench.tracee();
  const { stub } = tracee;
  const program = assembleBpf([LOAD_WORD, DATA_NUMBER], [RETURN, SECCOMP_RET_TRACE | TRACE_DATA]);
  const at = SCRATCH + BigInt(FPROG_SIZE);
  stub.write(SCRATCH, sockFprog(program, at));
  stub.write(at, program);
  stub.call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  stub.call("seccomp", SECCOMP_SET_MODE_FILTER, 0, SCRATCH);
  tracee.request("SETOPTIONS", 0, OPTIONS.TRACESECCOMP | OPTIONS.TRACESYSGOOD);
  tracee.go({ rax: 39n, rdi: 11n, rsi: 12n, rdx: 13n, r10: 14n, r8: 15n, r9: 16n }, "syscall");
  return tracee;
}

/** The kinds of stops, each with the info that it has. */
const STOPS: readonly (readonly [string, keyof typeof INFO, (bench: Bench) => Tracee])[] = [
  ["signal", "none", (bench) => bench.tracee("signal")],
  ["group-stop", "none", (bench) => bench.tracee("group")],
  ["PTRACE_EVENT_EXIT", "none", (bench) => bench.tracee("event")],
  ["PTRACE_EVENT_STOP", "none", (bench) => bench.tracee().seize()],
  ["entry", "entry", (bench) => bench.tracee("entry")],
  ["SYSEMU", "entry", (bench) => bench.tracee("sysemu")],
  ["exit", "exit", (bench) => bench.tracee("exit")],
  ["PTRACE_EVENT_SECCOMP", "seccomp", atSeccomp],
];

export const syscallInfo = requestFacts("GET_SYSCALL_INFO", (fact) => {
  fact(
    "GET_SYSCALL_INFO returns the size of the stop's info, whatever length it is given",
    GET,
    (bench) => {
      if (!isThere(bench)) return;
      for (const [where, kind, tracee] of STOPS) {
        const answer = info(tracee(bench));
        const { op, size } = INFO[kind];
        const seen = { ...answer, op: wordAt(answer, 0) & 0xffff_ffffn };
        bench.check(where, seen, { result: size, written: size, op });
      }
    },
  );
  fact(
    "GET_SYSCALL_INFO copies as many bytes as it is given, and returns the whole size",
    GET,
    (bench) => {
      if (!isThere(bench)) return;
      for (const [where, kind, reach] of STOPS) {
        const { size } = INFO[kind];
        const tracee = reach(bench);
        for (let length = 0; length <= LONGEST; length++) {
          const answer = tracee.read("GET_SYSCALL_INFO", length);
          const expected = { result: size, written: Math.min(length, size) };
          bench.check(`${where}, ${length} bytes`, answer, expected);
        }
      }
    },
  );
  fact("GET_SYSCALL_INFO has architecture, rip and rsp at every stop", GET, (bench) => {
    if (!isThere(bench)) return;
    for (const [where, , reach] of STOPS) {
      const tracee = reach(bench);
      const answer = info(tracee);
      const seen = {
        arch: wordAt(answer, 0) >> 32n,
        rip: wordAt(answer, 8),
        rsp: wordAt(answer, 16),
      };
      const [rip, rsp] = [tracee.register("rip"), tracee.register("rsp")];
      bench.check(where, seen, { arch: AUDIT_ARCH_X86_64, rip, rsp });
    }
  });
  fact(
    "At an entry, at SYSEMU and at a seccomp stop it has number and arguments",
    "ptrace_get_syscall_info_entry, kernel/ptrace.c",
    (bench) => {
      if (!isThere(bench)) return;
      for (const [where, kind, reach] of STOPS) {
        if (kind !== "entry" && kind !== "seccomp") continue;
        const answer = info(reach(bench));
        const words = [0, 1, 2, 3, 4, 5, 6].map((i) => wordAt(answer, 24 + 8 * i)).join(" ");
        bench.check(where, { words }, { words: "39 11 12 13 14 15 16" });
      }
    },
  );
  fact(
    "At a seccomp stop it has the data of the filter's result",
    "ptrace_get_syscall_info_seccomp, kernel/ptrace.c",
    (bench) => {
      if (!isThere(bench)) return;
      bench.check("", { data: intAt(info(atSeccomp(bench)), 80) }, { data: TRACE_DATA });
    },
  );
  fact(
    "At an exit it has the result, and whether it is an error",
    "ptrace_get_syscall_info_exit, kernel/ptrace.c",
    (bench) => {
      if (!isThere(bench)) return;
      const tracee = bench.tracee("exit");
      for (const [rax, isError] of [
        ...([
          [0n, 0],
          [77n, 0],
          [-1n, 1],
          [-38n, 1],
          [-512n, 1],
          [-4095n, 1],
        ] as const),
        ...([
          [-4096n, 0],
          [1n << 63n, 0],
          [0xffff_ffffn, 0],
        ] as const),
      ] as const) {
        const word = BigInt.asUintN(64, rax);
        const all = new BigUint64Array(tracee.read("GETREGS").bytes.slice(0, 216).buffer);
        all[10] = word;
        tracee.write("SETREGS", all);
        const answer = info(tracee);
        const seen = { result: wordAt(answer, 24), error: answer.bytes[32] };
        bench.check(`rax = ${rax}`, seen, { result: word, error: isError });
      }
    },
  );
  fact(
    "At a stop of INT 0x80 the architecture is i386, and the arguments are its own",
    GET,
    (bench) => {
      if (!isThere(bench)) return;
      if (!bench.machine.features.includes("ia32")) {
        return bench.skip("", "the kernel does not run 32-bit programs");
      }
      const tracee = bench.tracee();
      const six = { rbx: 1n, rcx: 2n, rdx: 3n, rsi: 4n, rdi: 5n, rbp: 6n };
      tracee.go({ rax: 20n, ...six }, "int80", "SYSCALL");
      const answer = info(tracee);
      const words = [0, 1, 2, 3, 4, 5, 6].map((i) => wordAt(answer, 24 + 8 * i)).join(" ");
      const seen = { ...answer, arch: wordAt(answer, 0) >> 32n, words, rip: wordAt(answer, 8) };
      const [arch, rip] = [AUDIT_ARCH_I386, placeOf("int80") + 2n];
      bench.check("", seen, { result: 80, arch, words: "20 1 2 3 4 5 6", rip });
    },
  );
  fact(
    "GET_SYSCALL_INFO to an address that is not mapped is EFAULT, unless its length is 0",
    GET,
    (bench) => {
      if (!isThere(bench)) return;
      const tracee = bench.tracee();
      for (const [length, result] of [
        [LONGEST, "EFAULT"],
        [1, "EFAULT"],
        [0, INFO.none.size],
      ] as const) {
        const seen = { result: tracee.request("GET_SYSCALL_INFO", length, NOWHERE) };
        bench.check(`${length} bytes`, seen, { result });
      }
    },
  );
});
