import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { REBUILD, UnsupportedError } from "../errors.ts";
import type { Code } from "./recording.ts";
import { listings } from "./recording.ts";

/** The assembler's listing of a piece of code, wherever that will be put. */
export type Listing = Omit<Code, "base">;

/** The code that each instruction of a stub is of. */
export const STUB_CODE = "stub code";

/**
 * The listing of that name, which the assembler made when stublab was built.
 *
 * @throws UnsupportedError where the package has none.
 */
export function loadListing(name: string): Listing {
  const path = fileURLToPath(new URL("listing.json", import.meta.url));
  try {
    const found = listings(JSON.parse(readFileSync(path, "utf8")), "").find(
      (listing) => listing.name === name,
    );
    if (found !== undefined) return found;
  } catch (cause) {
    throw new UnsupportedError(`${path}, the assembler's listing, cannot be read`, {
      cause,
      remedy: REBUILD,
    });
  }
  throw new UnsupportedError(`${path} has no listing of the ${name}`, { remedy: REBUILD });
}

/** The bytes of all its instructions. */
export function codeBytes({ lines }: Pick<Listing, "lines">): Uint8Array {
  return Uint8Array.from(
    lines.flatMap(({ bytes }) => bytes.split(" ").map((byte) => Number.parseInt(byte, 16))),
  );
}
