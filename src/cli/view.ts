import { renderJson } from "../record/view/json.ts";
import { renderMermaid } from "../record/view/mermaid.ts";
import { renderRecordingPage } from "../record/view/page/page.ts";
import { renderPerfetto } from "../record/view/perfetto.ts";
import { renderText } from "../record/view/text.ts";
import { type Command, parseCommand, UsageError } from "./command.ts";
import { writeOutput } from "./output_file.ts";
import { readRecording } from "./recording_file.ts";
import { print } from "./report.ts";

const help = `usage: stublab view FILE [one of the forms] [options]

Shows a recording that \`stublab record\` made. Nothing is traced, so this works on any machine. FILE - is standard
input.

forms:
  --text         the steps as text (default)
  --html OUT     a self-contained web page
  --mermaid      a Mermaid sequence diagram for Markdown (GitHub and GitLab render it)
  --perfetto     a trace for https://ui.perfetto.dev: time, tracks, arrows
  --json         the recording itself, after validation

  -o, --output OUT   write to OUT (default, and OUT -: standard output)

A file is written completely or not at all. Exit status: 0, or 2 if FILE is not a recording.

examples:
  stublab view grandchild.json --html grandchild.html
  stublab view grandchild.json --perfetto -o grandchild.trace.json
  stublab record inject | stublab view - --mermaid
`;

const OPTIONS = {
  text: { type: "boolean", default: false },
  html: { type: "string" },
  mermaid: { type: "boolean", default: false },
  perfetto: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  output: { type: "string", short: "o" },
} as const;

/** The renderer of each form. */
const FORMS = {
  text: renderText,
  html: renderRecordingPage,
  mermaid: renderMermaid,
  perfetto: renderPerfetto,
  json: renderJson,
} as const;

const NAMES = ["text", "html", "mermaid", "perfetto", "json"] as const;

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand(args, OPTIONS);
  const [file, extra] = positionals;
  if (file === undefined) {
    throw new UsageError("view needs a recording", {
      remedy: "stublab record -o host.json makes one",
    });
  }
  if (extra !== undefined) {
    throw new UsageError(`view takes one recording, got another, "${extra}"`);
  }
  const [form = "text", other] = NAMES.filter((name) => (values[name] ?? false) !== false);
  if (other !== undefined) throw new UsageError(`--${form} and --${other} exclude each other`);
  if (values.html !== undefined && values.output !== undefined) {
    throw new UsageError("--html and --output exclude each other: --html names the output itself");
  }
  const output = values.html ?? values.output ?? "-";
  if (output === "") throw new UsageError("the name of the output is empty");
  const text = FORMS[form](readRecording(file));
  if (output === "-") print(text);
  else await writeOutput(output, text);
  return 0;
}

export const viewCommand: Command = { help, run };
