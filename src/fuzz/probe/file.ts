import { pathOf } from "../../shim/library.ts";

/** The path of the probe, a static executable, which a build may lack. */
export function probeFile(): string {
  return pathOf("probe-amd64");
}
