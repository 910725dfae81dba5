import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { PAGE_SIZE } from "../../../core/shim/auxiliary_vector.ts";
import {
  assembleBpf,
  type BpfInstruction,
  DATA_ARCH,
  DATA_ARGUMENT,
  DATA_NUMBER,
  JUMP_EQUAL,
  JUMP_GREATER,
  JUMP_IF_SET,
  LOAD_WORD,
  RETURN,
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_ERRNO,
  SECCOMP_RET_KILL_PROCESS,
  sockFprog,
} from "../../../core/stub/filter.ts";
import type { Stub } from "../../../core/stub/stub.ts";
import type { TracingThread } from "../../../core/stub/tracing_thread.ts";
import { leaveFiles, limit } from "../precautions.ts";
import { kernelWord } from "./answer.ts";

/** The calls that an answer may make with any arguments: none of them reaches a process or a file of others. */
export const FREE: readonly string[] = `
  getpid getppid gettid getuid geteuid getgid getegid getpgid getpgrp getsid setsid setpgid
  exit exit_group wait4 waitid munmap mremap madvise brk close dup read write lseek
  rt_sigprocmask rt_sigaction rt_sigpending rt_sigreturn rt_sigsuspend sigaltstack
  nanosleep clock_nanosleep pause alarm sched_yield futex restart_syscall clock_gettime
  rseq set_tid_address set_robust_list uname getcpu time fork vfork kcmp
`
  .trim()
  .split(/\s+/);

/** The first arguments that prctl may have. */
const PRCTL = ["PR_SET_PDEATHSIG", "PR_GET_PDEATHSIG", "PR_GET_CHILD_SUBREAPER"] as const;

/** clone flags with which a child is not traced, or has a user namespace, in which it may do more. */
const CLONE_REFUSED = Number(kernelWord("CLONE_UNTRACED|CLONE_NEWUSER"));

/** Limits of a stub that executes an answer (linux/resource.h): seconds of processor time, core files, bytes of memory. */
const LIMITS = { 0: 5n, 4: 0n, 9: 1n << 24n } as const;

const ENOSYS = 38;
const ARGUMENT = 8;

/**
 * The filter of a stub that executes an answer. A call that is not allowed ends its process with SIGSYS.
 *
 * @param spared pids that it may not send signals to.
 */
export function answerFilter(tracer: TracingThread, spared: readonly number[]): Uint8Array {
  const number = (name: string) => Number(tracer.flag(`SYS_${name}`));
  const allow: BpfInstruction = [RETURN, SECCOMP_RET_ALLOW];
  const kill: BpfInstruction = [RETURN, SECCOMP_RET_KILL_PROCESS];
  const argument = (i: number): BpfInstruction => [LOAD_WORD, DATA_ARGUMENT + ARGUMENT * i];
  /** Instructions for one call, which the program passes over otherwise. */
  const call = (name: string, ...body: readonly BpfInstruction[]): BpfInstruction[] => [
    [JUMP_EQUAL, number(name), 0, body.length],
    ...body,
  ];
  const jumpUnless = (jump: number, word: number): BpfInstruction => [jump, word >>> 0, 0, 1];
  const unless = (jump: number, word: number) => [jumpUnless(jump, word), kill];
  // Not 0, not negative (groups, everybody), not init, not those who watch.
  const signal = [
    argument(0),
    ...unless(JUMP_GREATER, 0x7fff_ffff),
    ...[0, 1, ...spared].flatMap((pid) => unless(JUMP_EQUAL, pid)),
    allow,
  ];
  const memory = [argument(2), ...unless(JUMP_IF_SET, tracer.constant("PROT_EXEC")), allow];
  return assembleBpf(
    [LOAD_WORD, DATA_ARCH],
    [JUMP_EQUAL, tracer.constant(HOST_MACHINE.auditArch), 1, 0],
    kill,
    [LOAD_WORD, DATA_NUMBER],
    // fork, pause and others are not on arm64.
    ...FREE.filter((name) => tracer.encoder.constants.has(`SYS_${name}`)).flatMap((name) =>
      call(name, allow),
    ),
    ...call("clone", argument(0), ...unless(JUMP_IF_SET, CLONE_REFUSED), allow),
    ...call("clone3", [RETURN, SECCOMP_RET_ERRNO | ENOSYS]),
    ...call(
      "prctl",
      argument(0),
      ...PRCTL.flatMap((name) => [jumpUnless(JUMP_EQUAL, tracer.constant(name)), allow]),
      kill,
    ),
    ...call("mmap", ...memory),
    ...call("mprotect", ...memory),
    ...["kill", "tgkill"].flatMap((name) => call(name, ...signal)),
    kill,
  );
}

/**
 * Takes from a stub at rest what an answer could do harm with: the files that it shares with its host, memory and time
 * without limit, and system calls. Its children inherit that.
 */
export function confine(stub: Stub, spared: readonly number[]): void {
  const { tracer } = stub;
  leaveFiles(stub);
  stub.call("close_range", 0, 0x7fff_ffff, 0);
  const page = stub.map(PAGE_SIZE);
  for (const [resource, most] of Object.entries(LIMITS)) limit(stub, Number(resource), most);
  const program = answerFilter(tracer, spared);
  const header = page + BigInt(Math.ceil(program.length / 8) * 8);
  stub.write(page, program);
  stub.write(header, sockFprog(program, page));
  stub.call("prctl", tracer.flag("PR_SET_NO_NEW_PRIVS"), 1, 0, 0, 0);
  stub.call("seccomp", tracer.flag("SECCOMP_SET_MODE_FILTER"), 0, header);
  stub.call("munmap", page, PAGE_SIZE);
}
