import {
  type Argument,
  Command,
  type CommandUnknownOpts,
  Help,
  type Option,
  type OptionValues,
  type ParseOptionsResult,
} from "@commander-js/extra-typings";
import { InputError } from "../../lib/errors.ts";
import { didYouMean } from "../../lib/nearest.ts";
import { rowsOf } from "../../lib/rows.ts";
import { list, optional, record, text } from "../../lib/shape.ts";
import { print } from "../report.ts";
import LINES from "./texts.jsonl";

/** What the help of a command says beside its arguments and options. */
interface Texts {
  /** A line for the list of commands. */
  readonly summary: string;
  /** The summary, if it says all. */
  readonly description?: string | undefined;
  /** What its exit status means, where that differs from other commands. */
  readonly status?: string | undefined;
  readonly examples?: readonly string[] | undefined;
  /** Whether words that begin with a single dash, such as -x, are arguments; -1 is one everywhere. */
  readonly passesWords?: boolean;
}

/** The values of a command's options. */
export type Values<C extends { opts(): OptionValues }> = Readonly<ReturnType<C["opts"]>>;

const textsShape = record({
  ...{ name: text, summary: text, description: optional(text), status: optional(text) },
  examples: optional(list(text, 9)),
});

const TEXTS = rowsOf(LINES, textsShape);

/** The texts of a command of the table: a line of texts.jsonl. */
export function textsOf(name: string): Texts {
  const found = TEXTS.find((each) => each.name === name);
  if (found === undefined) throw new TypeError(`texts.jsonl lacks ${name}`);
  return found;
}

/** A command of the table; its arguments and options follow. */
export function command(name: string, texts = textsOf(name)): Command {
  return new StublabCommand(name, texts);
}

/** The command line that selected a command. */
export function lineOf(command: CommandUnknownOpts): string {
  return command.parent === null ? `stublab ${command.args.join(" ")}` : lineOf(command.parent);
}

/** The words that select a command: "stublab", "lesson", "task". */
function pathOf(command: CommandUnknownOpts): string[] {
  return [...(command.parent === null ? [] : pathOf(command.parent)), command.name()];
}

const misuse = (message: string, remedy = "--help lists the options") =>
  new InputError(message, { remedy });

/** A text that is written in several lines: paragraphs, each in one. */
const joined = (text: string) =>
  text
    .split(/\n\s*\n\s*/)
    .map((paragraph) => paragraph.replaceAll(/\s*\n\s*/g, " "))
    .join("\n\n");

/** What an argument or option is, the words that it takes, and its default. */
function described({ description, defaultValue, argChoices }: Argument | Option): string {
  const choices = argChoices === undefined ? "" : `: ${argChoices.join(", ")}`;
  const usual = defaultValue === undefined ? "" : ` (default ${defaultValue})`;
  return `${joined(description)}${choices}${usual}`;
}

/** A command whose messages are those of stublab. Of commander, methods that its types do not declare are replaced, too. */
class StublabCommand extends Command {
  readonly #passesWords: boolean;

  constructor(name: string, { summary, description, status = "", examples, passesWords }: Texts) {
    super(name);
    this.#passesWords = passesWords === true;
    this.summary(summary).description(joined(description ?? summary));
    this.enablePositionalOptions().exitOverride();
    this.helpOption("-h, --help", "print this").helpCommand(false);
    this.configureOutput({ writeOut: print });
    this.configureHelp({
      minWidthToWrap: 12,
      styleTitle: (title) => title.toLowerCase(),
      subcommandTerm: (each) => each.name(),
      argumentDescription: described,
      optionDescription: described,
      formatHelp: (each, helper) => {
        const exit = helper.boxWrap(`exit status: ${joined(status)}`, helper.helpWidth ?? 80);
        return [
          Help.prototype.formatHelp.call(helper, each, helper),
          ...(status === "" ? [] : [`${exit}\n`]),
          ...(examples === undefined ? [] : [`examples:\n  ${examples.join("\n  ")}\n`]),
        ].join("\n");
      },
    });
  }

  #option(flag: string): Option | undefined {
    return this.options.find(({ short, long }) => flag === short || flag === long);
  }

  /** Help anywhere prevails; an option's value does not look like an option. */
  override parseOptions(args: string[]): ParseOptionsResult {
    if (this.#subcommands.includes(args[0] ?? "")) return super.parseOptions(args);
    const end = args.includes("--") ? args.indexOf("--") : args.length;
    const isOption = this.#passesWords ? /^--./ : /^-[^\d]/;
    const operands: string[] = [];
    const options: string[] = [];
    for (const [i, word] of args.slice(0, end).entries()) {
      const before = args[i - 1] ?? "";
      const taker = this.#option(before);
      if (taker?.required && /^-[^\d]/.test(word)) {
        const remedy = `if "${word}" is the value, write ${taker.long}=${word}`;
        throw misuse(`${before}: the value is missing before "${word}"`, remedy);
      }
      if (word === "-h" || word === "--help") return super.parseOptions(["--help"]);
      (taker?.required || isOption.test(word) ? options : operands).push(word);
    }
    const { unknown } = super.parseOptions(options);
    return { operands: [...operands, ...args.slice(end + 1)], unknown };
  }

  override setOptionValueWithSource(key: string, value: unknown, source?: string): this {
    const option = this.options.find((each) => each.attributeName() === key);
    const isAgain = source === "cli" && this.getOptionValueSource(key) === "cli";
    if (isAgain && !option?.variadic) throw misuse(`${option?.long} is given more than once`);
    return super.setOptionValueWithSource(key, value, source);
  }

  unknownOption(word: string): never {
    const [flag = "", value] = word.split(/=(.*)/s);
    if (this.#option(flag) !== undefined) throw misuse(`${flag} takes no value, got "${value}"`);
    const names = [...this.options.map(({ long }) => long ?? ""), "--help"];
    throw misuse(`unknown option ${flag}${flag.length > 2 ? didYouMean(flag, names) : ""}`);
  }

  optionMissingArgument({ long }: Option): never {
    throw misuse(`${long}: the value is missing`);
  }

  _conflictingOption({ long }: Option, other: Option): never {
    throw new InputError(`${long} and ${other.long} exclude each other`);
  }

  /** The description of an argument begins with what it is, before a comma or colon. */
  missingArgument(name: string): never {
    const argument = this.registeredArguments.find((each) => each.name() === name);
    const path = pathOf(this).slice(1).join(" ");
    throw misuse(`${path} needs ${argument?.description.replace(/[,:].*/s, "")}`, `${path} --help`);
  }

  unknownCommand(): never {
    const [name = ""] = this.args;
    const hint = didYouMean(name, this.#subcommands);
    throw misuse(`unknown command "${name}"${hint}`, "`stublab --help` lists the commands");
  }

  _excessArguments(words: readonly string[]): never {
    const word = words[this.registeredArguments.length];
    if (this.commands.length === 0 || this.registeredArguments.length > 0)
      throw misuse(`unexpected argument "${word}"`);
    throw misuse(
      `unknown subcommand "${pathOf(this).join(" ")} ${word}"`,
      `subcommands: ${this.#subcommands.join(", ")}; --help lists the options`,
    );
  }

  get #subcommands(): string[] {
    return this.commands.map((each) => each.name());
  }
}
