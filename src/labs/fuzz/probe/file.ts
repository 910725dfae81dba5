import { readFileSync } from "node:fs";
import type { Arch } from "../../../core/machine/index.ts";
import { pathOf } from "../../../core/shim/shim.ts";
import { UnsupportedError } from "../../../lib/errors.ts";

/**
 * Reads the probe for a machine, a static executable.
 *
 * @throws UnsupportedError if the build lacks it
 */
export function readProbe(arch: Arch): Uint8Array {
  try {
    return readFileSync(pathOf(`probe-${arch}`));
  } catch (cause) {
    throw new UnsupportedError(`this build of stublab does not include the probe for ${arch}`, {
      cause,
      remedy:
        "install wasm2c, clang and lld (Debian: apt-get install wabt clang lld), and run npm run build -- --complete",
    });
  }
}
