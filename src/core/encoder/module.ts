import { EncoderError, InputError } from "../../lib/errors.ts";
import { object } from "../../lib/shape.ts";
import { cut, LONGEST_TOLD, visible } from "../../lib/visible.ts";
import { ARCHES, type Arch, HOST_ARCH, MACHINES } from "../machine/index.ts";
import {
  ENCODER_ABI,
  type Encoder,
  FUNCTION_NAMES,
  FUNCTIONS,
  type FunctionName,
  functionsOf,
  type PartialEncoder,
  type Signature,
} from "./abi.ts";

/** The bytes that a host needs for blocks and areas: a page. */
const LEAST_HEAP = 4096;

/** The most bytes that an encoder's memory may have. */
const MOST_MEMORY = 256 << 20;

/** The exports of a module by name: of a WebAssembly instance or an ES module. */
export type ModuleExports = Readonly<Record<string, unknown>>;

/**
 * Makes an encoder from the exports of a module, with the functions of the ABI that it has.
 *
 * @throws EncoderError that lists all missing names, or describes an invalid export
 */
export function bindModule(
  name: string,
  exports: ModuleExports,
  purpose: Purpose = "comparison",
): PartialEncoder {
  const constants = readConstants(exports);
  const abi = constants.get("ENCODER_ABI") ?? ENCODER_ABI;
  if (abi !== ENCODER_ABI) throw refusal(name, `has version ${abi} of the ABI, not ${ENCODER_ABI}`);
  const arch = archOf(name, constants.get("ENCODER_MACHINE") ?? MACHINES.amd64.elf);
  if (purpose === "stubs") expectHostArch(name, arch);
  const functions = bindFunctions(name, exports);
  const kinds = kindsOf(functions);
  const own = new Set<string>(functions.map(([each]) => each));
  const missing = missingNames({ arch, constants, has: (each) => own.has(each) }, purpose);
  const needsMemory = purpose === "stubs" || kinds.has("block") || kinds.has("area");
  if (needsMemory && exports.memory === undefined) missing.push("memory");
  if (missing.length > 0) {
    const isAboutFunctions =
      purpose === "comparison" && missing.some((each) => each !== "ENCODER_ABI");
    throw lacking(name, missing, isAboutFunctions ? needersOf(functions) : "");
  }
  if (kinds.has("block")) checkLayout(name, constants);
  const buffer = bindMemory(name, exports.memory);
  const heap = Number(constants.get("heap") ?? 0n);
  if (heap < 0 || heap + LEAST_HEAP > buffer.byteLength) {
    throw refusal(name, `leaves the host less than ${LEAST_HEAP} bytes from heap ${heap} on`);
  }
  const others = Object.entries(exports)
    .filter(([each, exported]) => isCallable(exported) && !isKnown(each))
    .map(([each]) => each);
  return { ...Object.fromEntries(functions), name, arch, buffer, heap, constants, others };
}

/** @throws EncoderError if an encoder is not for the stubs of this machine */
function expectHostArch(name: string, arch: Arch): void {
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

/** The functions with a block or an area. */
function needersOf(functions: readonly [FunctionName, Callable][]): string {
  const needing = functions
    .map(([name]) => name)
    .filter((name) =>
      FUNCTIONS[name].parameters.some(({ kind }) => kind === "block" || kind === "area"),
    );
  if (needing.length === 0) return "";
  const [verb, rest] = [needing.length === 1 ? "needs" : "need", needing.length - 3];
  const others = rest > 0 ? ` and ${rest} more` : "";
  return `, which ${needing.slice(0, 3).join(", ")}${others} ${verb}`;
}

/** The error for a module that is not an encoder: "encoder NAME WHAT". `what` may quote the module. */
export function refusal(name: string, what: string): EncoderError {
  return new EncoderError(visible(`encoder ${name} ${cut(what, LONGEST_TOLD).text}`), {
    remedy: REMEDY,
  });
}

const REMEDY = "docs/encoder-abi.md lists the exports of an encoder";

function archOf(name: string, machine: bigint): Arch {
  const arch = ARCHES.find((known) => MACHINES[known].elf === machine);
  if (arch !== undefined) return arch;
  const known = ARCHES.map((each) => `${MACHINES[each].elf} (${each})`).join(" or ");
  throw refusal(name, `is for ENCODER_MACHINE ${machine}, expected ${known}`);
}

/** The names of constants: all other exports begin in lower case, except `heap`. */
const CONSTANT = /^(heap$|_*[A-Z])/;

/** Whether a name is that of a function of the ABI, or may be that of a constant. */
function isKnown(name: string): boolean {
  return CONSTANT.test(name) || FUNCTION_NAMES.some((each) => each === name);
}

function readConstants(exports: ModuleExports): Map<string, bigint> {
  const constants = new Map<string, bigint>();
  for (const [name, exported] of Object.entries(exports)) {
    const value = constantOf(name, exported);
    const word = Number.isSafeInteger(value) ? BigInt(Number(value)) : value;
    if (typeof word !== "bigint" || !isWord(word)) continue;
    constants.set(name, word);
  }
  return constants;
}

function constantOf(name: string, exported: unknown): unknown {
  if (exported instanceof WebAssembly.Global) return exported.value;
  // C and Rust export addresses instead of values, so a constant may be a function.
  const isGetter = isCallable(exported) && exported.length === 0 && CONSTANT.test(name);
  return isGetter ? exported() : exported;
}

function isWord(value: bigint): boolean {
  return value === BigInt.asIntN(64, value) || value === BigInt.asUintN(64, value);
}

/** Binds the functions of a module, with results of the types in their signatures. @throws EncoderError */
function bindFunctions(name: string, exports: ModuleExports): [FunctionName, Callable][] {
  const found: [FunctionName, Callable][] = [];
  for (const own of FUNCTION_NAMES) {
    const exported = exports[own];
    if (exported === undefined) continue;
    if (!isCallable(exported)) throw refusal(name, `exports ${own}, which is not a function`);
    found.push([own, signedAs(FUNCTIONS[own].result, exported)]);
  }
  return found;
}

function kindsOf(functions: readonly [FunctionName, Callable][]): ReadonlySet<string> {
  return new Set(functions.flatMap(([name]) => FUNCTIONS[name].parameters.map(({ kind }) => kind)));
}

/** Any function of an encoder. */
export type Callable = (...args: (number | bigint)[]) => unknown;

export function isCallable(value: unknown): value is Callable {
  return typeof value === "function";
}

/** Converts the result of a function to the sign of its signature: an ES module may return either. */
function signedAs(result: Signature["result"], call: Callable): Callable {
  if (result === "word") return converting(call, (word) => BigInt.asUintN(64, word));
  return result === "i64" ? converting(call, (word) => BigInt.asIntN(64, word)) : call;
}

function converting(call: Callable, convert: (word: bigint) => bigint): Callable {
  return (a = 0, b = 0) => {
    const word = call(a, b);
    return typeof word === "bigint" ? convert(word) : word;
  };
}

/** Checks that a block has a size, and that each register is a word within it. @throws EncoderError */
function checkLayout(name: string, constants: ReadonlyMap<string, bigint>): void {
  const size = constants.get("REGISTERS_SIZE") ?? 0n;
  if (size <= 0n || size > 4096n || size % 8n !== 0n) {
    throw refusal(name, `has blocks of ${size} bytes`);
  }
  for (const [constant, offset] of constants) {
    if (!constant.startsWith("REG_")) continue;
    if (offset < 0n || offset % 8n !== 0n || offset + 8n > size) {
      throw refusal(name, `has ${constant} at ${offset}, which is not a word of its block`);
    }
  }
}

const GROWS = "has memory that can grow, which would detach the host's views of it";

/** Tries to grow the memory, because no property reports whether it can. */
function canGrow(memory: WebAssembly.Memory): boolean {
  try {
    memory.grow(1);
    return true;
  } catch {
    return false;
  }
}

function bindMemory(name: string, memory: unknown): ArrayBuffer {
  if (memory === undefined) return new ArrayBuffer(LEAST_HEAP);
  const isMemory = memory instanceof WebAssembly.Memory;
  if (isMemory && canGrow(memory)) throw refusal(name, GROWS);
  const buffer: unknown = isMemory ? memory.buffer : memory;
  if (!(buffer instanceof ArrayBuffer)) {
    throw refusal(name, "exports a memory that is not an ArrayBuffer");
  }
  if ("resizable" in buffer && buffer.resizable === true) throw refusal(name, GROWS);
  checkSize(name, buffer.byteLength);
  return buffer;
}

/** @throws EncoderError */
export function checkSize(name: string, bytes: number): void {
  if (bytes <= MOST_MEMORY) return;
  throw refusal(name, `has ${bytes} bytes of memory, more than ${MOST_MEMORY}`);
}

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
  throw lacking(name, missingNames(heldBy(encoder), "stubs"));
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

/** The purpose of an encoder: a comparison of the functions that it has, or driving stubs. */
export type Purpose = "comparison" | "stubs";

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
interface Held extends Pick<PartialEncoder, "arch" | "constants"> {
  has(name: FunctionName): boolean;
}

function heldBy(encoder: PartialEncoder): Held {
  const { arch, constants } = encoder;
  return { arch, constants, has: (name) => encoder[name] !== undefined };
}

/** The names that an encoder lacks for a purpose, in the order of docs/encoder-abi.md. */
export function missingNames(held: Held, purpose: Purpose): string[] {
  const { arch, constants } = held;
  const needed = ["ENCODER_ABI"];
  const own = FUNCTION_NAMES.filter((name) => held.has(name));
  if (purpose === "stubs" || own.some(takesBlock)) {
    needed.push("REGISTERS_SIZE", ...MACHINES[arch].registers.map((name) => `REG_${name}`));
  }
  if (purpose === "stubs") needed.push(...STUB_CONSTANTS, ...MACHINES[arch].registerRequests);
  const missing = needed.filter((name) => !constants.has(name));
  if (purpose === "comparison") {
    return own.length === 0 ? [...missing, "every function of the ABI"] : missing;
  }
  const functions = functionsOf(arch).filter((name) => !FUNCTIONS[name].comparisonOnly);
  return [...missing, ...functions.filter((name) => !own.includes(name))];
}

/** Whether an encoder has everything that stubs need. */
function drivesStubs(encoder: PartialEncoder): encoder is Encoder & PartialEncoder {
  return missingNames(heldBy(encoder), "stubs").length === 0;
}

function takesBlock(name: keyof typeof FUNCTIONS): boolean {
  return FUNCTIONS[name].parameters.some(({ kind }) => kind === "block");
}
