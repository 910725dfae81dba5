import { MACHINES } from "../machine/index.ts";
import { FUNCTION_NAMES, FUNCTIONS, functionsOf } from "./abi.ts";
import type { Encoder, PartialEncoder } from "./encoder.ts";

/** The purpose of an encoder: a comparison of the functions that it has, or driving stubs. */
export type Purpose = "comparison" | "stubs";

/** The constants that stubs and platforms need, in addition to those of every block. */
const STUB_CONSTANTS: readonly string[] = `
  SYS_clone SYS_execveat SYS_getppid SYS_mmap SYS_mprotect SYS_munmap SYS_wait4
  CLONE_FILES STUB_THREAD_FLAGS AT_EMPTY_PATH
  PROT_NONE PROT_READ PROT_WRITE PROT_EXEC MAP_SHARED MAP_PRIVATE MAP_FIXED MAP_ANONYMOUS MAP_POPULATE
  WUNTRACED __WALL WAIT_EXITED WAIT_SIGNALED WAIT_SYSCALL_STOP WAIT_EVENT WAIT_GROUP_STOP
  SIGBUS SIGCHLD SIGFPE SIGILL SIGKILL SIGRTMAX SIGSEGV SIGSTOP SIGSYS SIGTRAP
  PTRACE_CONT PTRACE_DETACH PTRACE_EVENT_EXIT PTRACE_GETEVENTMSG
  PTRACE_SETOPTIONS PTRACE_O_EXITKILL PTRACE_O_TRACEEXIT PTRACE_O_TRACESYSGOOD
  PTRACE_SYSEMU PTRACE_SYSEMU_SINGLESTEP
  SIGINFO_si_addr SIGINFO_si_code SIGINFO_si_errno SIGINFO_si_pid SIGINFO_si_signo
  SI_KERNEL SI_TKILL SI_USER SYS_SECCOMP
`
  .trim()
  .split(/\s+/);

/** The names that an encoder lacks for a purpose, in the order of docs/encoder-abi.md. */
export function missingNames(
  encoder: Omit<PartialEncoder, "name" | "buffer" | "heap">,
  purpose: Purpose,
): string[] {
  const constants = ["ENCODER_ABI"];
  const own = FUNCTION_NAMES.filter((name) => encoder[name] !== undefined);
  if (purpose === "stubs" || own.some(takesBlock)) {
    constants.push(
      "REGISTERS_SIZE",
      ...MACHINES[encoder.arch].registers.map((name) => `REG_${name}`),
    );
  }
  if (purpose === "stubs")
    constants.push(...STUB_CONSTANTS, ...MACHINES[encoder.arch].registerRequests);
  const missing = constants.filter((name) => !encoder.constants.has(name));
  if (purpose === "comparison") {
    return own.length === 0 ? [...missing, "every function of the ABI"] : missing;
  }
  const needed = functionsOf(encoder.arch).filter((name) => !FUNCTIONS[name].comparisonOnly);
  return [...missing, ...needed.filter((name) => !own.includes(name))];
}

/** Whether an encoder has everything that stubs need. */
export function drivesStubs(encoder: PartialEncoder): encoder is Encoder & PartialEncoder {
  return missingNames(encoder, "stubs").length === 0;
}

function takesBlock(name: keyof typeof FUNCTIONS): boolean {
  return FUNCTIONS[name].parameters.some(({ kind }) => kind === "block");
}
