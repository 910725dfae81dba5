import type { Stub } from "../../../stub/stub.ts";
import { CONSTANTS } from "../../case/records.ts";

/** All but XFEATURE_MASK_USER_DYNAMIC: components that a process need not ask for. */
export const EVERY_COMPONENT = (1n << 64n) - 1n - (1n << 18n);

/**
 * The floating point of a new program, as the kernel writes it to a signal frame, with all components in use.
 *
 * @param stub a stopped stub
 * @returns nothing if the machine has no XSAVE area
 */
export function readImage({ tracer, thread }: Stub): Uint8Array {
  const area = new Uint8Array(CONSTANTS.MOST_XSTATE);
  const length = tracer.shim.freshFrame(thread.tid, area, area.length, EVERY_COMPONENT);
  return area.subarray(0, Math.max(length, 0));
}
