import { existsSync, readFileSync } from "node:fs";
import type { Arch } from "../core/machine/index.ts";
import { beside } from "../lib/beside.ts";
import { InputError } from "../lib/errors.ts";
import { Folder } from "../lib/folder.ts";
import { quoteWord } from "../lib/quote.ts";
import { writeOutputs } from "./output_file.ts";
import { tell } from "./report.ts";
import type { Language } from "./table/compare.ts";

/** The example of each language, the tools that build it, and where those come from. */
type Start = readonly [title: string, file: string, tools: string, remedy: string, check?: string];

const STARTS: Readonly<Record<Language, Start>> = {
  c: ["C", "encoder.c", "clang wasm-ld", "Debian has them in clang and lld"],
  assemblyscript: ["AssemblyScript", "encoder.ts", "npx", "it comes with npm"],
  rust: [
    "Rust",
    "encoder.rs",
    "rustc wasm-ld",
    "rustup (with target add wasm32-unknown-unknown) or Debian's rustc and libstd-rust-dev-wasm32; and lld",
    `
[ -d "$(rustc --print target-libdir --target wasm32-unknown-unknown)" ] || {
  echo "rustc lacks the target wasm32-unknown-unknown: run rustup target add wasm32-unknown-unknown," \\
    "or with Debian's /usr/bin/rustc install libstd-rust-dev-wasm32" >&2
  exit 1
}`,
  ],
  javascript: ["JavaScript", "encoder.mjs", "", ""],
};

/** The section of an example that only its architecture has, up to the next. */
const SECTION = /^\/\/ ---- amd64\n.*(?=^\/\/ ---- )/ms;

/** An example for an architecture. @param sectionOf returns the section of another than amd64 */
function forArch(arch: Arch, example: string, sectionOf: () => string): string {
  if (arch === "amd64") return example;
  return example.replace(SECTION, sectionOf).replace("for amd64", `for ${arch}`);
}

/**
 * Writes a folder with an encoder to start from: the example of a language, a script that builds it, and what to do.
 *
 * @throws InputError if the folder is not empty; OutputError if it cannot be written
 */
export async function writeStart(folder: string, language: Language, arch: Arch): Promise<void> {
  if (existsSync(folder)) {
    using place = Folder.openToRead(folder);
    if (place.names.length > 0)
      throw new InputError(`--new: ${folder} is not empty`, { remedy: "name a new folder" });
  }
  const [title, file, tools, remedy, check = ""] = STARTS[language];
  const example = `examples/encoders/${file}`;
  const read = (own: string) => readFileSync(beside(`../examples/encoders/${own}`), "utf8");
  const text = forArch(arch, read(file), () => read(`${arch}/${file}`)).replaceAll(example, file);
  // The commands are the indented lines of its first comment; the last one compares.
  const [comment = ""] = /^(\/\/.*\n)+/.exec(text) ?? [];
  const commands = [...comment.matchAll(/^\/\/ {3}(.*)$/gm)].map(([, line = ""]) => line);
  const compare = (commands.pop() ?? "").trim().replace(` ${file}`, ` ./${file}`);
  const target = commands.length > 0 ? "./mine.wasm" : `./${file}`;
  const steps = [...(commands.length > 0 ? ["./build"] : []), compare];
  const build = `#!/bin/sh
# Writes mine.wasm.
cd "$(dirname "$0")" || exit
for tool in ${tools}; do
  command -v "$tool" > /dev/null && continue
  echo "$tool is missing: ${remedy}" >&2
  exit 1
done${check}
${commands.join("\n")}
`;
  const readme = `# An encoder in ${title}

${file} has what stublab's encoder ABI needs to drive stubs of ${arch}. It agrees with the system's headers:

${steps.map((step) => `    ${step}`).join("\n")}

\`--watch\`, in a second terminal, compares it again whenever it is ${commands.length > 0 ? "built" : "saved"}.

Change first: break something, such as a register or a flag, and read which input shows it, in which bits the answers
differ, and which answer is right. Then let it drive a stub, \`npx stublab inject --encoder ${target} getpid\`, and add
a function: \`--verbose\` names those that only a comparison calls, and docs/encoder-abi.md of stublab says what each
does.
`;
  await writeOutputs(folder, [
    [file, text],
    ["README.md", readme],
    ...(commands.length > 0 ? [["build", build, 0o777] as const] : []),
  ]);
  tell([`cd ${quoteWord(folder)}`, ...steps].map((line) => `${line}\n`).join(""));
}
