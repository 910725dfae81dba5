import {
  assembleBpf,
  DATA_NUMBER,
  FPROG_SIZE,
  LOAD_WORD,
  RETURN,
  sockFprog,
} from "../../../bpf/program.ts";
import { placeOf, SCRATCH } from "../../case/code.ts";
import { unsigned } from "../setups.ts";
import { intAt, wordAt } from "./answer.ts";
import {
  type Bench,
  each,
  exists,
  type Row,
  read,
  request,
  requestFacts,
  requires,
  type Step,
} from "./bench.ts";
import { AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, NOWHERE, OPTIONS } from "./numbers.ts";
import { CALL, type Tracee } from "./tracee.ts";

const GET = "ptrace_get_syscall_info, kernel/ptrace.c";
/** PTRACE_SYSCALL_INFO_* and, of each, the end of its members: what the request returns. */
const OPS = { none: 0n, entry: 1n, exit: 2n, seccomp: 3n } as const;
const SIZES = { none: 24, entry: 80, exit: 33, seccomp: 84 } as const;
type Kind = keyof typeof OPS;
/** sizeof(struct ptrace_syscall_info), and the first request that is longer. */
const LONGEST = 96;
const LENGTHS = Array.from({ length: LONGEST + 1 }, (_, length) => length);
const [SECCOMP_RET_TRACE, SECCOMP_SET_MODE_FILTER, PR_SET_NO_NEW_PRIVS] = [0x7ff0_0000, 1, 38];
const AFTER_INT80 = placeOf("int80") + 2n;
const TRACE_DATA = 0x1234;

/** Leads a tracee to the stop of a filter that returns SECCOMP_RET_TRACE. */
function toSeccomp(tracee: Tracee): Tracee {
  const { stub } = tracee;
  const program = assembleBpf([LOAD_WORD, DATA_NUMBER], [RETURN, SECCOMP_RET_TRACE | TRACE_DATA]);
  const at = SCRATCH + BigInt(FPROG_SIZE);
  stub.write(SCRATCH, sockFprog(program, at));
  stub.write(at, program);
  stub.call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  stub.call("seccomp", SECCOMP_SET_MODE_FILTER, 0, SCRATCH);
  return tracee.options(OPTIONS.TRACESECCOMP | OPTIONS.TRACESYSGOOD).run(CALL, "syscall");
}

/** The kinds of stops, each with the info that it has. */
const STOPS: readonly (readonly [string, Kind, (bench: Bench) => Tracee])[] = [
  ["signal", "none", (bench) => bench.tracee("signal")],
  ["group-stop", "none", (bench) => bench.tracee("group")],
  ["PTRACE_EVENT_EXIT", "none", (bench) => bench.tracee("event")],
  ["PTRACE_EVENT_STOP", "none", (bench) => bench.tracee().seize()],
  ["entry", "entry", (bench) => bench.tracee("entry")],
  ["SYSEMU", "entry", (bench) => bench.tracee("sysemu")],
  ["exit", "exit", (bench) => bench.tracee("exit")],
  ["PTRACE_EVENT_SECCOMP", "seccomp", (bench) => toSeccomp(bench.tracee())],
];
/** Rows about a new tracee at each of them. */
const everywhere = (rows: (tracee: Tracee, name: string, kind: Kind) => Row[]) =>
  STOPS.map(
    ([name, kind, reach]): Step =>
      (_, bench) =>
        rows(reach(bench), name, kind),
  );
const CALLS = STOPS.filter(([, kind]) => kind === "entry" || kind === "seccomp");

/** The members that all infos have, and number and arguments of a call. */
function info(tracee: Tracee) {
  const answer = tracee.read("GET_SYSCALL_INFO", LONGEST);
  const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => wordAt(answer, 8 * i));
  const [head = 0n, rip, rsp, ...words] = all;
  const [op, arch] = [head & 0xffff_ffffn, head >> 32n];
  return { ...answer, op, arch, rip, rsp, words: words.join(" ") };
}

/** The result that an exit stop has after rax was written. */
function exitInfo(tracee: Tracee, rax: bigint) {
  const all = new BigUint64Array(tracee.read("GETREGS").bytes.slice(0, 216).buffer);
  all[10] = rax;
  tracee.write("SETREGS", all);
  const answer = info(tracee);
  return { result: wordAt(answer, 24), error: answer.bytes[32] };
}
const result = (words: readonly string[], error: number) =>
  each("rax = %", words, (word) => [
    (t) => exitInfo(t, unsigned(BigInt(word))),
    { result: unsigned(BigInt(word)), error },
  ]);

const int80 = (tracee: Tracee) => {
  const six = { rbx: 1n, rcx: 2n, rdx: 3n, rsi: 4n, rdi: 5n, rbp: 6n };
  tracee.go({ rax: 20n, ...six }, "int80", "SYSCALL");
  return info(tracee);
};

const NO_REQUEST = "the kernel does not have this request (Linux 5.3)";
const there = exists(read("GET_SYSCALL_INFO"), "EIO", NO_REQUEST);

export const syscallInfo = requestFacts("GET_SYSCALL_INFO", {
  "GET_SYSCALL_INFO returns the size of the stop's info, whatever length it is given": [
    GET,
    there,
    ...each("%", STOPS, ([, kind, reach]) => [
      (_, bench) => info(reach(bench)),
      { result: SIZES[kind], written: SIZES[kind], op: OPS[kind] },
    ]),
  ],
  "GET_SYSCALL_INFO copies as many bytes as it is given, and returns the whole size": [
    GET,
    there,
    ...everywhere((t, name, kind) =>
      each(`${name}, % bytes`, LENGTHS, (n) => [
        () => t.read("GET_SYSCALL_INFO", n),
        { result: SIZES[kind], written: Math.min(n, SIZES[kind]) },
      ]),
    ),
  ],
  "GET_SYSCALL_INFO has architecture, rip and rsp at every stop": [
    GET,
    there,
    ...everywhere((t, name) => {
      const [rip, rsp] = [t.register("rip"), t.register("rsp")];
      return [[name, () => info(t), { arch: AUDIT_ARCH_X86_64, rip, rsp }]];
    }),
  ],
  "At an entry, at SYSEMU and at a seccomp stop it has number and arguments": [
    "ptrace_get_syscall_info_entry, kernel/ptrace.c",
    there,
    ...each("%", CALLS, ([, , reach]) => [
      (_, bench) => info(reach(bench)),
      { words: "39 11 12 13 14 15 16" },
    ]),
  ],
  "At a seccomp stop it has the data of the filter's result": [
    "ptrace_get_syscall_info_seccomp, kernel/ptrace.c",
    there,
    ["", (t) => ({ data: intAt(info(toSeccomp(t)), 80) }), { data: TRACE_DATA }],
  ],
  "At an exit it has the result, and whether it is an error": [
    "ptrace_get_syscall_info_exit, kernel/ptrace.c",
    there,
    (t) => t.to("exit"),
    ...result(["0", "77"], 0),
    ...result(["-1", "-38", "-512", "-4095"], 1),
    ...result(["-4096", "9223372036854775808", "4294967295"], 0),
  ],
  "At a stop of INT 0x80 the architecture is i386, and the arguments are its own": [
    GET,
    there,
    requires("32-bit calls"),
    ["", int80, { result: 80, arch: AUDIT_ARCH_I386, words: "20 1 2 3 4 5 6", rip: AFTER_INT80 }],
  ],
  "GET_SYSCALL_INFO to an address that is not mapped is EFAULT, unless its length is 0": [
    GET,
    there,
    ...each("% bytes", [LONGEST, 1], (n) => [request("GET_SYSCALL_INFO", n, NOWHERE), "EFAULT"]),
    ["0 bytes", request("GET_SYSCALL_INFO", 0, NOWHERE), SIZES.none],
  ],
});
