import { readFileSync } from "node:fs";
import { REBUILD, UnsupportedError } from "../../../lib/errors.ts";

/** The text of a file of this folder, which the build copies. @throws UnsupportedError */
export function readCopied(name: string): string {
  try {
    return readFileSync(new URL(name, import.meta.url), "utf8");
  } catch (cause) {
    throw new UnsupportedError(`${name} is missing`, { cause, remedy: REBUILD });
  }
}
