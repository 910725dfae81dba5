import { Argument, Option } from "@commander-js/extra-typings";
import { FUNCTION_NAMES, OPERATIONS } from "../../core/encoder/abi.ts";
import { InputError } from "../../lib/errors.ts";
import { rowsOf } from "../../lib/rows.ts";
import { list, record, text } from "../../lib/shape.ts";
import { command } from "./command.ts";
import LINES from "./languages.jsonl";
import {
  apart,
  arch,
  cases,
  ENCODERS,
  json,
  offering,
  oneOf,
  repeated,
  seconds,
  seed,
} from "./options.ts";

/** How many cases of each function the kernel judges for each encoder. */
export const LIVE_CASES = 500;

const languageShape = record({
  ...{ name: text, title: text, meant: list(text, 9) },
  /** The example, the tools that build it, and where those come from. */
  ...{ file: text, tools: text, remedy: text, check: text },
});
/** In which an encoder can be started: lines of languages.jsonl. */
const STARTS = rowsOf(LINES, languageShape);
const LANGUAGES = STARTS.map(({ name }) => name);
const MEANT = new Map(STARTS.flatMap(({ name, meant }) => meant.map((word) => [word, name])));

/** Words for languages, in lower case: the compiler of which the documents have a recipe. */
const RECIPES = new Map([
  ["go", "TinyGo"],
  ["golang", "TinyGo"],
  ["tinygo", "TinyGo"],
  ["zig", "Zig"],
]);

/** A language that `parseLanguage` knows. */
export function languageNamed(name: string) {
  const found = STARTS.find((each) => each.name === name);
  if (found === undefined) throw new TypeError(`languages.jsonl lacks ${name}`);
  return found;
}

/** @throws InputError that names what is near */
function parseLanguage(text: string): string {
  const recipe = RECIPES.get(text.toLowerCase());
  if (recipe === undefined) return oneOf("language", LANGUAGES, MEANT)(text);
  throw new InputError(`--language: there is no template in ${text}`, {
    remedy: `docs/encoder-abi.md has a recipe for ${recipe}; templates are in ${LANGUAGES.join(", ")}`,
  });
}

const ENCODER = new Argument(
  "[encoder...]",
  "files (docs/encoder-abi.md), or names, by default the first three",
);
const SUBJECT = oneOf("operation", [...OPERATIONS, ...FUNCTION_NAMES]);

/** Parses NAME=NUMBER,… to numbers or flag expressions by name. @throws InputError */
function parseWords(text: string): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  for (const part of text.split(",").filter((each) => each !== "")) {
    const [name = "", value = ""] = part.split("=");
    if (value === "") throw new InputError(`--case: expected NAME=NUMBER,…, got "${part}"`);
    words.set(name, value);
  }
  return words;
}

export const compare = command("compare")
  .addArgument(offering(ENCODERS, ENCODER))
  .addOption(repeated("--operation <O>", `only ${OPERATIONS.join(", ")}, or a function`, SUBJECT))
  .addOption(arch("compare for one architecture; of the new encoder"))
  .addOption(seed("seed of the random cases").default(1n))
  .addOption(cases("number of cases in all (default 1500000)", 1))
  .addOption(seconds("stop after this time instead", 1))
  .option("--case <WORDS>", "one case of a function: NAME=N,… (N: a number, or flags)", parseWords)
  .option("--complete", "fail if a function was not compared, or with --live, the kernel not asked")
  .option(
    "--live",
    `ask the kernel, about ${LIVE_CASES} cases of each function, and all disagreements`,
  )
  .addOption(apart("--watch", "compare again at each save of an encoder, until Ctrl-C", ["json"]))
  .option("--new <DIR>", "write a folder with an encoder that agrees, and how to build it")
  .addOption(
    offering(
      LANGUAGES,
      new Option("--language <L>", "of the new encoder").argParser(parseLanguage),
    ).default("c"),
  )
  .option("--verbose", "also print tables: agreement, coverage, what the kernel was asked")
  .option("--html <FILE>", "write the report as a web page")
  .addOption(json("stublab.compare/1"));
