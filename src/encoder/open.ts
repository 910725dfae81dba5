import { InputError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { oneOf, text } from "../shape.ts";
import { ARCHES, type Arch } from "./arch.ts";
import { openAssemblyEncoder } from "./assembly.ts";
import type { CompleteEncoder, PartialEncoder } from "./encoder.ts";
import { openGvisorEncoder } from "./gvisor.ts";
import { openNativeEncoder } from "./native.ts";
import { openScriptEncoder } from "./script/script.ts";

/** The names of the encoders that come with stublab. */
export type EncoderName = "assembly" | "script" | "native" | "gvisor";

const openers: Readonly<Record<EncoderName, (arch: Arch) => PartialEncoder>> = {
  assembly: openAssemblyEncoder,
  script: openScriptEncoder,
  native: openNativeEncoder,
  gvisor: openGvisorEncoder,
};

/** The encoders that agree on everything that the ABI says; the first is the default. */
export const ENCODERS: readonly EncoderName[] = ["assembly", "script", "native"];

/** All that come with stublab: `gvisor` decides as the original does, which differs from the ABI in places. */
export const ALL_ENCODERS: readonly EncoderName[] = [...ENCODERS, "gvisor"];

function isEncoderName(name: string): name is EncoderName {
  return Object.hasOwn(openers, name);
}

/**
 * Opens a new instance of an encoder that comes with stublab, with memory of its own.
 *
 * @param name see ENCODERS and ALL_ENCODERS
 * @param arch the architecture that it encodes for; guests run on amd64 only, so encoders for arm64 lack their functions
 * @throws InputError if there is no encoder of that name
 * @throws UnsupportedError if this build has no headers of that architecture
 * @example
 * const encoder = openEncoder("script");
 * encoder.encodeClone(0x400n, 17); // 0x411n
 */
export function openEncoder(name: string): CompleteEncoder;
export function openEncoder(name: string, arch: Arch): PartialEncoder;
export function openEncoder(name: string, arch: Arch = "amd64"): PartialEncoder {
  text(name, "encoder");
  oneOf(ARCHES)(arch, "architecture");
  if (isEncoderName(name)) return openers[name](arch);
  const near = nearest(name, ALL_ENCODERS);
  throw new InputError(
    `unknown encoder "${name}"${near === undefined ? "" : `; did you mean ${near}?`}`,
    {
      remedy: `choose one of ${ALL_ENCODERS.join(", ")}, or a file of your own: ./mine.wasm, ./mine.mjs`,
    },
  );
}
