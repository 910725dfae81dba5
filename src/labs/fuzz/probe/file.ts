import { existsSync, readFileSync } from "node:fs";
import type { ProbedArch } from "../../../core/machine/index.ts";
import { pathOf } from "../../../core/shim/shim.ts";
import { UnsupportedError } from "../../../lib/errors.ts";

/**
 * The file of the probe for a machine, a static executable.
 *
 * @throws UnsupportedError if the build lacks it
 */
export function pathOfProbe(arch: ProbedArch): string {
  const path = pathOf(`probe-${arch}`);
  if (existsSync(path)) return path;
  throw new UnsupportedError(`this build of stublab does not include the probe for ${arch}`, {
    remedy:
      "install clang and lld (Debian: apt-get install clang lld), and run npm run build -- --complete",
  });
}

/** Reads it. @throws UnsupportedError */
export const readProbe = (arch: ProbedArch): Uint8Array => readFileSync(pathOfProbe(arch));
