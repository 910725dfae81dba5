import { existsSync } from "node:fs";
import { basename } from "node:path";
import type { Arch } from "../encoder/arch.ts";
import { isEncoderFile } from "../encoder/foreign.ts";
import { openEncoder } from "../encoder/open.ts";
import { InputError, UnsupportedError } from "../errors.ts";
import { quoteWord } from "../quote.ts";
import { list, text } from "../shape.ts";
import { visible } from "../visible.ts";
import { ForeignSubject } from "./foreign.ts";
import { BrokenEncoder } from "./record.ts";
import type { Breakage } from "./report.ts";
import { LocalSubject, type Subject } from "./subject.ts";

const NAMES = list(text, Number.MAX_SAFE_INTEGER);

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
  NAMES(names, "names");
  NAMES(arches, "architectures");
  const opened: Opened = { subjects: [], broken: [], notes: [] };
  const files = names.filter(isEncoderFile);
  for (const file of files) {
    if (!existsSync(file)) throw new InputError(`there is no file ${file}`);
  }
  for (const name of names.filter((word) => !isEncoderFile(word))) {
    for (const arch of arches) openBuiltIn(name, arch, opened);
  }
  for (const file of files) await openForeign(file, nameOf(file, files), arches, opened);
  return opened;
}

/** The file's own name, or its path where another file has the same. */
function nameOf(file: string, files: readonly string[]): string {
  const own = basename(file);
  return visible(files.filter((other) => basename(other) === own).length === 1 ? own : file);
}

async function openForeign(
  file: string,
  name: string,
  arches: readonly Arch[],
  opened: Opened,
): Promise<void> {
  try {
    const subject = await ForeignSubject.open(file, name);
    if (arches.includes(subject.arch)) {
      opened.subjects.push(subject);
      return;
    }
    subject.close();
    opened.notes.push(`${name} encodes for ${subject.arch}, which is not compared`);
  } catch (error) {
    if (!(error instanceof BrokenEncoder)) throw error;
    const { kind, message } = error;
    const replay = `stublab compare ${quoteWord(file)}`;
    opened.broken.push({ encoder: name, arch: null, name: null, kind, message, input: [], replay });
  }
}

function openBuiltIn(name: string, arch: Arch, opened: Opened): void {
  try {
    opened.subjects.push(new LocalSubject(openEncoder(name, arch)));
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    opened.notes.push(`${name} is not compared on ${arch}: ${error.message}`);
  }
}
