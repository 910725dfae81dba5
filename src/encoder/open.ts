import { EncoderError, InputError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { oneOf, text } from "../shape.ts";
import { ARCHES, type Arch } from "./abi.ts";
import { openAssemblyEncoder } from "./assembly.ts";
import type { Encoder, PartialEncoder } from "./encoder.ts";
import { openGvisorEncoder } from "./gvisor.ts";
import { isComplete, missingFunction } from "./module.ts";
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

/** All that come with stublab: `gvisor` decides as the original does, and in places otherwise than the ABI. */
export const ALL_ENCODERS: readonly EncoderName[] = [...ENCODERS, "gvisor"];

function isEncoderName(name: string): name is EncoderName {
  return Object.hasOwn(openers, name);
}

/**
 * Opens a new instance of an encoder for this machine, amd64, with memory of its own.
 *
 * @throws InputError where there is no encoder of that name.
 */
export function openEncoder(name: string): Encoder {
  const encoder = openEncoderFor(name, "amd64");
  if (isComplete(encoder)) return encoder;
  throw new EncoderError(`encoder ${name} lacks ${missingFunction(encoder)}`);
}

/**
 * The same for an architecture. Guests are amd64's alone, so an encoder of arm64 lacks their functions.
 *
 * @throws InputError where there is no encoder of that name.
 * @throws UnsupportedError where the machine that built this had no headers of that architecture.
 */
export function openEncoderFor(name: string, arch: Arch): PartialEncoder {
  text(name, "encoder");
  oneOf(ARCHES)(arch, "architecture");
  if (!isEncoderName(name)) {
    const near = nearest(name, ALL_ENCODERS);
    throw new InputError(
      `unknown encoder "${name}"${near === undefined ? "" : `; did you mean ${near}?`}`,
      {
        remedy:
          `choose one of ${ALL_ENCODERS.join(", ")}, or a file of your own: ` +
          "./mine.wasm, ./mine.mjs",
      },
    );
  }
  return openers[name](arch);
}
