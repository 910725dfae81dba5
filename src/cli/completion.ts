import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { FUNCTION_NAMES, OPERATIONS } from "../core/encoder/abi.ts";
import { LESSONS } from "../labs/record/course.ts";
import { TASKS } from "../labs/record/tasks/tasks.ts";
import { print } from "./report.ts";

/** Words that follow and that help does not list: arguments of a command, or values of an option. */
const FURTHER = new Map<string, readonly string[]>([
  [" lesson", LESSONS],
  [" lesson task", Object.keys(TASKS)],
  [" compare=--operation", [...OPERATIONS, ...FUNCTION_NAMES]],
]);

/**
 * The words that may follow, by what is before them: " lesson task" after that command, " compare=--arch" for the value of
 * that option.
 */
function wordsAfter(command: CommandUnknownOpts, path = ""): [key: string, words: string][] {
  const { commands, options, registeredArguments } = command;
  const words = [
    ...commands.map((each) => each.name()),
    ...(FURTHER.get(path) ?? registeredArguments.flatMap(({ argChoices }) => argChoices ?? [])),
    ...options.flatMap(({ long }) => long ?? []),
    "--help",
  ];
  return [
    [path, words.join(" ")],
    ...options
      .filter(({ required }) => required)
      .flatMap(({ flags, argChoices = [] }) =>
        Array.from(flags.matchAll(/(?<!\S)-[a-z-]+/g), ([flag]): [string, string] => {
          const values = FURTHER.get(`${path}=${flag}`) ?? argChoices;
          // A blank if the value is not one of a list: the shell then offers files.
          return [`${path}=${flag}`, values.join(" ") || " "];
        }),
      ),
    ...commands.flatMap((each) => wordsAfter(each, `${path} ${each.name()}`)),
  ];
}

const bash = (all: readonly [key: string, words: string][]) => `_stublab_words() {
  case "$1" in
${all.map(([key, words]) => `    "${key}") echo "${words}" ;;`).join("\n")}
  esac
}
_stublab() {
  local path= each words i
  for ((i = 1; i < COMP_CWORD; i++)); do
    each="\${COMP_WORDS[i]}"
    if [ -n "$(_stublab_words "$path $each")" ]; then path="$path $each"; fi
  done
  words="$(_stublab_words "$path=\${COMP_WORDS[COMP_CWORD - 1]}")"
  COMPREPLY=($(compgen -W "\${words:-$(_stublab_words "$path")}" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _stublab stublab
`;

const SCRIPTS = {
  bash,
  zsh: (all) => `autoload -U +X compinit bashcompinit && compinit && bashcompinit\n${bash(all)}`,
  fish: (all) => `function __stublab_words
  switch "$argv[1]"
${all.map(([key, words]) => `    case '${key}'; printf '%s\\n' ${words}`).join("\n")}
  end
end
function __stublab
  set -l path ''
  set -l before (commandline -opc)
  for each in $before[2..]
    test -n "$(__stublab_words "$path $each")"; and set path "$path $each"
  end
  set -l words (__stublab_words "$path=$before[-1]")
  set -q words[1]; or set words (__stublab_words "$path")
  printf '%s\\n' $words
end
complete -c stublab -a '(__stublab)'
`,
} satisfies Record<string, typeof bash>;

/** Prints the script with which a shell completes command lines. */
export function printCompletion(shell: keyof typeof SCRIPTS, program: CommandUnknownOpts): number {
  print(SCRIPTS[shell](wordsAfter(program)));
  return 0;
}
