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

Shows a recording that \`stublab record\` made. Nothing runs, so a machine that cannot trace does for it.
FILE - is standard input.

forms:
  --text         the steps, one after the other, to be read (default)
  --html OUT     a page for the browser, in one file that needs nothing else
  --mermaid      a sequence diagram in Mermaid's language, for Markdown (GitHub, GitLab draw it)
  --perfetto     a trace that https://ui.perfetto.dev opens: time, tracks, arrows
  --json         the recording itself, checked

  -o, --output OUT   where it goes (default: standard output, which OUT - is, too)

A file is written as a whole or not at all. Exit status: 0, or 2 where FILE is no recording.

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

/** What each form makes of a recording. */
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
    throw new UsageError("view takes a recording", {
      remedy: "stublab record -o host.json makes one",
    });
  }
  if (extra !== undefined) {
    throw new UsageError(`view takes one recording, and "${extra}" is another`);
  }
  const [form = "text", other] = NAMES.filter((name) => (values[name] ?? false) !== false);
  if (other !== undefined) throw new UsageError(`--${form} and --${other} exclude each other`);
  if (values.html !== undefined && values.output !== undefined) {
    throw new UsageError("--html says where the page goes, and --output says it again");
  }
  const output = values.html ?? values.output ?? "-";
  if (output === "") throw new UsageError("the name of the output is empty");
  const text = FORMS[form](readRecording(file));
  if (output === "-") print(text);
  else await writeOutput(output, text);
  return 0;
}

export const viewCommand: Command = { help, run };
