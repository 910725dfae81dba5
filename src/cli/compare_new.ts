import { existsSync, readFileSync } from "node:fs";
import type { Arch } from "../core/machine/index.ts";
import { beside } from "../lib/beside.ts";
import { InputError } from "../lib/errors.ts";
import { Folder } from "../lib/folder.ts";
import { quoteWord } from "../lib/quote.ts";
import { rowsOf } from "../lib/rows.ts";
import { list, record, text } from "../lib/shape.ts";
import { writeOutputs } from "./output_file.ts";
import { tell } from "./report.ts";
import LINES from "./start.jsonl";
import { languageNamed } from "./table/compare.ts";

/** The lines of what is written beside the example: {WORDS} are replaced. */
const TEXTS = rowsOf(LINES, record({ name: text, lines: list(text, 99) }));

/** The section of an example that only its architecture has, up to the next. */
const SECTION = /^\/\/ ---- amd64\n.*(?=^\/\/ ---- )/ms;

/** An example for an architecture. @param sectionOf returns the section of another than amd64 */
function forArch(arch: Arch, example: string, sectionOf: () => string): string {
  if (arch === "amd64") return example;
  return example.replace(SECTION, sectionOf).replace("for amd64", `for ${arch}`);
}

/**
 * Writes a folder with an encoder to start from: the example of a language, a script that builds it, and what to do.
 *
 * @throws InputError if the folder is not empty; OutputError if it cannot be written
 */
export async function writeStart(folder: string, language: string, arch: Arch): Promise<void> {
  if (existsSync(folder)) {
    using place = Folder.openToRead(folder);
    if (place.names.length > 0)
      throw new InputError(`--new: ${folder} is not empty`, { remedy: "name a new folder" });
  }
  const { file, ...start } = languageNamed(language);
  const example = `examples/encoders/${file}`;
  const read = (own: string) => readFileSync(beside(`../examples/encoders/${own}`), "utf8");
  const own = forArch(arch, read(file), () => read(`${arch}/${file}`)).replaceAll(example, file);
  // The commands are the indented lines of its first comment; the last one compares.
  const [comment = ""] = /^(\/\/.*\n)+/.exec(own) ?? [];
  const commands = [...comment.matchAll(/^\/\/ {3}(.*)$/gm)].map(([, line = ""]) => line);
  const compare = (commands.pop() ?? "").trim().replace(` ${file}`, ` ./${file}`);
  const target = commands.length > 0 ? "./mine.wasm" : `./${file}`;
  const steps = [...(commands.length > 0 ? ["./build"] : []), compare];
  const words = new Map(
    Object.entries({
      ...{ ...start, file, arch, target, commands: commands.join("\n") },
      steps: steps.map((step) => `    ${step}`).join("\n"),
      event: commands.length > 0 ? "built" : "saved",
    }),
  );
  const texts = TEXTS.map(({ name, lines }) => {
    const text = lines.join("\n").replace(/\{(\w+)\}/g, (_, word) => `${words.get(word)}`);
    return [name, text, name === "build" ? 0o777 : 0o666] as const;
  });
  const others = texts.filter(([name]) => commands.length > 0 || name !== "build");
  await writeOutputs(folder, [[file, own], ...others]);
  tell([`cd ${quoteWord(folder)}`, ...steps].map((line) => `${line}\n`).join(""));
}
