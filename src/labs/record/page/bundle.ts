import { readFileSync } from "node:fs";
import { REBUILD, UnsupportedError } from "../../../lib/errors.ts";

/** The script of a page, which the build has bundled to lie beside this program. */
export function readBundle(name: string): string {
  try {
    return readFileSync(new URL(name, import.meta.url), "utf8");
  } catch (cause) {
    throw new UnsupportedError("the script of a page is missing", { cause, remedy: REBUILD });
  }
}
