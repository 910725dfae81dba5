import { CALL_CODE, SCRATCH } from "../../case/arch.ts";
import { REPORT_SYSCALL, REQUEST } from "../sources.ts";
import { SYS } from "./arch.ts";
import { answers, each, requestFacts } from "./bench.ts";
import { NOWHERE, OPTIONS } from "./numbers.ts";
import { word } from "./places.ts";
import {
  arrive,
  at,
  CHILD,
  call,
  callOf,
  go,
  KEEP,
  KEPT_MESSAGE,
  MUST,
  next,
  options,
  pokeText,
  REAP,
  read,
  request,
  type Script,
  set,
  signal,
  TID,
  TRACEE,
  unless,
  WAIT,
  waitFor,
} from "./verbs.ts";

const [SIGCHLD, SIGKILL, SIGTERM, SIGCONT] = [17n, 9, 15, 18];
const [CLONE_VM, CLONE_SIGHAND, CLONE_VFORK, CLONE_THREAD] = [0x100n, 0x800n, 0x4000n, 0x1_0000n];
const [AT_FDCWD, X_OK] = [-100, 1];
const CLONES = [
  ["FORK", OPTIONS.TRACEFORK, SIGCHLD],
  ["VFORK", OPTIONS.TRACEVFORK, SIGCHLD | CLONE_VFORK | CLONE_VM],
  ["CLONE", OPTIONS.TRACECLONE, 0n],
] as const;
const NO_SYSCALL_INFO = "the kernel does not have PTRACE_GET_SYSCALL_INFO (Linux 5.3)";

const message = read("GETEVENTMSG");

/** The event of a tracee that clones. Its child is traced and stopped, and ends with the check. */
const clone = (option: number, flags: bigint): Script => [
  options(option | OPTIONS.EXITKILL),
  go(callOf(SYS.clone, flags, 0n), CALL_CODE),
  ...[message, CHILD],
];

const PROGRAM = "/proc/self/exe";
const EXEC = callOf(SYS.execve, SCRATCH, 0n, 0n);

/** Writes the name of a program to where `EXEC` has it. */
const name: Script = [
  pokeText(PROGRAM),
  ...[call(SYS.faccessat, AT_FDCWD, SCRATCH, X_OK), unless("ENOENT", `there is no ${PROGRAM}`)],
];

/** A thread that the tracee has cloned, at its first stop; its tid is the message that is kept. */
const thread: Script = [
  // Else it would take part in the stop of the tracee's birth.
  ...[signal(SIGCONT), next(), arrive("SIGCONT")],
  options(OPTIONS.TRACECLONE | OPTIONS.TRACEEXEC | OPTIONS.EXITKILL),
  go(callOf(SYS.clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, 0n), CALL_CODE),
  ...[message, KEEP, waitFor(KEPT_MESSAGE), arrive("SIGSTOP")],
];

/** The thread executes a program. */
const execByThread: Script = [
  set(EXEC, CALL_CODE, KEPT_MESSAGE),
  ...[request("CONT", 0, 0, KEPT_MESSAGE), MUST, WAIT],
];

/** The last event of a tracee that a signal kills, SIGTERM only when it is resumed with it. */
const kill = (number: number): Script => [
  ...[options(OPTIONS.TRACEEXIT), signal(number)],
  number === SIGKILL ? WAIT : [next(), next("CONT", number)],
  message,
];

const exit = (status: bigint): Script => [
  options(OPTIONS.TRACEEXIT),
  go(callOf(SYS.exit_group, status), CALL_CODE),
  message,
];

export const eventMessage = requestFacts(
  "GETEVENTMSG",
  {
    "After a fork, vfork or clone event GETEVENTMSG has the child's pid, and the child is traced": [
      "ptrace_event_pid, include/linux/ptrace.h",
      ...each("%", CLONES, ([event, option, flags]) => [
        [TRACEE, clone(option, flags), REAP],
        answers(8, { stop: `PTRACE_EVENT_${event}, SIGTRAP`, first: "SIGSTOP" }),
      ]),
    ],
    "At PTRACE_EVENT_VFORK_DONE GETEVENTMSG has the child's pid again": [
      "kernel_clone, kernel/fork.c",
      [
        "vfork",
        [
          clone(OPTIONS.TRACEVFORK | OPTIONS.TRACEVFORKDONE, SIGCHLD | CLONE_VFORK | CLONE_VM),
          ...[KEEP, next(), message, REAP],
        ],
        answers(8, { stop: "PTRACE_EVENT_VFORK_DONE, SIGTRAP", message: KEPT_MESSAGE }),
      ],
    ],
    "At PTRACE_EVENT_EXEC GETEVENTMSG has the tid that the thread had before: it gets that of the process":
      [
        "exec_binprm, fs/exec.c",
        name,
        [
          "the first thread",
          [
            TRACEE,
            name,
            options(OPTIONS.TRACEEXEC | OPTIONS.EXITKILL),
            go(EXEC, CALL_CODE),
            message,
          ],
          answers(8, { stop: "PTRACE_EVENT_EXEC, SIGTRAP", message: TID }),
        ],
        [
          "another thread",
          [TRACEE, name, thread, execByThread, message],
          answers(8, { stop: "PTRACE_EVENT_EXEC, SIGTRAP", message: KEPT_MESSAGE }),
        ],
      ],
    "At PTRACE_EVENT_EXIT GETEVENTMSG has the status with which the process ends": [
      "do_exit, kernel/exit.c",
      ...each("signal %", [SIGKILL, SIGTERM], (signal) => [
        [TRACEE, kill(signal)],
        { stop: "PTRACE_EVENT_EXIT, SIGTRAP", message: BigInt(signal), written: 8 },
      ]),
      ["exit_group(0x1ff)", exit(0x1ffn), { message: 0xff00n }],
    ],
    "At a stop of a system call GETEVENTMSG is 1 on the way in and 2 on the way out": [
      REPORT_SYSCALL,
      [read("GET_SYSCALL_INFO"), unless("EIO", NO_SYSCALL_INFO)],
      ...each("%", ["entry", "sysemu"], (where) => [
        [at(where), message],
        answers(8, { message: 1n }),
      ]),
      ["exit", [at("exit"), message], answers(8, { message: 2n })],
    ],
    "GETEVENTMSG succeeds at any other stop, and is EFAULT to an address that is not mapped": [
      REQUEST,
      ...each("%", ["signal", "group"], (where) => [[at(where), message], answers(8)]),
      ["not mapped", request("GETEVENTMSG", 0, NOWHERE), "EFAULT"],
    ],
  },
  { message: word(0) },
);
