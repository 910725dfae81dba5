import type { Stub } from "../../../../core/stub/stub.ts";
import { CONSTANTS } from "../../case/records.ts";
import { readFrame } from "../arch.ts";
import { loadFuzz } from "../shim.ts";

/**
 * The floating point of a new program, as the kernel writes it to a signal frame, with all components in use.
 *
 * @param stub a stopped stub
 * @returns nothing if the machine has no XSAVE area
 */
export function readImage(stub: Stub): Uint8Array {
  const { frameLength, xfeatures } = readFrame(stub);
  const area = new Uint8Array(CONSTANTS.MOST_XSTATE);
  const components = BigInt(xfeatures);
  const length = loadFuzz().freshFrame(stub.thread.tid, area, area.length, components, frameLength);
  return area.subarray(0, Math.max(length, 0));
}
