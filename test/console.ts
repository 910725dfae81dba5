/* The console blocks of a document: commands behind "$ ", and what they print. "…" stands for what is left out. */

import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { stublabCommand } from "./processes.ts";

/** A command of a document. */
export interface Exchange {
  readonly command: string;
  /** What the document says that it prints. */
  readonly output: string;
}

/** The commands of all console blocks of a text. */
export function exchangesIn(text: string): Exchange[] {
  return [...text.matchAll(/^```console\n(.*?)^```/gms)].flatMap(([, block = ""]) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = "", ...output] = part.split("\n");
        return { command, output: output.join("\n") };
      }),
  );
}

const SEPARATOR = "\x1e";

/** Runs commands one after the other in one shell, as a reader does; answers what each printed. */
export function runSession(exchanges: readonly Exchange[], folder: string): string[] {
  const [node, [script = ""]] = stublabCommand();
  const steps = exchanges.map(({ command }) => {
    const own = command.replaceAll("npx stublab", `'${node}' '${resolve(script)}'`);
    return `{ ${own}\n} 2>&1; status=$?; printf '${SEPARATOR}'; (exit $status)\n`;
  });
  const { stdout } = spawnSync("sh", [], {
    cwd: folder,
    input: steps.join(""),
    encoding: "utf8",
  });
  return stdout.split(SEPARATOR).slice(0, -1);
}

/** Whether output is as a document has it, but for what the document leaves out. */
export function isAsTold(output: string, told: string): boolean {
  const pattern = trimmed(told)
    .split("\n")
    .map((line) => {
      if (line === "…") return "(?:.*\\n)*?";
      return `${line.split("…").map(escaped).join(".*")}\\n`;
    })
    .join("");
  return new RegExp(`^${pattern}$`).test(`${trimmed(output)}\n`);
}

/** Without spaces before the ends of lines, and without empty lines at the end. */
const trimmed = (text: string): string => text.replaceAll(/ +$/gm, "").trimEnd();

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
