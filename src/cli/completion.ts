import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { FUNCTION_NAMES, OPERATIONS } from "../core/encoder/abi.ts";
import { openAssemblyEncoder } from "../core/encoder/assembly.ts";
import { LESSONS } from "../labs/record/course.ts";
import { TASKS } from "../labs/record/tasks/tasks.ts";
import { callNames } from "../lib/names.ts";
import { print } from "./report.ts";

/** Words that help does not list: arguments of a command, or values of an option. */
const FURTHER = new Map<string | undefined, readonly string[]>([
  ["lesson", LESSONS],
  ["task", Object.keys(TASKS)],
  ["--operation", [...OPERATIONS, ...FUNCTION_NAMES]],
]);

/** The words that may follow on a command line; none if the shell should offer files. */
function wordsAfter(program: CommandUnknownOpts, before: readonly string[]): readonly string[] {
  let command = program;
  for (const word of before)
    command = command.commands.find((each) => each.name() === word) ?? command;
  const last = before.at(-1);
  const { commands, options, registeredArguments } = command;
  const option = options.find(
    ({ short, long, required }) => required && (last === short || last === long),
  );
  if (option !== undefined) return FURTHER.get(option.long) ?? option.argChoices ?? [];
  if (command.name() === "inject" && last === "inject")
    return callNames(openAssemblyEncoder().constants);
  return [
    ...commands.map((each) => each.name()),
    ...(FURTHER.get(command.name()) ??
      registeredArguments.flatMap(({ argChoices }) => argChoices ?? [])),
    ...options.flatMap(({ long }) => long ?? []),
    "--help",
  ];
}

const BASH = `_stublab() {
  local words="$(stublab completion bash -- "\${COMP_WORDS[@]:0:$COMP_CWORD}" 2>/dev/null)"
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _stublab stublab
`;

/** What a shell sources. It asks for the words at each Tab, so it needs no update. */
const SCRIPTS = {
  bash: BASH,
  zsh: `autoload -U +X compinit bashcompinit && compinit && bashcompinit\n${BASH}`,
  fish: "complete -c stublab -a '(stublab completion fish -- (commandline -opc) 2>/dev/null)'\n",
};

/** Prints the script with which a shell completes command lines; or what may follow the words before the cursor. */
export function runCompletion(
  shell: keyof typeof SCRIPTS,
  before: readonly string[],
  program: CommandUnknownOpts,
): number {
  print(before.length === 0 ? SCRIPTS[shell] : `${wordsAfter(program, before).join("\n")}\n`);
  return 0;
}
