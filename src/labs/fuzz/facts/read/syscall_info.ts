import { HOST_MACHINE } from "../../../../core/machine/index.ts";
import { placeOf } from "../../case/arch.ts";
import { AUDIT_ARCH, COMPAT_CALL, STACK_POINTER, SYS } from "./arch.ts";
import { each, type Requests, type Row, requestFacts } from "./bench.ts";
import { NOWHERE } from "./numbers.ts";
import { byte, half, int, word } from "./places.ts";
import {
  at,
  go,
  KEEP,
  kept,
  read,
  registers,
  request,
  requires,
  type Script,
  seize,
  setResult,
  TRACEE,
  to,
  toSeccomp,
  unless,
} from "./verbs.ts";

const GET = "ptrace_get_syscall_info, kernel/ptrace.c";
/** PTRACE_SYSCALL_INFO_* and, of each, the end of its members: what the request returns. */
const OPS = { none: 0, entry: 1, exit: 2, seccomp: 3 } as const;
const SIZES = { none: 24, entry: 80, exit: 33, seccomp: 84 } as const;
type Kind = keyof typeof OPS;
/** sizeof(struct ptrace_syscall_info), and the first request that is longer. */
const LONGEST = 96;
const LENGTHS = Array.from({ length: LONGEST + 1 }, (_, length) => length);
const TRACE_DATA = 0x1234;

/** The kinds of stops, each with the info that it has. */
const STOPS: readonly (readonly [string, Kind, Script])[] = [
  ["signal", "none", at("signal")],
  ["group-stop", "none", at("group")],
  ["PTRACE_EVENT_EXIT", "none", at("event")],
  ["PTRACE_EVENT_STOP", "none", [TRACEE, seize()]],
  ["entry", "entry", at("entry")],
  ["SYSEMU", "entry", at("sysemu")],
  ["exit", "exit", at("exit")],
  ["PTRACE_EVENT_SECCOMP", "seccomp", [TRACEE, toSeccomp(TRACE_DATA)]],
];
const CALLS = STOPS.filter(([, kind]) => kind === "entry" || kind === "seccomp");

const info = read("GET_SYSCALL_INFO", LONGEST);
/** Number and arguments of a call. */
const MEMBERS = ["number", ...[0, 1, 2, 3, 4, 5].map((i) => `argument ${i}`)];
const has = (...words: readonly bigint[]) =>
  Object.fromEntries(words.map((word, i) => [MEMBERS[i] ?? "", word]));
const PLACES = {
  ...{ op: byte(0), arch: half(4), data: int(80) },
  ...{ [HOST_MACHINE.instructionPointer]: word(8), [STACK_POINTER]: word(16) },
  ...Object.fromEntries(MEMBERS.map((name, i) => [name, word(24 + 8 * i)])),
  ...{ returned: word(24), error: byte(32) },
};

/** The result that an exit stop has after its register was written. */
const result = (words: readonly string[], error: number) =>
  each(`${HOST_MACHINE.callRegisters.result} = %`, words, (word) => [
    [setResult(BigInt.asUintN(64, BigInt(word))), info],
    { returned: BigInt.asUintN(64, BigInt(word)), error },
  ]);

/** A call of another architecture. */
const compatCall = (it: NonNullable<typeof COMPAT_CALL>): Requests => ({
  [`At a stop of ${it.instruction} the architecture is ${it.name}, and the arguments are its own`]:
    [
      GET,
      there,
      requires("32-bit calls"),
      [
        "",
        [go(it.words, it.code, "SYSCALL"), info],
        {
          ...{ result: SIZES.entry, arch: it.audit },
          [HOST_MACHINE.instructionPointer]: placeOf(it.code) + BigInt(it.length),
          ...has(it.number, 1n, 2n, 3n, 4n, 5n, 6n),
        },
      ],
    ],
});

const NO_REQUEST = "the kernel does not have this request (Linux 5.3)";
const there: Script = [read("GET_SYSCALL_INFO"), unless("EIO", NO_REQUEST)];

export const syscallInfo = requestFacts(
  "GET_SYSCALL_INFO",
  {
    "GET_SYSCALL_INFO returns the size of the stop's info, whatever length it is given": [
      GET,
      there,
      ...each("%", STOPS, ([, kind, reach]) => [
        [reach, info],
        { result: SIZES[kind], written: SIZES[kind], op: OPS[kind] },
      ]),
    ],
    "GET_SYSCALL_INFO copies as many bytes as it is given, and returns the whole size": [
      GET,
      there,
      ...STOPS.flatMap(([name, kind, reach]): (Row | Script)[] => [
        reach,
        ...each(`${name}, % bytes`, LENGTHS, (n) => [
          read("GET_SYSCALL_INFO", n),
          { result: SIZES[kind], written: Math.min(n, SIZES[kind]) },
        ]),
      ]),
    ],
    [`GET_SYSCALL_INFO has architecture, ${HOST_MACHINE.instructionPointer} and ${STACK_POINTER} at every stop`]:
      [
        GET,
        there,
        ...each("%", STOPS, ([, , reach]) => [
          [reach, registers, KEEP, info],
          {
            arch: AUDIT_ARCH,
            [HOST_MACHINE.instructionPointer]: kept(HOST_MACHINE.instructionPointer),
            [STACK_POINTER]: kept(STACK_POINTER),
          },
        ]),
      ],
    "At an entry, at SYSEMU and at a seccomp stop it has number and arguments": [
      "ptrace_get_syscall_info_entry, kernel/ptrace.c",
      there,
      ...each("%", CALLS, ([, , reach]) => [
        [reach, info],
        has(BigInt(SYS.getpid), 11n, 12n, 13n, 14n, 15n, 16n),
      ]),
    ],
    "At a seccomp stop it has the data of the filter's result": [
      "ptrace_get_syscall_info_seccomp, kernel/ptrace.c",
      there,
      ["", [toSeccomp(TRACE_DATA), info], { data: TRACE_DATA }],
    ],
    "At an exit it has the result, and whether it is an error": [
      "ptrace_get_syscall_info_exit, kernel/ptrace.c",
      there,
      to("exit"),
      ...result(["0", "77"], 0),
      ...result(["-1", "-38", "-512", "-4095"], 1),
      ...result(["-4096", "9223372036854775808", "4294967295"], 0),
    ],
    ...(COMPAT_CALL && compatCall(COMPAT_CALL)),
    "GET_SYSCALL_INFO to an address that is not mapped is EFAULT, unless its length is 0": [
      GET,
      there,
      ...each("% bytes", [LONGEST, 1], (n) => [request("GET_SYSCALL_INFO", n, NOWHERE), "EFAULT"]),
      ["0 bytes", request("GET_SYSCALL_INFO", 0, NOWHERE), SIZES.none],
    ],
  },
  PLACES,
);
