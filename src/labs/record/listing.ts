import { HOST_ARCH } from "../../core/machine/index.ts";
import { readListing } from "../../lib/listing.ts";
import { type Code, listings } from "./recording.ts";

/** The assembler's listing of a piece of code, wherever that will be put. */
export type Listing = Omit<Code, "base">;

/** The code that each instruction of a stub is of. */
export const STUB_CODE = "stub code";

/** The listing of that name. @throws UnsupportedError where the package has none. */
export function loadListing(name: string): Listing {
  return readListing(HOST_ARCH, name, listings);
}

/** The bytes of all its instructions. */
export function codeBytes({ lines }: Pick<Listing, "lines">): Uint8Array {
  return Buffer.from(lines.map(({ bytes }) => bytes.replaceAll(" ", "")).join(""), "hex");
}
