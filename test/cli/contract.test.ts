// What every command does with its help, a full disk and the file that it writes; run within this process.

import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { program, select } from "../../src/cli/program.ts";

const contract = suite("every command");
const folder = temporaryFolder();
const recording = join(folder, "inject.json");
writeFileSync(recording, JSON.stringify(await recordingOf("inject")));
const CASE = "examples/cases/restart.json";

/** The commands, each with words that make it print something. */
const COMMANDS = jsonLines<{ readonly name: string; readonly args: readonly string[] }>(
  "cli/commands",
).map(
  ({ name, args }) => [name, args.map((word) => word.replace("RECORDING", recording))] as const,
);

/** A command of the table, and those below it. */
function* walk(command: CommandUnknownOpts, words = "stublab"): Generator<[string, string]> {
  yield [words, command.summary()];
  for (const each of command.commands) yield* walk(each, `${words} ${each.name()}`);
}

const commands = new Map(walk(program));

for (const words of commands.keys()) {
  contract(`has a help, whose examples are valid: ${words}`, async () => {
    const [, ...path] = words.split(" ");
    const { code, stdout: help, stderr } = await stublab([...path, "--help"]);
    assert.equal([code, stderr], [0, ""]);
    assert.match(help, new RegExp(`^usage: ${words}\\b`));
    const [before = "", examples = ""] = help.split("\nexamples:\n");
    for (const line of before.split("\n")) assert.ok(line.length <= 80, line);
    for (const [, line = ""] of examples.matchAll(/stublab ((?:'[^']*'|[^'&|;>#)<\n])+)/g))
      select(line.match(/'[^']*'|\S+/g) ?? []);
    assert.is((await stublab([...path, ...(path.length > 0 ? ["x"] : []), "-h"])).stdout, help);
  });
}

function* all(command: CommandUnknownOpts): Generator<CommandUnknownOpts> {
  yield command;
  for (const each of command.commands) yield* all(each);
}

contract("in a narrow terminal, the lists of a help wrap at words", () => {
  for (const command of all(program)) {
    const helper = command.createHelp();
    helper.prepareContext({ helpWidth: 40 });
    const [lists = ""] = helper.formatHelp(command, helper).split(/\nexamples:\n|$/);
    const isLong = (line: string) => line.length > 40 && !/^usage|^ +\S+$/.test(line);
    none(lists.split("\n"), isLong);
  }
});

contract("docs/cli.md lists every command, with its summary", () => {
  const document = readFileSync("docs/cli.md", "utf8");
  const row = /^\| `([a-z ]+)` \| [^|]* \|/gm;
  const written = document.replaceAll(
    row,
    (_, words) => `| \`${words}\` | ${commands.get(`stublab ${words}`)} |`,
  );
  if (process.env.WRITE_DOCUMENTS) writeFileSync("docs/cli.md", written);
  else assert.is(document, written);
  const listed = [...written.matchAll(row)].map(([, words]) => `stublab ${words}`);
  assert.equal(["stublab", ...listed].sort(), [...commands.keys()].sort());
});

contract("help is a command, too", async () => {
  const { stdout } = await stublab(["help"]);
  assert.is(stdout, (await stublab(["--help"])).stdout);
});

for (const [name, args] of [["--version", []], ...COMMANDS] as const) {
  contract(`reports a full standard output, once: ${name}`, async () => {
    for (const more of name === "--version" || /minimize|export/.test(name)
      ? [[]]
      : [[], ["--json"]]) {
      const { code, stderr } = await stublab([...name.split(" "), ...args, ...more], true);
      assert.is(code, 1, stderr);
      assert.equal(stderr.match(/^stublab: .*$/gm), [
        "stublab: standard output cannot be written: ENOSPC: it fails",
      ]);
    }
  });
}

/** Commands whose last word is to be the name of a file that they write. */
const WRITERS: readonly (readonly string[])[] = [
  ["lesson", "inject", "--record"],
  ["lesson", recording, "-o"],
  ["lesson", recording, "--html"],
  ["lesson", "task", "clone-registers", "--student", "ada", "-o"],
  ["fuzz", "export", CASE, "-o"],
  ["fuzz", "minimize", CASE, "--plant", "R10.size=3", "-o"],
  ["compare", "script", "--cases", "10", "--html"],
  ["conformance", "--only", "^single-step$", "--ktap"],
];

for (const args of WRITERS) {
  const name = args.filter((word) => word !== recording).join(" ");
  contract(`${name}: through links into a file that is whole`, async () => {
    const own = join(folder, `${readdirSync(folder).length}`);
    mkdirSync(own);
    symlinkSync("file", join(own, "link"));
    // An assignment may have been edited: it is not replaced.
    for (const _ of args.includes("task") ? ["made"] : ["made", "replaced"]) {
      await succeeded(stublab([...args, join(own, "link")]));
      assert.equal(readdirSync(own).sort(), ["file", "link"]);
      assert.ok(readFileSync(join(own, "file"), "utf8").length > 200);
      writeFileSync(join(own, "file"), "old");
    }
  });

  contract(`${name}: what cannot be written is refused with the reason`, async () => {
    for (const [path, why] of [
      [join(folder, "no/where"), "ENOENT"],
      [folder, "EISDIR"],
      ["/dev/null/file", "ENOTDIR"],
      ["/dev/full", "ENOSPC"],
    ] as const) {
      const { code, stdout, stderr } = await stublab([...args, path]);
      assert.ok(code === 1 || code === 2, stderr);
      if (why !== "ENOSPC") assert.is(stdout, "", path);
      assert.match(stderr, `${path} cannot be written: ${why}`);
      assert.not.match(stderr, "internal error");
    }
    assert.not(existsSync(join(folder, "no")));
  });
}
