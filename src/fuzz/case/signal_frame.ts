/* The members of a signal frame other than the registers, in a case, in its document and in its record. */

import { hex, InputError } from "../../errors.ts";
import {
  count,
  hexWord,
  members,
  optional,
  type Shape,
  truth,
  word as wordShape,
} from "../../shape.ts";
import { numbersOf } from "./layout.ts";
import { FPSTATE } from "./records.ts";
import { SETUP, type SetupViews, setupAt } from "./setups.ts";

export interface SignalFrame {
  /** UC_SIGCONTEXT_SS and its like, 32 bits. */
  readonly ucFlags: number;
  /** Whether it has floating point: that of the last stop, unless there is an image. */
  readonly fpstate: boolean;
  /** The address of an image: the floating point of a new program, changed by the pairs of the case. */
  readonly image?: bigint;
}

export interface FrameDocument {
  readonly uc_flags: string;
  readonly fpstate: boolean;
  readonly image?: string;
}

export const PLAIN_FRAME: SignalFrame = { ucFlags: 0, fpstate: false };

const MOST = 2 ** 32 - 1;
const { NONE, LAST, IMAGE } = numbersOf(FPSTATE);

/** A value as a frame. */
export const frameOfFlags: Shape<SignalFrame> = (value, place) => {
  const read = members(value, place);
  const ucFlags = read("ucFlags", count(MOST));
  const image = read("image", optional(wordShape));
  return withImage({ ucFlags, fpstate: read("fpstate", truth) }, image, place);
};

/** The member of a document as a frame. */
export const frameShape: Shape<SignalFrame> = (value, place) => {
  const read = members(value, place);
  const flags = BigInt(read("uc_flags", optional(hexWord)) ?? 0);
  if (flags > MOST)
    throw new InputError(`${place}.uc_flags: expected at most 32 bits, got ${hex(flags)}`);
  const image = read("image", optional(hexWord));
  const fpstate = read("fpstate", optional(truth)) ?? image !== undefined;
  const frame = { ucFlags: Number(flags), fpstate };
  return withImage(frame, image === undefined ? undefined : BigInt(image), place);
};

function withImage(frame: SignalFrame, image: bigint | undefined, place: string): SignalFrame {
  if (image === undefined) return frame;
  if (!frame.fpstate) throw new InputError(`${place}.image: needs fpstate`);
  return { ...frame, image };
}

export function formatFrame({ ucFlags, fpstate, image }: SignalFrame): FrameDocument {
  return {
    uc_flags: hex(BigInt(ucFlags)),
    fpstate,
    ...(image !== undefined && { image: hex(image) }),
  };
}

/** Writes a frame to setup `i`. */
export function writeFrame(
  { ucFlags, fpstate, image }: SignalFrame,
  { setups, setupWords }: Pick<SetupViews, "setups" | "setupWords">,
  i: number,
): void {
  const at = setupAt(i);
  setups[at + SETUP.ucFlags] = ucFlags;
  setups[at + SETUP.fpstate] = image !== undefined ? IMAGE : fpstate ? LAST : NONE;
  setupWords[(at + SETUP.image) / 2] = image ?? 0n;
}

/** Reads the frame of setup `i`. */
export function readFrame(
  { setups, setupWords }: Pick<SetupViews, "setups" | "setupWords">,
  i: number,
): SignalFrame {
  const at = setupAt(i);
  const kind = setups[at + SETUP.fpstate] ?? NONE;
  return {
    ucFlags: setups[at + SETUP.ucFlags] ?? 0,
    fpstate: kind !== NONE,
    ...(kind === IMAGE && { image: setupWords[(at + SETUP.image) / 2] ?? 0n }),
  };
}
