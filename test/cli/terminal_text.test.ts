// Foreign text on its way to a terminal: names and contents of files, and messages of exceptions.

import { quoteWord } from "../../src/lib/quote.ts";
import { visible, visibleJson, visibleLines } from "../../src/lib/visible.ts";
import { stublab as inProcess } from "../support/in_process.ts";

const terminal = suite("foreign text in a terminal");

const folder = temporaryFolder();

/** Clears the screen, sets the title, uses 8-bit controls, reverses the line, and adds a forged line. */
const HOSTILE = "\x1b[2J\x1b]0;title\x07\x9b2J\u202e\x7f\n  remedy: lies";

/** Characters that a terminal would obey, except line feeds. */
const OBEYED = /[^\n\P{C}]|[\u2028\u2029]/u;

/** Foreign code is run by a process of its own. */
async function stublab(...args: string[]) {
  if (!args.includes("--encoder")) return inProcess(args);
  return run(stublabCommand(...args));
}

let files = 0;
const named = (ending: string) => join(folder, `${files++}${HOSTILE.replaceAll("/", "")}${ending}`);

function file(content: string, ending = ".json"): string {
  const path = named(ending);
  writeFileSync(path, content);
  return path;
}

/** A corpus folder with one file. */
function corpus(name: string, content: string): string {
  const path = named("");
  mkdirSync(path);
  writeFileSync(join(path, name), content);
  return path;
}

/**
 * A command, and the content of a file. HOSTILE stands for the text above, ESCAPED for it in a string, NEW for an unused
 * path, FILE for a file with the content, FOLDER for a folder in which one with the name has it.
 */
interface Row {
  readonly what: string;
  readonly words: readonly string[];
  readonly content?: string;
  readonly name?: string;
}

const ESCAPED = JSON.stringify(HOSTILE).slice(1, -1);
const filled = (text: string) =>
  text.replaceAll("HOSTILE", () => HOSTILE).replaceAll("ESCAPED", () => ESCAPED);

function wordsOf({ words, content = "", name = "" }: Row): string[] {
  return words.map((word) =>
    filled(word)
      .replace(/FILE(.*)/, (_, ending) => file(filled(content), ending))
      .replace("FOLDER", () => corpus(filled(name), filled(content)))
      .replace(/NEW(\.\w+)?/, (_, ending = "") => named(ending)),
  );
}

for (const row of jsonLines<Row>("cli/hostile_words")) {
  terminal(
    `${row.what}: no control character reaches the terminal, and no line is added`,
    async () => {
      const words = wordsOf(row);
      for (const json of [[], ["--json"]]) {
        const { stdout, stderr } = await stublab(...words, ...json);
        const text = stdout + stderr;
        assert.ok(text.length > 0);
        assert.not.match(text, OBEYED);
        assert.not.match(text, /^ {2}remedy: lies/m);
      }
    },
  );
}

terminal("rules of a log are shown with escapes", async () => {
  const path = named("");
  const again = () => stublab("fuzz", "--cases", "20", "--corpus", path);
  assert.not.match((await again()).stdout, OBEYED);
  const log = join(path, "log.jsonl");
  const text = readFileSync(log, "utf8");
  const hostile = `"unpredicted":{${JSON.stringify(HOSTILE)}:9`;
  writeFileSync(
    log,
    text.replace(/"unpredicted":\{[^}]*/, () => hostile),
  );
  const { stdout } = await again();
  assert.match(stdout, visible(HOSTILE));
  assert.not.match(stdout, OBEYED);
});

terminal("a document that is not JSON is not quoted, as it may be secret", async () => {
  const secret = "root:x:0:0:secret";
  for (const words of [
    ["predict", file(secret)],
    ["lesson", file(secret)],
    ["fuzz", "--cases", "10", "--corpus", corpus("log.jsonl", `${secret}\n`)],
  ]) {
    const { stderr } = await stublab(...words);
    assert.match(stderr, "is not JSON: ");
    assert.not.match(stderr, "root");
  }
});

needs(terminal, "script")("only colours are kept on a terminal", () => {
  const path = named("");
  const [node, words] = stublabCommand("fuzz", "--cases", "3000", "--plant", "R10", "--corpus");
  const line = `${[node, ...words].join(" ")} "$CORPUS" 2>/dev/null`;
  const { stdout } = spawnSync("script", ["-qec", line, "/dev/null"], {
    encoding: "utf8",
    env: { ...process.env, TERM: "xterm", NO_COLOR: "", CORPUS: path },
  });
  assert.match(stdout, "\x1b[31m");
  assert.not.match(stdout, "\x1b[2J");
  assert.match(stdout, "\\x1b[2J");
});

terminal("a word quoted for a shell is unchanged, and printable", () => {
  for (const word of [HOSTILE, "it's", "it's \\ two\nlines", "é\u202e", "$HOME"]) {
    const quoted = quoteWord(word);
    assert.not.match(quoted, /[\p{C}\u2028]/u);
    const { stdout } = spawnSync("bash", ["--norc", "-c", `printf %s ${quoted}`], {
      encoding: "utf8",
    });
    assert.is(stdout, word);
  }
});

terminal("lines and documents keep their line feeds", () => {
  assert.is(visibleLines("a\n\tb\x1b[31mc\x1b[0m"), "a\n\\tb\\x1b[31mc\\x1b[0m");
  assert.is(visibleLines("\x1b[31mc\x1b[0m\x1b[2J", true), "\x1b[31mc\x1b[0m\\x1b[2J");
  const value = { a: `${HOSTILE}\ud800😀é` };
  const text = visibleJson(JSON.stringify(value, null, 1));
  assert.equal(JSON.parse(text), value);
  assert.not.match(text, OBEYED);
});
