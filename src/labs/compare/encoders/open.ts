import type { CompleteEncoder, Encoder, PartialEncoder } from "../../../core/encoder/abi.ts";
import { openAssemblyEncoder } from "../../../core/encoder/assembly.ts";
import { ARCHES, type Arch, HOST_ARCH } from "../../../core/machine/index.ts";
import { InputError } from "../../../lib/errors.ts";
import { didYouMean, type Suggested } from "../../../lib/nearest.ts";
import { oneOf, text } from "../../../lib/shape.ts";
import { openGvisorEncoder } from "./gvisor/gvisor.ts";
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

/** The encoders that follow the ABI; the first is the default. */
export const ENCODERS: readonly EncoderName[] = ["assembly", "script", "native"];

/** All encoders that come with stublab: `gvisor` follows gVisor where that differs from the ABI. */
export const ALL_ENCODERS: readonly EncoderName[] = [...ENCODERS, "gvisor"];

function isEncoderName(name: string): name is EncoderName {
  return Object.hasOwn(openers, name);
}

/**
 * Opens a new instance of an encoder that comes with stublab. Each instance has its own memory.
 *
 * @param name see ENCODERS and ALL_ENCODERS
 * @param arch the architecture, by default that of this machine
 * @throws InputError if there is no encoder of that name
 * @throws UnsupportedError if this build does not include the encoder for that architecture
 * @example
 * const encoder = openEncoder("script");
 * encoder.encodeClone(0x400n, 17); // 0x411n
 */
export function openEncoder(name: Suggested<EncoderName>, arch?: "amd64"): CompleteEncoder;
export function openEncoder(name: Suggested<EncoderName>, arch: Arch): PartialEncoder;
export function openEncoder(name: string, arch: Arch = HOST_ARCH): PartialEncoder {
  text(name, "encoder");
  oneOf(ARCHES)(arch, "architecture");
  if (isEncoderName(name)) return openers[name](arch);
  throw new InputError(`unknown encoder "${name}"${didYouMean(name, ALL_ENCODERS)}`, {
    remedy: `choose one of ${ALL_ENCODERS.join(", ")}; a file of your own is a path, such as ./mine.wasm, and in a program await loadEncoderUnconfined(file)`,
  });
}

/**
 * Loads a user's encoder that drives stubs: a WebAssembly or an ES module (docs/encoder-abi.md).
 *
 * This runs the module's code in this process, with all that this process may do, and without a time limit: load only
 * what you would import. Afterwards, a function that throws, returns a value of another type, or detaches its memory
 * makes every further call fail with the same EncoderError.
 *
 * @param file the path; its base name becomes the name of the encoder
 * @throws InputError if the file cannot be an encoder; EncoderError if it is for another machine, its code throws, or
 * names are missing: the message lists all of them
 * @example
 * using tracer = new Tracer({ encoder: await loadEncoderUnconfined("./mine.wasm") });
 */
export async function loadEncoderUnconfined(file: string | URL): Promise<Encoder> {
  // Few programs need it, and what it imports takes a tenth of the time in which the package is loaded.
  const { loadDriver } = await import("./foreign.ts");
  return loadDriver(file);
}
