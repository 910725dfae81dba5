import { alignRecordings } from "../labs/record/beside.ts";
import { renderJson } from "../labs/record/load.ts";
import type { Recording } from "../labs/record/recording.ts";
import { tasksOf } from "../labs/record/tasks/tasks.ts";
import { renderText } from "../labs/record/text.ts";
import { renderBesideText } from "../labs/record/view/beside_text.ts";
import { renderRecordingPage } from "../labs/record/view/page/page.ts";
import { visibleJson } from "../lib/visible.ts";
import { type Command, parseCommand, UsageError } from "./command.ts";
import { writeOutput } from "./output_file.ts";
import { readRecording } from "./recording_file.ts";
import { print } from "./report.ts";

const help = `usage: stublab view FILE [one of the forms] [options]
       stublab view FILE OTHER [--text or --json] [options]

Shows a recording that \`stublab record\` made. Nothing is traced, so this works on any machine. FILE - is standard
input. With OTHER, it shows both side by side: what they have in common, in short, and both from the step where they
part.

forms:
  --text         the steps as text, questions before their steps, answers at the end (default)
  --html OUT     a self-contained web page
  --json         the recording itself, after validation; of two, which steps correspond (stublab.beside/1)

  -o, --output OUT   write to OUT (default, and OUT -: standard output)

A file is written completely or not at all. Exit status: 0, or 2 if FILE is not a recording.

examples:
  stublab view grandchild.json --html grandchild.html
  stublab view no-exitkill.json exitkill.json
  stublab record inject | stublab view - --html inject.html
`;

const OPTIONS = {
  text: { type: "boolean", default: false },
  html: { type: "string" },
  json: { type: "boolean", default: false },
  output: { type: "string", short: "o" },
} as const;

/** The renderer of each form. */
const FORMS = {
  text: renderText,
  html: (recording: Recording) => renderRecordingPage(recording, { tasks: tasksOf(recording) }),
  json: renderJson,
} as const;

/** The renderer of each form of two recordings. */
const FORMS_OF_TWO = {
  text: (left: Recording, right: Recording) =>
    renderBesideText(left, right, process.stdout.columns),
  json: (left: Recording, right: Recording) =>
    `${visibleJson(JSON.stringify(alignRecordings(left, right), null, 2))}\n`,
} as const;

const NAMES = ["text", "html", "json"] as const;

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand(args, OPTIONS);
  const [file, other, extra] = positionals;
  if (file === undefined) {
    throw new UsageError("view needs a recording", {
      remedy: "stublab record -o host.json makes one",
    });
  }
  if (extra !== undefined) {
    throw new UsageError(`view takes one recording or two, got another, "${extra}"`);
  }
  const [form = "text", second] = NAMES.filter((name) => (values[name] ?? false) !== false);
  if (second !== undefined) throw new UsageError(`--${form} and --${second} exclude each other`);
  if (values.html !== undefined && values.output !== undefined) {
    throw new UsageError("--html and --output exclude each other: --html names the output itself");
  }
  const output = values.html ?? values.output ?? "-";
  if (output === "") throw new UsageError("the name of the output is empty");
  const text =
    other === undefined ? FORMS[form](readRecording(file)) : renderTwo(form, file, other);
  if (output === "-") print(text);
  else await writeOutput(output, text);
  return 0;
}

function renderTwo(form: keyof typeof FORMS, file: string, other: string): string {
  if (form === "html") {
    throw new UsageError(`--html takes one recording, got another, "${other}"`);
  }
  if (file === "-" && other === "-")
    throw new UsageError("only one recording can be standard input");
  return FORMS_OF_TWO[form](readRecording(file), readRecording(other));
}

export const viewCommand: Command = { help, run };
