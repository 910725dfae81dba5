import type { Stub } from "../../../stub/stub.ts";
import { CONSTANTS } from "../../case/records.ts";

// struct _fpx_sw_bytes in asm/sigcontext.h; where it and XCR0 lie in an XSAVE area
const FP_XSTATE_MAGIC1 = 0x4650_5853;
const FP_XSTATE_MAGIC2 = 0x4650_5845;
const MAGIC2_SIZE = 4;
const SW_BYTES = 464;
const HEADER = 512;
/** All but XFEATURE_MASK_USER_DYNAMIC: components that a process need not ask for. */
export const EVERY_COMPONENT = (1n << 64n) - 1n - (1n << 18n);

/**
 * The floating point of a new program, as the kernel writes it to a signal frame, with all components in use.
 *
 * @param stub a stopped stub
 * @returns nothing if the machine has no XSAVE area
 */
export function readImage(stub: Stub): Uint8Array {
  const area = new Uint8Array(CONSTANTS.MOST_XSTATE);
  const { tracer, thread } = stub;
  const length = tracer.shim.freshXstate(thread.tid, area, area.length, EVERY_COMPONENT);
  if (length < HEADER) return new Uint8Array(0);
  const view = new DataView(area.buffer);
  const features = view.getBigUint64(HEADER, true);
  view.setUint32(SW_BYTES, FP_XSTATE_MAGIC1, true);
  view.setUint32(SW_BYTES + 4, length + MAGIC2_SIZE, true);
  view.setBigUint64(SW_BYTES + 8, features, true);
  view.setUint32(SW_BYTES + 16, length, true);
  view.setUint32(length, FP_XSTATE_MAGIC2, true);
  return area.subarray(0, length + MAGIC2_SIZE);
}
