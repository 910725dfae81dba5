import { existsSync, fstatSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type * as KoffiModule from "koffi";
import type { LibraryHandle } from "koffi";
import { beside } from "../../lib/beside.ts";
import { REBUILD, UnsupportedError } from "../../lib/errors.ts";
import { limitError } from "../../lib/limits.ts";
import { HOST_ARCH } from "../machine/index.ts";

export type Koffi = typeof KoffiModule;

/**
 * Loads one of the package's own libraries.
 *
 * @throws UnsupportedError on a system other than Linux x86-64, or if the library was not built.
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
export function loadKoffi(): Koffi {
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
