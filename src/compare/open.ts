import type { Arch } from "../encoder/abi.ts";
import { openEncoderFor } from "../encoder/open.ts";
import { UnsupportedError } from "../errors.ts";
import type { Breakage } from "./report.ts";
import { LocalSubject, type Subject } from "./subject.ts";

/** Encoders that were opened, and what became of the others. */
export interface Opened {
  readonly subjects: Subject[];
  readonly broken: Breakage[];
  readonly notes: string[];
}

/**
 * Opens encoders for architectures.
 *
 * @throws InputError for a name that is neither an encoder's nor a file's.
 */
export async function openSubjects(
  names: readonly string[],
  arches: readonly Arch[],
): Promise<Opened> {
  const opened: Opened = { subjects: [], broken: [], notes: [] };
  for (const name of names) {
    for (const arch of arches) openBuiltIn(name, arch, opened);
  }
  return opened;
}

function openBuiltIn(name: string, arch: Arch, opened: Opened): void {
  try {
    opened.subjects.push(new LocalSubject(openEncoderFor(name, arch)));
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    opened.notes.push(`${name} is not compared on ${arch}: ${error.message}`);
  }
}
