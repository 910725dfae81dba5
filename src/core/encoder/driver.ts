import { EncoderError, InputError } from "../../lib/errors.ts";
import { object } from "../../lib/shape.ts";
import { visible } from "../../lib/visible.ts";
import { type Arch, HOST_ARCH, MACHINES } from "../machine/index.ts";
import {
  type Encoder,
  FUNCTIONS,
  type FunctionName,
  functionsOf,
  isCallable,
  type PartialEncoder,
} from "./abi.ts";

/** @throws EncoderError if an encoder is not for the stubs of this machine */
export function expectHostArch(name: string, arch: Arch): void {
  if (arch === HOST_ARCH) return;
  throw new EncoderError(
    visible(`encoder ${name} is for ${arch}, but the stubs of this machine are ${HOST_ARCH}`),
  );
}

/** The error for an encoder that lacks these names. @param needers what needs them, as a clause */
export function lacking(name: string, names: readonly string[], needers = ""): EncoderError {
  const message = `encoder ${name} lacks ${names.join(", ")}${needers}`;
  return new EncoderError(visible(message), { remedy: REMEDY });
}

/** The remedy for a module that is not an encoder. */
export const REMEDY = "docs/encoder-abi.md lists the exports of an encoder";

/**
 * Returns an encoder that can drive stubs.
 *
 * @throws EncoderError if it is for another machine, or names are missing; InputError if it is not an encoder
 */
export function expectDriver(encoder: PartialEncoder): Encoder {
  object(encoder, "encoder");
  const { name, arch, constants, buffer } = encoder;
  if (!isCallable(constants?.get) || typeof buffer?.byteLength !== "number") {
    throw new InputError("encoder: expected an encoder from openEncoder");
  }
  expectHostArch(name, arch);
  if (drivesStubs(encoder)) return encoder;
  throw lacking(name, missingNames(heldBy(encoder)));
}

/** Checks the type of an `encoder` option; `expectDriver` checks the encoder itself. */
export function encoderOption(value: unknown, place: string): void {
  if (typeof value === "string") {
    throw new InputError(`${place}: expected an encoder, got the name "${value}"`, {
      remedy: `use openEncoder("${value}")`,
    });
  }
  object(value, place);
}

/** The constants that stubs and platforms need, in addition to those of every block. */
const STUB_CONSTANTS: readonly string[] = `
  SYS_clone SYS_close_range SYS_execveat SYS_getppid SYS_mmap SYS_mprotect SYS_munmap SYS_prctl SYS_unshare SYS_wait4
  CLONE_FILES STUB_THREAD_FLAGS AT_EMPTY_PATH PR_GET_PDEATHSIG PR_SET_PDEATHSIG
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

/** What an encoder has. */
export interface Held extends Pick<PartialEncoder, "arch" | "constants"> {
  has(name: FunctionName): boolean;
}

function heldBy(encoder: PartialEncoder): Held {
  const { arch, constants } = encoder;
  return { arch, constants, has: (name) => encoder[name] !== undefined };
}

/** The names that an encoder lacks to drive stubs, in the order of docs/encoder-abi.md. */
export function missingNames(held: Held): string[] {
  const { arch, constants } = held;
  const needed = [...blockConstants(arch), ...STUB_CONSTANTS, ...MACHINES[arch].registerRequests];
  const functions = functionsOf(arch).filter((name) => !FUNCTIONS[name].comparisonOnly);
  return [
    ...needed.filter((name) => !constants.has(name)),
    ...functions.filter((name) => !held.has(name)),
  ];
}

/** The constants of an encoder with register blocks. */
export function blockConstants(arch: Arch): string[] {
  return [
    "ENCODER_ABI",
    "REGISTERS_SIZE",
    ...MACHINES[arch].registers.map((name) => `REG_${name}`),
  ];
}

/** Whether an encoder has everything that stubs need. */
function drivesStubs(encoder: PartialEncoder): encoder is Encoder & PartialEncoder {
  return missingNames(heldBy(encoder)).length === 0;
}
