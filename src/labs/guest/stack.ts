// The initial stack of a program, in the layout of execve(2):
//
//    stack pointer → argc   argv[0] … NULL   envp[0] … NULL   auxv (type, value) … AT_NULL   strings and AT_RANDOM's bytes

import { randomBytes } from "node:crypto";
import { auxiliaryValue } from "../../core/shim/auxiliary_vector.ts";
import { PAGE_SIZE } from "../../core/shim/page_size.ts";
import { InputError } from "../../lib/errors.ts";
import { show } from "../../lib/shape.ts";
import type { Image } from "./image.ts";

/** Types of the auxiliary vector (<linux/auxvec.h>). */
const AT_NULL = 0n;
const AT_PHDR = 3n;
const AT_PHENT = 4n;
const AT_PHNUM = 5n;
const AT_PAGESZ = 6n;
const AT_ENTRY = 9n;
const AT_UID = 11n;
const AT_EUID = 12n;
const AT_GID = 13n;
const AT_EGID = 14n;
const AT_HWCAP = 16n;
const AT_SECURE = 23n;
const AT_RANDOM = 25n;
const AT_HWCAP2 = 26n;

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
export function initialStack(
  image: Image,
  { args = [], env = {} }: Start,
  top: bigint,
): Uint8Array {
  const argv = args.map((text) => cString(text, "an argument"));
  const envp = Object.entries(env).map(([name, value]) => {
    if (name !== "" && !name.includes("=")) return cString(`${name}=${value}`, "a variable");
    throw new InputError(`env: expected the name of a variable, got ${show(name)}`);
  });
  const strings = Buffer.concat([...argv, ...envp]);
  if (strings.length > MOST_STRINGS) {
    throw new InputError(
      `arguments and environment take ${strings.length} bytes: the limit is ${MOST_STRINGS}`,
    );
  }
  const random = randomBytes(16);
  const tail = BigInt(strings.length + random.length);
  const stringsAt = (top - tail) & ~15n;
  const words = [
    BigInt(argv.length),
    ...pointers(argv, stringsAt),
    0n,
    ...pointers(envp, stringsAt + BigInt(Buffer.concat(argv).length)),
    0n,
    ...auxiliary(image, stringsAt + BigInt(strings.length)),
  ];
  const start = (stringsAt - BigInt(words.length * 8)) & ~15n;
  const bytes = new Uint8Array(Number(top - start));
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setBigUint64(i * 8, word, true);
  });
  bytes.set(strings, Number(stringsAt - start));
  bytes.set(random, Number(stringsAt - start) + strings.length);
  return bytes;
}

function cString(text: string, what: string): Buffer {
  if (text.includes("\0")) throw new InputError(`${what} of a guest contains a NUL`);
  return Buffer.from(`${text}\0`);
}

/** The addresses of consecutive strings, the first at `address`. */
function pointers(strings: readonly Buffer[], address: bigint): bigint[] {
  let next = address;
  return strings.map(({ length }) => {
    const pointer = next;
    next += BigInt(length);
    return pointer;
  });
}

/** What the kernel tells programs about the processor, which is the guest's, too. */
const FEATURES = [AT_HWCAP, AT_HWCAP2].flatMap((type) => {
  const value = auxiliaryValue(type);
  return value === undefined ? [] : [[type, value]];
});

/** There is no AT_SYSINFO_EHDR: without a vDSO, C libraries make system calls instead. */
function auxiliary({ entry, programHeaders }: Image, random: bigint): bigint[] {
  const headers =
    programHeaders === undefined
      ? []
      : [
          [AT_PHDR, programHeaders.address],
          [AT_PHENT, BigInt(programHeaders.entrySize)],
          [AT_PHNUM, BigInt(programHeaders.count)],
        ];
  return [
    ...headers,
    ...FEATURES,
    [AT_PAGESZ, BigInt(PAGE_SIZE)],
    [AT_ENTRY, entry],
    [AT_UID, GUEST_UID],
    [AT_EUID, GUEST_UID],
    [AT_GID, GUEST_UID],
    [AT_EGID, GUEST_UID],
    [AT_SECURE, 0n],
    [AT_RANDOM, random],
    [AT_NULL, 0n],
  ].flat();
}
