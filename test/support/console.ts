/* The console blocks of a document: commands after "$ ", and their output. "…" stands for omitted text. */

import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { stublabCommand } from "./processes.ts";

/** A command of a document. */
export interface Exchange {
  readonly command: string;
  /** Its output according to the document. */
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
/** A line that `fuzz` writes every five seconds, which a busy machine may need. */
export const PROGRESS = /^[\d,]+ cases.* % not predicted\n/gm;

/** Runs commands in order in one shell, as a reader does; returns the output of each. */
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
  const outputs = stdout.split(SEPARATOR).slice(0, -1);
  return outputs.map((output) => output.replaceAll(PROGRESS, ""));
}

/** Whether output matches a document, except for omitted text. */
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

/** Removes trailing spaces and empty lines at the end. */
const trimmed = (text: string): string => text.replaceAll(/ +$/gm, "").trimEnd();

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
