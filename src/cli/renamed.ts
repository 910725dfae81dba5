import { parseArgs } from "node:util";
import { UsageError } from "./command.ts";

const VALUE = { type: "string" } as const;

/** The options of these commands that take a value. */
const OPTIONS = {
  output: { type: "string", short: "o" },
  html: VALUE,
  encoder: VALUE,
  step: VALUE,
  seed: VALUE,
} as const;

/** What a command line of a former name is now; undefined for another name. */
export function renamed(name: string, words: readonly string[]): string[] | undefined {
  const { tokens } = parseArgs({
    args: [...words],
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = (...options: string[]) =>
    tokens.some((token) => token.kind === "option" && options.includes(token.name));
  const first = tokens.find(({ kind }) => kind === "positional");
  const named = first === undefined && !given("help", "h") ? ["host"] : [];
  switch (name) {
    case "record":
      if (given("list")) return ["lesson", ...words.filter((word) => word !== "--list")];
      if (process.stdout.isTTY && !given("json", "output"))
        throw new UsageError("refusing to print a recording, a long document, to a terminal", {
          remedy: "name a file with --record FILE, or print it anyway with --json",
        });
      return ["lesson", ...named, ...(given("json") ? [] : ["--json"]), ...words];
    case "step":
      return ["lesson", ...named, ...words];
    case "view":
      return ["lesson", ...(given("text", "json", "html") ? [] : ["--text"]), ...words];
    case "gallery":
      return ["lesson", ...words.map((word, i) => (i === first?.index ? `--pages=${word}` : word))];
    case "task":
      return ["lesson", name, ...words];
  }
}
