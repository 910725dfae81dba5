import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beside } from "./beside.ts";
import { REBUILD, UnsupportedError } from "./errors.ts";
import type { Shape } from "./shape.ts";

/** The listings of each architecture, beside this program. */
const FILES = { amd64: "listing.json", arm64: "listing-arm64.json" } as const;

/**
 * The listing of a piece of code, which the assembler made when stublab was built (scripts/listing.mjs).
 *
 * @param shape that of all listings
 * @throws UnsupportedError where the package has none.
 */
export function readListing<T extends { readonly name: string }>(
  arch: keyof typeof FILES,
  name: string,
  shape: Shape<readonly T[]>,
): T {
  const path = fileURLToPath(beside(FILES[arch]));
  try {
    const found = shape(JSON.parse(readFileSync(path, "utf8")), "").find(
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
