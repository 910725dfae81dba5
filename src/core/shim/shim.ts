import { existsSync, fstatSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type * as KoffiModule from "koffi";
import type { LibraryHandle } from "koffi";
import { beside } from "../../lib/beside.ts";
import { limitError } from "../../lib/errno.ts";
import { REBUILD, UnsupportedError } from "../../lib/errors.ts";
import { HOST_ARCH } from "../machine/index.ts";
import { DEFINES, PROTOTYPES } from "./bindings.ts";

export type Koffi = typeof KoffiModule;

/**
 * Loads one of the package's own libraries.
 *
 * @throws UnsupportedError on a system other than Linux x86-64 and arm64, or if the library was not built.
 */
export function loadLibrary(file: string): LibraryHandle {
  if (process.platform !== "linux" || !["x64", "arm64"].includes(process.arch)) {
    throw new UnsupportedError(
      `stublab traces processes on Linux x86-64 and arm64 only, and this is ${process.platform} ${process.arch}`,
    );
  }
  const path = pathOf(file);
  if (!existsSync(path)) {
    throw new UnsupportedError(`${file} is missing beside ${dirname(path)}`, {
      remedy: REBUILD,
    });
  }
  try {
    return loadKoffi().load(path);
  } catch (cause) {
    const doing = `${path} cannot be loaded`;
    const failure = limitError(doing, cause);
    if (failure !== undefined) throw failure;
    throw new UnsupportedError(`${doing}: ${String(cause)}`, { cause, remedy: REBUILD });
  }
}

/** @throws UnsupportedError for what the library does on amd64 only, if this machine is another one. */
export function expectAmd64(what: string): void {
  if (HOST_ARCH === "amd64") return;
  throw new UnsupportedError(`${what} amd64 only, and this machine is ${HOST_ARCH}`);
}

export function pathOf(file: string): string {
  return fileURLToPath(beside(file));
}

let koffi: Koffi | undefined;

/** koffi, loaded on first use: Node.js may be started without native addons. */
function loadKoffi(): Koffi {
  if (koffi === undefined) {
    const loaded: Koffi = createRequire(import.meta.url)("koffi");
    koffi = loaded;
    // An injected close reaches this process: koffi syncs standard output and error when the process ends, and waits
    // forever for its own lock if one is closed.
    process.on("exit", reopenStandardFiles);
  }
  return koffi;
}

/** Standard input, output and error. */
const STANDARD_FILES = [0, 1, 2];

/** Replaces each that is closed with /dev/null, as Node.js does when it starts. */
function reopenStandardFiles(): void {
  for (const file of STANDARD_FILES) {
    try {
      fstatSync(file);
    } catch {
      // open returns the lowest free descriptor: this one, as those below are open.
      openSync("/dev/null", "r+");
    }
  }
}

/** `length` bytes of the host's own memory at `address`, without a copy. The memory must stay mapped. */
export function viewMemory(address: number, length: number): ArrayBuffer {
  return loadKoffi().view(BigInt(address), length);
}

/** A room of shim/: each is a library that contains the core, too. */
export type Room = keyof typeof PROTOTYPES;

/** What is passed for a pointer: koffi passes a view as the address of its first byte. */
type Pointer = ArrayBufferView | number | bigint | null;

type Word<Type extends string> = Type extends "int32_t" | "uint32_t"
  ? number
  : Type extends "int64_t" | "uint64_t"
    ? number | bigint
    : Type extends "void *"
      ? Pointer
      : Type extends "const char *"
        ? string
        : object;

type Words<List extends string> = List extends ""
  ? []
  : List extends `${infer First}, ${infer Rest}`
    ? [Word<First>, ...Words<Rest>]
    : [Word<List>];

type Bound<Prototype> = Prototype extends `${string} stublab_${string}(${infer List})`
  ? (...words: Words<List>) => number
  : never;

/**
 * The functions that the headers of a room declare. Results are a value or -errno. The caller must not pass a view that is
 * too short or whose memory is detached.
 */
export type Library<R extends Room> = {
  -readonly [Name in keyof (typeof PROTOTYPES)[R]]: Bound<(typeof PROTOTYPES)[R][Name]>;
};

export type Shim = Library<"core">;

/** The file of a room, in the folder of this program. */
export const fileOf = (room: Room) => `${room}-${HOST_ARCH}.so`;

/**
 * A function that loads a room, once per thread.
 *
 * @param declare declares its structs to koffi
 * @throws UnsupportedError on a system other than Linux, or if the library is missing or outdated.
 */
export function loader<R extends Room>(room: R, declare?: (koffi: Koffi) => void) {
  let loaded: Library<R> | undefined;
  return (): Library<R> => {
    if (loaded === undefined) {
      declare?.(loadKoffi());
      loaded = load(room);
    }
    return loaded;
  };
}

export const loadShim = loader("core");

function load<R extends Room>(room: R): Library<R> {
  const file = fileOf(room);
  const library = loadLibrary(file);
  const abi: number = library.func(PROTOTYPES.core.shimAbi)();
  const expected = DEFINES.STUBLAB_SHIM_ABI;
  if (abi !== expected) {
    throw new UnsupportedError(`the shim has ABI version ${abi}, expected ${expected}`, {
      remedy: REBUILD,
    });
  }
  library.func(PROTOTYPES.core.nameLibrary)(pathOf(file));
  return bindWhenUsed(Object.entries(PROTOTYPES[room]), (prototype) => bind(library, prototype));
}

/** Binds each function when it is first used: to bind all takes 10 ms, as long as to load koffi. */
function bindWhenUsed(prototypes: readonly [string, string][], bind: (it: string) => unknown) {
  const unbound = {};
  for (const [name, prototype] of prototypes) {
    const define = (shim: object, value: unknown) =>
      Object.defineProperty(shim, name, {
        value,
        writable: true,
        configurable: true,
        enumerable: true,
      });
    Object.defineProperty(unbound, name, {
      get(this: object): unknown {
        const bound = bind(prototype);
        define(this, bound);
        return bound;
      },
      set(this: object, value: unknown) {
        define(this, value);
      },
    });
  }
  return Object.create(unbound);
}

/** A function of the library; one that it lacks on this architecture throws when it is called. */
function bind(library: LibraryHandle, prototype: string) {
  try {
    return library.func(prototype);
  } catch {
    return () => {
      throw new UnsupportedError(`${prototype} does not exist on ${HOST_ARCH}`);
    };
  }
}
