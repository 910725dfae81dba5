import { InputError } from "../../lib/errors.ts";
import { object } from "../../lib/shape.ts";
import type { Encoder, PartialEncoder } from "./encoder.ts";
import { drivesStubs, missingNames } from "./missing.ts";
import { expectHostArch, isCallable, lacking } from "./module.ts";

/**
 * Returns an encoder that can drive stubs.
 *
 * @throws EncoderError if it is for another machine, or names are missing; InputError if it is not an encoder
 */
export function expectDriver(encoder: PartialEncoder): Encoder {
  object(encoder, "encoder");
  const { name, arch, constants, buffer } = encoder;
  if (!isCallable(constants?.get) || typeof buffer?.byteLength !== "number") {
    throw new InputError("encoder: expected an encoder from openEncoder");
  }
  expectHostArch(name, arch);
  if (drivesStubs(encoder)) return encoder;
  throw lacking(name, missingNames(encoder, "stubs"));
}

/** Checks the type of an `encoder` option; `expectDriver` checks the encoder itself. */
export function encoderOption(value: unknown, place: string): void {
  if (typeof value === "string") {
    throw new InputError(`${place}: expected an encoder, got the name "${value}"`, {
      remedy: `use openEncoder("${value}")`,
    });
  }
  object(value, place);
}
