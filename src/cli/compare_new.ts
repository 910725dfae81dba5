import { existsSync, readFileSync } from "node:fs";
import { beside } from "../lib/beside.ts";
import { InputError } from "../lib/errors.ts";
import { Folder } from "../lib/folder.ts";
import { quoteWord } from "../lib/quote.ts";
import { writeOutputs } from "./output_file.ts";
import { tell } from "./report.ts";
import type { Language } from "./table/compare.ts";

/** The example of each language, the tools that build it, and where those come from. */
type Start = readonly [title: string, file: string, tools: string, remedy: string, target?: string];

const STARTS: Readonly<Record<Language, Start>> = {
  c: ["C", "encoder.c", "clang wasm-ld", "Debian has them in clang and lld"],
  assemblyscript: ["AssemblyScript", "encoder.ts", "npx", "it comes with npm"],
  rust: [
    "Rust",
    "encoder.rs",
    "rustc",
    "rustup (with target add wasm32-unknown-unknown) or Debian's rustc and libstd-rust-dev-wasm32",
    `
[ -d "$(rustc --print target-libdir --target wasm32-unknown-unknown)" ] || {
  echo "rustc lacks the target wasm32-unknown-unknown: run rustup target add wasm32-unknown-unknown," \\
    "or with Debian's /usr/bin/rustc install libstd-rust-dev-wasm32" >&2
  exit 1
}`,
  ],
  javascript: ["JavaScript", "encoder.mjs", "", ""],
};

/**
 * Writes a folder with an encoder to start from: the example of a language, a script that builds it, and what to do.
 *
 * @throws InputError if the folder is not empty; OutputError if it cannot be written
 */
export async function writeStart(folder: string, language: Language): Promise<void> {
  if (existsSync(folder)) {
    using place = Folder.openToRead(folder);
    if (place.names.length > 0)
      throw new InputError(`--new: ${folder} is not empty`, { remedy: "name a new folder" });
  }
  const [title, file, tools, remedy, target = ""] = STARTS[language];
  const example = `examples/encoders/${file}`;
  const text = readFileSync(beside(`../${example}`), "utf8").replaceAll(example, file);
  // The commands are the indented lines of its first comment; the last one compares.
  const [comment = ""] = /^(\/\/.*\n)+/.exec(text) ?? [];
  const commands = [...comment.matchAll(/^\/\/ {3}(.*)$/gm)].map(([, line = ""]) => line);
  const compare = (commands.pop() ?? "").trim().replace(` ${file}`, ` ./${file}`);
  const steps = [...(commands.length > 0 ? ["./build"] : []), compare];
  const build = `#!/bin/sh
# Writes mine.wasm.
cd "$(dirname "$0")" || exit
for tool in ${tools}; do
  command -v "$tool" > /dev/null && continue
  echo "$tool is missing: ${remedy}" >&2
  exit 1
done${target}
${commands.join("\n")}
`;
  const readme = `# An encoder in ${title}

${file} has some functions of stublab's encoder ABI, for amd64. They agree with the system's headers:

${steps.map((step) => `    ${step}`).join("\n")}

\`--watch\`, in a second terminal, compares it again whenever it is ${commands.length > 0 ? "built" : "saved"}.

Change first: break something, such as a register or a flag, and read which input shows it, in which bits the answers
differ, and who is right. Then add a function: \`--verbose\` names those that are missing, and docs/encoder-abi.md of
stublab says what each does.
`;
  await writeOutputs(folder, [
    [file, text],
    ["README.md", readme],
    ...(commands.length > 0 ? [["build", build, 0o777] as const] : []),
  ]);
  tell([`cd ${quoteWord(folder)}`, ...steps].map((line) => `${line}\n`).join(""));
}
