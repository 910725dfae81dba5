/*
 * Exhibits: bugs that kernels had, as patches to assembly/model/. A patch begins with what is known of the bug and with
 * what the fuzzer has to find, each as "NAME: TEXT" on a line; then it describes the bug; unified hunks follow.
 */

import { readdirSync, readFileSync } from "node:fs";

const FOLDER = "test/museum";

/** A place in a file: the lines that stand there, and those that replace them. */
interface Hunk {
  readonly file: string;
  readonly old: string;
  readonly new: string;
}

export interface Exhibit {
  readonly name: string;
  /** The commit that fixed the bug: all 40 digits, and its subject. */
  readonly commit: string;
  readonly subject: string;
  /** The kernels that had it. */
  readonly broken: string;
  /** Fields of which one has to differ. */
  readonly differs: readonly string[];
  /** NAME=VALUE: the minimized case must have one of these members. An empty list accepts every case. */
  readonly cases: readonly string[];
  /** The most words that the minimized case may change. */
  readonly words: number;
  /** What the broken kernel did. */
  readonly told: string;
  readonly hunks: readonly Hunk[];
}

/** All exhibits, by name. @throws Error if a patch is not complete */
export const readExhibits = (): Exhibit[] => readPatches(FOLDER).map(exhibitOf);

type Patch = ReturnType<typeof readPatches>[number];

/** The patches of a folder, by name. Their `fact` throws if its line is missing. */
export function readPatches(folder: string) {
  const names = readdirSync(folder).filter((file) => file.endsWith(".patch"));
  return names.sort().map((file) => {
    const name = file.replace(".patch", "");
    const [head = "", ...changes] = readFileSync(`${folder}/${file}`, "utf8").split(/^--- a\//m);
    const [facts = "", ...told] = head.trim().split("\n\n");
    const fact = (key: string): string => {
      const [, text] = new RegExp(`^${key}: (.+)$`, "m").exec(facts) ?? [];
      if (text === undefined) throw new Error(`${name}: "${key}" is missing`);
      return text;
    };
    return { name, fact, told: told.join(" ").replaceAll("\n", " "), changes };
  });
}

function exhibitOf({ name, fact, told, changes }: Patch): Exhibit {
  const list = (key: string) => (fact(key) === "-" ? [] : fact(key).split(" "));
  const commit = fact("commit");
  if (!/^[0-9a-f]{40}$/.test(commit)) throw new Error(`${name}: ${commit} is no commit`);
  const hunks = changes.flatMap(hunksOf);
  if (told === "" || hunks.length === 0) throw new Error(`${name}: no text or no hunk`);
  return {
    ...{ name, commit, subject: fact("subject"), broken: fact("broken") },
    ...{ differs: list("differs"), cases: list("case"), words: Number(fact("words")) },
    ...{ told, hunks },
  };
}

function hunksOf(part: string): Hunk[] {
  const file = part.slice(0, part.indexOf("\n"));
  return part
    .split(/^@@.*\n/m)
    .slice(1)
    .map((body) => {
      const lines = body.split("\n").slice(0, -1);
      const side = (signs: string) =>
        lines.flatMap((line) => (signs.includes(line.charAt(0)) ? [`${line.slice(1)}\n`] : []));
      return { file, old: side(" -").join(""), new: side(" +").join("") };
    });
}

/**
 * The text of a file with the hunks of an exhibit. Each has to fit exactly one place: two functions may have the same
 * lines, which int80_clears_r8.patch describes.
 *
 * @throws Error if a hunk fits no place or several
 */
export function withBug(
  { name, hunks }: Pick<Exhibit, "name" | "hunks">,
  file: string,
  text: string,
): string {
  return hunks
    .filter((hunk) => hunk.file === file)
    .reduce((result, hunk) => {
      const [before, after, ...others] = result.split(hunk.old);
      if (before !== undefined && after !== undefined && others.length === 0) {
        return before + hunk.new + after;
      }
      throw new Error(`${name}: a hunk does not fit one place of ${file}:\n${hunk.old}`);
    }, text);
}
