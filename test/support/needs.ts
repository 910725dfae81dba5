import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Callback, Test } from "uvu";

/** What a test needs of the machine: the name of a tool; or whether something is there, by its name. */
type Need = string | Readonly<Record<string, boolean>>;

/**
 * Adds tests to a suite; skips them, with the reason, if something is missing here.
 *
 * @example
 * needs(archives, "cpio")("lists the files", () => …);
 * needs(guests, "cc", { "four pages": hasPages })("loads", () => …);
 */
export function needs<T>(
  tests: Test<T>,
  ...all: Need[]
): (name: string, test: Callback<T>) => void {
  const missing = all.flatMap((need) =>
    typeof need === "string" ? (hasTool(need) ? [] : [need]) : namesOf(need),
  );
  if (missing.length === 0) return tests;
  return (name, test) => {
    // The runner of the tests prints it.
    console.log(`skipped: "${name}" needs ${missing.join(", ")}`);
    tests.skip(name, test);
  };
}

const namesOf = (needs: Readonly<Record<string, boolean>>): string[] =>
  Object.entries(needs).flatMap(([name, isHere]) => (isHere ? [] : [name]));

/** Whether a program of that name is in PATH. */
export function hasTool(name: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return statSync(join(folder, name)).isFile();
    } catch {
      return false;
    }
  });
}
