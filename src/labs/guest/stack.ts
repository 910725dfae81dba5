// The initial stack of a program, in the layout of execve(2):
//
//    stack pointer → argc   argv[0] … NULL   envp[0] … NULL   auxv (type, value) … AT_NULL   strings and AT_RANDOM's bytes

import { auxiliaryValue, PAGE_SIZE } from "../../core/shim/auxiliary_vector.ts";
import { InputError } from "../../lib/errors.ts";
import { show } from "../../lib/shape.ts";
import { PROGRAM_HEADER_SIZE } from "./elf.ts";
import type { Image } from "./image.ts";

/** The user and group of every guest, independent of the host's. */
const GUEST_UID = 1000n;

/** The most bytes that arguments and environment may take in total. */
const MOST_STRINGS = 128 << 10;

/** Arguments and environment of a program. */
export interface Start {
  /** argv, with argv[0]. No string may have a NUL. All strings together take at most 128 kB. Default: none. */
  readonly args?: readonly string[] | undefined;
  /** The environment. Default: none. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/**
 * Returns the contents of a stack from the stack pointer to its end, `top`.
 *
 * @throws InputError for strings with a NUL, or that are too long.
 */
export function initialStack(image: Image, start: Start, top: bigint): Uint8Array {
  const { args = [], env = {} } = start;
  const argv = args.map((text) => cString(text, "an argument"));
  const envp = Object.entries(env).map(([name, value]) => {
    if (name !== "" && !name.includes("=")) return cString(`${name}=${value}`, "a variable");
    throw new InputError(`env: expected the name of a variable, got ${show(name)}`);
  });
  const strings = Buffer.concat([...argv, ...envp]);
  if (strings.length > MOST_STRINGS) {
    const size = `${strings.length} bytes`;
    throw new InputError(`arguments and environment take ${size}: the limit is ${MOST_STRINGS}`);
  }
  const tail = Buffer.concat([strings, crypto.getRandomValues(new Uint8Array(16))]);
  const stringsAt = (top - BigInt(tail.length)) & ~15n;
  let next = stringsAt;
  const pointerTo = ({ length }: Buffer) => {
    next += BigInt(length);
    return next - BigInt(length);
  };
  const pointers = [argv, envp].flatMap((list) => [...list.map(pointerTo), 0n]);
  const words = [BigInt(argv.length), ...pointers, ...auxiliary(image, next)];
  const pointer = (stringsAt - BigInt(words.length * 8)) & ~15n;
  const bytes = new Uint8Array(Number(top - pointer));
  bytes.set(new Uint8Array(BigUint64Array.from(words).buffer));
  bytes.set(tail, Number(stringsAt - pointer));
  return bytes;
}

function cString(text: string, what: string): Buffer {
  if (text.includes("\0")) throw new InputError(`${what} of a guest contains a NUL`);
  return Buffer.from(`${text}\0`);
}

/** A type of the auxiliary vector, and its value if there is one. */
type Pair = readonly [type: bigint, value: bigint | undefined];

/** There is no AT_SYSINFO_EHDR: without a vDSO, C libraries make system calls instead. */
function auxiliary({ entry, headers }: Image, random: bigint): bigint[] {
  const pairs: readonly Pair[] = [
    [3n, headers?.address], // AT_PHDR
    [4n, headers && BigInt(PROGRAM_HEADER_SIZE)], // AT_PHENT
    [5n, headers && BigInt(headers.count)], // AT_PHNUM
    // What the kernel tells programs about the processor, which is the guest's, too.
    [16n, auxiliaryValue(16n)], // AT_HWCAP
    [26n, auxiliaryValue(26n)], // AT_HWCAP2
    [6n, BigInt(PAGE_SIZE)], // AT_PAGESZ
    [9n, entry], // AT_ENTRY
    // AT_UID, AT_EUID, AT_GID, AT_EGID
    ...[11n, 12n, 13n, 14n].map((type): Pair => [type, GUEST_UID]),
    [23n, 0n], // AT_SECURE
    [25n, random], // AT_RANDOM
    [0n, 0n], // AT_NULL
  ];
  return pairs.flatMap(([type, value]) => (value === undefined ? [] : [type, value]));
}
