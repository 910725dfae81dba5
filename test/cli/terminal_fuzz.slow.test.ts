import { Tmux } from "../support/tmux.ts";

const terminal = suite("stublab fuzz: in a terminal");
const onTerminal = needs(terminal, "tmux");
const folder = temporaryFolder();

const ENDLESS = "--cases 900000000000";

/** Starts a run in a new terminal. */
async function inTerminal(columns: number, rows: number, use: (tmux: Tmux) => Promise<void>) {
  const tmux = new Tmux(folder, columns, rows);
  try {
    tmux.enter("PS1='ready> '; clear");
    await tmux.shows(/ready>\s*$/);
    tmux.enter(`clear; ${stublabCommand("fuzz", ENDLESS).flat().join(" ")}`);
    await use(tmux);
  } finally {
    await tmux.close();
  }
}

/** The screen, without empty lines at its end. */
const linesOf = ({ screen }: Tmux): string[] => screen.trimEnd().split("\n");

onTerminal("its progress stays in one line, cut where the terminal ends", async () => {
  await inTerminal(80, 24, async (tmux) => {
    const line = /^\[-{20}\] {3}0 % {2}\d+ findings, [1-9][\d,]* cases, [\d,]+ a second$/m;
    await tmux.shows(line);
    assert.is(linesOf(tmux).length, 1);
  });
  await inTerminal(50, 24, async (tmux) => {
    await tmux.shows(/\d findings, [1-9]/);
    assert.is(linesOf(tmux).filter((line) => line.includes("findings")).length, 1);
  });
});

onTerminal("Ctrl-C is acknowledged; then only the folded report is shown", async () => {
  await inTerminal(60, 60, async (tmux) => {
    await tmux.shows(/findings, [1-9]/);
    tmux.press("C-c");
    await tmux.shows(/ending after the rounds under way; press Ctrl-C again to end\s+at once/);
    await tmux.shows(/^findings {5}\S/m);
    const { screen } = tmux;
    assert.not.match(screen, "[---");
    assert.match(screen, /^run {10}seed 1, not finished$/m);
    assert.match(screen, /^exercised {4}\d+ of \d+ rules; .+\n {13}\S/m);
    assert.match(screen, /^ {13}U1 .+rip is on the vsyscall page\n {27}\S/m);
  });
});

needs(terminal, "script")("a terminal that cannot redraw gets no escapes", async () => {
  const typed = stublabCommand("fuzz", "--cases 30000").flat().join(" ");
  const { stdout } = await run(["script", ["-qec", `TERM=dumb NO_COLOR=1 ${typed}`, "/dev/null"]]);
  assert.match(stdout, /^findings/m);
  assert.not.match(stdout, "\x1b");
});
