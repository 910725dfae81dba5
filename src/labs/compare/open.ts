import { existsSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ARCHES, type Arch } from "../../core/machine/index.ts";
import { InputError, UnsupportedError } from "../../lib/errors.ts";
import type { Suggested } from "../../lib/nearest.ts";
import { quoteWord } from "../../lib/quote.ts";
import { list, oneOf, text } from "../../lib/shape.ts";
import { visible } from "../../lib/visible.ts";
import { isEncoderFile, lineOfSyntaxError } from "./encoders/foreign.ts";
import { ENCODERS, type EncoderName, openEncoder } from "./encoders/open.ts";
import { ForeignSubject } from "./foreign.ts";
import { BrokenEncoder } from "./record.ts";
import type { Breakage } from "./report.ts";
import { localSubject, type Subject } from "./subject.ts";

/** Encoders that were opened, and what is known about the others: the options of `compare` that have these names. */
export class Opened {
  readonly subjects: Subject[] = [];
  readonly broken: Breakage[] = [];
  readonly notes: string[] = [];

  /** Closes the subjects, and ends the processes of those from files. */
  close(): void {
    for (const subject of this.subjects) subject.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Opens encoders: those that come with stublab by name, others by file (docs/encoder-abi.md), each of these in a
 * confined process of its own.
 *
 * @param names names and paths. Default: assembly, script, native.
 * @param arches the architectures to compare. Default: all.
 * @throws InputError if a name is neither an encoder nor a file; UnsupportedError if no process can be started.
 *
 * @example
 * using opened = await openSubjectsConfined(["assembly", "./mine.wasm"], ["amd64"]);
 * console.log(opened.subjects.map(({ name }) => name), opened.broken);
 */
export async function openSubjectsConfined(
  names: readonly Suggested<EncoderName>[] = ENCODERS,
  arches: readonly Arch[] = ARCHES,
): Promise<Opened> {
  list(text, Number.MAX_SAFE_INTEGER)(names, "names");
  list(oneOf(ARCHES), Number.MAX_SAFE_INTEGER)(arches, "arches");
  const files = names.filter(isEncoderFile);
  for (const file of files) {
    if (existsSync(file)) continue;
    const build = join(dirname(file), "build");
    const isScript = statSync(build, { throwIfNoEntry: false })?.isFile();
    const remedy = isScript ? `${build} writes it` : undefined;
    throw new InputError(`there is no file ${file}`, { remedy });
  }
  const opened = new Opened();
  try {
    for (const name of names.filter((word) => !isEncoderFile(word))) {
      const own = arches.map((arch) => openBuiltIn(name, arch, opened.notes));
      opened.subjects.push(...own.filter((subject) => subject !== undefined));
    }
    for (const file of files) await openForeign(file, nameOf(file, files), arches, opened);
  } catch (error) {
    opened.close();
    throw error;
  }
  return opened;
}

/** The file's own name, or its path if another file has the same name. */
function nameOf(file: string, files: readonly string[]): string {
  const own = basename(file);
  return visible(files.filter((other) => basename(other) === own).length === 1 ? own : file);
}

async function openForeign(
  file: string,
  name: string,
  arches: readonly Arch[],
  { subjects, broken, notes }: Opened,
): Promise<void> {
  try {
    const subject = await ForeignSubject.open(file, name);
    if (arches.includes(subject.arch)) subjects.push(subject);
    else {
      subject.close();
      notes.push(`${name} encodes for ${subject.arch}, which is not compared`);
    }
  } catch (error) {
    if (!(error instanceof BrokenEncoder)) throw error;
    const { kind } = error;
    const message = `${error.message}${kind === "refused" ? lineOfSyntaxError(file, error.message) : ""}`;
    const replay = `stublab compare ${quoteWord(file)}`;
    broken.push({ encoder: name, arch: null, name: null, kind, message, input: [], replay });
  }
}

/** An encoder that comes with stublab; undefined, and a note says why, if it has none for the architecture. */
export function openBuiltIn(
  name: Suggested<EncoderName>,
  arch: Arch,
  notes: string[],
  what = `${name} is not compared on ${arch}`,
): Subject | undefined {
  try {
    return localSubject(openEncoder(name, arch));
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    notes.push(`${what}: ${error.message}`);
    return undefined;
  }
}
