/*
 * The commands of documents: those after "$ " in console blocks, with their output, in which "…" stands for omitted text, and
 * each line of sh blocks.
 */

import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { stublabCommand } from "./processes.ts";

/** A command of a document. */
export interface Exchange {
  readonly command: string;
  /** Its output according to the document; empty if that shows none. */
  readonly output: string;
}

/** The commands of all console and sh blocks of a text. */
export function exchangesIn(text: string): Exchange[] {
  return [...text.matchAll(/^```(console|sh)\n(.*?)^```/gms)].flatMap(
    ([, language, block = ""]) => {
      const joined = block.replaceAll("\\\n", " ");
      const parts = language === "sh" ? joined.trim().split("\n") : joined.split(/^\$ /m).slice(1);
      return parts.map((part) => {
        const [command = "", ...output] = part.split("\n");
        return { command, output: output.join("\n") };
      });
    },
  );
}

const SEPARATOR = "\x1e";

/** Runs commands in order in one shell, as a reader does. @returns them with what was seen: status 127 if one did not run */
export function runSession(exchanges: readonly Exchange[], folder: string) {
  const [node, [script = ""]] = stublabCommand();
  const steps = exchanges.map(({ command }) => {
    const own = command.replaceAll("npx stublab", "stublab");
    return `{ ${own}\n} 2>&1; status=$?; printf '${SEPARATOR}%s${SEPARATOR}' $status; (exit $status)\n`;
  });
  const { stdout } = spawnSync("sh", [], {
    cwd: folder,
    input: `stublab() { '${node}' '${resolve(script)}' "$@"; }\n${steps.join("")}`,
    encoding: "utf8",
  });
  const parts = stdout.split(SEPARATOR);
  return exchanges.map((exchange, i) => {
    const [seen = "", status = "127"] = parts.slice(2 * i, 2 * i + 2);
    return { ...exchange, seen, status: Number(status) };
  });
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
