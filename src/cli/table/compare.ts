import { Argument, Option } from "@commander-js/extra-typings";
import { FUNCTION_NAMES, OPERATIONS } from "../../core/encoder/abi.ts";
import { InputError } from "../../lib/errors.ts";
import { command } from "./command.ts";
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

/** In which an encoder can be started. */
const LANGUAGES = ["c", "assemblyscript", "rust", "javascript"] as const;
export type Language = (typeof LANGUAGES)[number];

/** Words for languages, in lower case: the template that is meant, or the compiler of which the documents have a recipe. */
const MEANT = new Map<string, Language>([
  ["js", "javascript"],
  ["typescript", "assemblyscript"],
  ["ts", "assemblyscript"],
  ["rs", "rust"],
  ["c++", "c"],
]);
const RECIPES = new Map([
  ["go", "TinyGo"],
  ["golang", "TinyGo"],
  ["tinygo", "TinyGo"],
  ["zig", "Zig"],
]);

/** @throws InputError that names what is near */
function parseLanguage(text: string): Language {
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
