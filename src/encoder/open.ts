import { InputError } from "../errors.ts";
import { openAssemblyEncoder } from "./assembly.ts";
import type { Encoder } from "./encoder.ts";
import { nearest } from "./names.ts";
import { openNativeEncoder } from "./native.ts";
import { ScriptEncoder } from "./script.ts";

const openers = {
  assembly: openAssemblyEncoder,
  script: () => new ScriptEncoder(),
  native: openNativeEncoder,
} satisfies Record<string, () => Encoder>;

/** The names of the encoders that come with stublab. */
export type EncoderName = keyof typeof openers;

/** The encoders that come with stublab; the first is the default. */
export const ENCODERS: readonly EncoderName[] = ["assembly", "script", "native"];

function isEncoderName(name: string): name is EncoderName {
  return Object.hasOwn(openers, name);
}

/**
 * Opens a new instance of an encoder, with memory of its own.
 *
 * @throws InputError where there is no encoder of that name.
 */
export function openEncoder(name: string): Encoder {
  if (!isEncoderName(name)) {
    const near = nearest(name, ENCODERS);
    throw new InputError(
      `unknown encoder "${name}"${near === undefined ? "" : `; did you mean ${near}?`}`,
      {
        remedy: `choose one of ${ENCODERS.join(", ")}`,
      },
    );
  }
  return openers[name]();
}
