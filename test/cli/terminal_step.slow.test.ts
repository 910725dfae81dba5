import { Tmux } from "../support/tmux.ts";

const folder = mkdtempSync(join(tmpdir(), "stublab-step-"));

/** A file with a recording, quoted for a shell. */
async function fileOf(name: string): Promise<string> {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(await recordingOf(name)));
  return file;
}

const typed = (...args: string[]) =>
  stublabCommand("lesson", ...args)
    .flat()
    .join(" ");

const terminal = suite("stublab lesson: in a terminal");
const onTerminal = needs(terminal, "tmux");

/** Runs `body` with a new terminal. */
async function inTerminal(
  use: (tmux: Tmux) => Promise<void>,
  [columns, rows] = [80, 24],
): Promise<void> {
  const tmux = new Tmux(folder, columns, rows);
  try {
    tmux.enter("PS1='ready> '");
    await tmux.shows(/ready>\s*$/m);
    await use(tmux);
  } finally {
    await tmux.close();
  }
}

/** Saves the terminal's modes, and starts. */
async function start(tmux: Tmux, line: string, first = /introduction/): Promise<void> {
  tmux.enter(`stty -g >${folder}/modes; clear`);
  await tmux.shows(/ready>\s*$/);
  tmux.enter(line);
  await tmux.shows(first);
}

/** Expects that the shell has the terminal again, with its old modes, and that nothing runs. */
async function expectEnded(tmux: Tmux, status: number): Promise<void> {
  await tmux.shows(/ready>\s*$/);
  assert.not.match(tmux.screen, /event \d+ of/);
  tmux.enter(`echo ended:$?; stty -g | cmp - ${folder}/modes && echo sa''me`);
  await tmux.shows(new RegExp(`^ended:${status}\nsame$`, "m"));
  assert.ok(await eventually(() => childrenOf(tmux.shell).length === 0, 1000));
}

onTerminal("a lesson is recorded first; keys of all kinds arrive", async () => {
  await inTerminal(async (tmux) => {
    await start(tmux, typed("inject"));
    for (const [keys, screen] of [
      [["Right"], /event 1 of \d+, step 1,/],
      [["g", "3", "Enter"], /event 2 of \d+, step 3,/],
      [["Left", "Home"], /introduction/],
      [["NPage", "NPage"], /↑\n/],
      [["g", "9"], /go to step 9/],
      [["Escape"], /j k scroll/],
      [["End"], /before event/],
      [["Down"], /^▶ 1 /m],
      [["Enter", "C-l"], /^(Right|The answer): /m],
    ] as const) {
      tmux.press(...keys);
      await tmux.shows(screen);
    }
    assert.equal(childrenOf(tmux.program), []);
    tmux.press("q");
    await expectEnded(tmux, 0);
    await start(tmux, typed(await fileOf("grandchild"), "--step", "7"), /step 7,/);
    tmux.press("C-d");
    await expectEnded(tmux, 0);
    assert.not.match(tmux.screen, "Next:");
    await start(tmux, typed(await fileOf("inject")));
    tmux.press(...Array.from({ length: 9 }, () => ["End", "s"]).flat());
    await tmux.shows(/^You answered 0 of/m);
    tmux.press("q");
    await tmux.shows(/^Next: stublab lesson scrub .*^Task: /ms);
    await expectEnded(tmux, 0);
  });
});

onTerminal("it adapts to the terminal's size", async () => {
  const file = await fileOf("host");
  await inTerminal(async (tmux) => {
    await start(tmux, typed(file, "--step", "20"), /step 20,/);
    tmux.resize(120, 40);
    await tmux.shows(/│─ code of master/);
    tmux.resize(40, 12);
    await tmux.shows(/step 20,/);
    tmux.resize(25, 10);
    await tmux.shows(/^25 x 10 characters are/);
    tmux.resize(80, 24);
    await tmux.shows(/^│running/m);
    tmux.press("q");
    await expectEnded(tmux, 0);
  });
});

onTerminal("Ctrl-C ends it", async () => {
  const file = await fileOf("host");
  await inTerminal(async (tmux) => {
    await start(tmux, typed(file));
    tmux.press("C-c");
    await expectEnded(tmux, 130);
    await start(tmux, typed(file));
    tmux.press("g", "1", "C-c");
    await expectEnded(tmux, 130);
  });
});

onTerminal("Ctrl-Z returns the terminal to the shell, and fg resumes it", async () => {
  const file = await fileOf("host");
  await inTerminal(async (tmux) => {
    await start(tmux, typed(file, "--step", "9"), /step 9,/);
    for (const stop of [() => tmux.press("C-z"), () => process.kill(tmux.program, "SIGTSTP")]) {
      stop();
      await tmux.shows(/Stopped/);
      assert.not.match(tmux.screen, "step 9,");
      tmux.enter(`clear; stty -g | cmp - ${folder}/modes && echo sa''me`);
      await tmux.shows(/^same$/m);
      tmux.enter("fg");
      await tmux.shows(/step 9,/);
      tmux.press(".");
      await tmux.shows(/step 10,/);
      tmux.press(",");
      await tmux.shows(/step 9,/);
    }
    tmux.press("q");
    await expectEnded(tmux, 0);
  });
});

for (const [signal, status] of [
  ["SIGTERM", 143],
  ["SIGHUP", 129],
  ["SIGINT", 130],
  ["SIGQUIT", 131],
] as const) {
  onTerminal(`${signal} restores the terminal`, async () => {
    const file = await fileOf("host");
    await inTerminal(async (tmux) => {
      await start(tmux, typed(file));
      process.kill(tmux.program, signal);
      await expectEnded(tmux, status);
    });
  });
}

onTerminal("a crash restores the terminal, and is reported", async () => {
  const file = await fileOf("host");
  await inTerminal(async (tmux) => {
    const [node, args] = hostCommand("crashing_walk", file);
    await start(tmux, [node, ...args].join(" "));
    process.kill(tmux.program, "SIGUSR2");
    await tmux.shows(/Error: on purpose/);
    await expectEnded(tmux, 1);
  });
});

onTerminal("it ends with its window", async () => {
  const file = await fileOf("host");
  let program = -1;
  await inTerminal(async (tmux) => {
    await start(tmux, typed(file));
    program = tmux.program;
  });
  assert.ok(await eventually(() => !isAlive(program), 2000));
});

onTerminal("NO_COLOR leaves bold and dim only, and the locale selects the signs", async () => {
  const file = await fileOf("host");
  const colors = new RegExp(`${"\\x1b"}\\[(\\d+;)*3[0-7]`);
  const at = ["--step", "20"];
  await inTerminal(async (tmux) => {
    await start(tmux, typed(file, ...at), /^▶\+/m);
    assert.match(tmux.styled, colors);
    tmux.press("q");
    await expectEnded(tmux, 0);
    await start(tmux, `NO_COLOR=1 LC_ALL=C ${typed(file, ...at)}`, /^>\+/m);
    assert.not.match(tmux.styled, colors);
    assert.is(tmux.screen.match(/[^\n -~]/), null);
    tmux.press("q");
    await expectEnded(tmux, 0);
  });
});

onTerminal("a dumb terminal, or a missing input terminal, gets text", async () => {
  const file = await fileOf("inject");
  await inTerminal(async (tmux) => {
    for (const line of [`TERM=dumb ${typed(file)}`, `${typed(file)} </dev/null`]) {
      await start(tmux, line, /^ {6}wrong(?:.*\n){1,9}ready>/m);
      await expectEnded(tmux, 0);
    }
  });
});

terminal.after(() => rmSync(folder, { recursive: true, force: true }));
