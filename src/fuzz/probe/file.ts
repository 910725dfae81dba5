import { readFileSync } from "node:fs";
import { UnsupportedError } from "../../errors.ts";
import { pathOf } from "../../shim/library.ts";

/** The path of the probe, a static executable, which a build may lack. */
function probeFile(): string {
  return pathOf("probe-amd64");
}

/** @throws UnsupportedError if the build lacks it */
export function readProbe(): Uint8Array {
  try {
    return readFileSync(probeFile());
  } catch (cause) {
    throw new UnsupportedError("this build of stublab does not include the probe", {
      cause,
      remedy: "install wasm2c (Debian: apt-get install wabt), and run npm run build",
    });
  }
}
