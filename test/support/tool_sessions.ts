/* Short sessions of real tools, which profiles are derived from: does a tool do its work where some calls fail? */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Tool } from "../../src/labs/fuzz/facts/profiles.ts";
import { type Ending, eventually, isAlive, processState, Running } from "./processes.ts";
import { assemble, compile, exitWith } from "./programs.ts";
import { temporaryFolder } from "./temporary.ts";

/** Whether the tool does its work under a wrapper: words before those of a command. */
export type Session = (wrapper: readonly string[]) => Promise<boolean>;

/** In milliseconds: a tool may wait for ever for what failed. */
const PATIENCE = 20_000;
const folder = temporaryFolder();

function start(words: readonly string[]): Running {
  const [command = "", ...rest] = words;
  return new Running([command, rest], { detached: true });
}

/** Ends a process and its group, unless it has ended. */
async function end(tool: Running): Promise<Ending> {
  try {
    process.kill(-tool.pid, "SIGKILL");
  } catch {
    // The group is gone.
  }
  return tool.ended;
}

/** Waits for the end of a tool. */
async function endOf(tool: Running): Promise<Ending> {
  const late = setTimeout(() => void end(tool), PATIENCE);
  const ending = await tool.ended;
  clearTimeout(late);
  await end(tool);
  return ending;
}

// A wrapper takes a path.
const run = (wrapper: readonly string[], ...words: string[]) =>
  endOf(start([...wrapper, "/usr/bin/env", ...words]));
const program = (name: string, content: () => Uint8Array): string => {
  const path = join(folder, name);
  if (!existsSync(path)) writeFileSync(path, content(), { mode: 0o755 });
  return path;
};

const target = () =>
  program("traced", () => {
    const source = readFileSync("test/support/traced.c", "utf8");
    return compile("cc", "traced.c", source, "-g", "-O0", "-pthread");
  });

const says = (output: string, ...patterns: RegExp[]) =>
  patterns.every((pattern) => pattern.test(output));

const gdb = (wrapper: readonly string[], ...commands: string[]) =>
  run(wrapper, "gdb", "-nx", "-batch", "-ex", "set debuginfod enabled off", ...commands);
const inTurn = (...commands: string[]) => commands.flatMap((command) => ["-ex", command]);

/** gdb executes commands on the program, and says this. */
const gdbRuns =
  (commands: string, ...patterns: RegExp[]): Session =>
  async (wrapper) => {
    const all = inTurn(...commands.split("; "), "delete", "continue");
    const { stdout } = await gdb(wrapper, ...all, target());
    return says(stdout, ...patterns, /exited normally/);
  };

/** Starts a process that sleeps, and ends it after something was done with it. */
async function withSleeper<T>(
  words: readonly string[],
  act: (sleeper: Running) => Promise<T>,
  threads = 1,
): Promise<T> {
  const sleeper = start(words);
  const tasks = `/proc/${sleeper.pid}/task`;
  const isReady = () =>
    processState(sleeper.pid)?.state === "S" && readdirSync(tasks).length === threads;
  await eventually(isReady, PATIENCE);
  try {
    return await act(sleeper);
  } finally {
    await end(sleeper);
  }
}

const isUntraced = (pid: number) =>
  readdirSync(`/proc/${pid}/task`).every((task) =>
    /^State:\s+[RS][\s\S]*^TracerPid:\s+0$/m.test(
      readFileSync(`/proc/${pid}/task/${task}/status`, "utf8"),
    ),
  );

const gdbAttaches =
  (does: string, ...patterns: RegExp[]): Session =>
  (wrapper) =>
    withSleeper(
      [target(), does],
      async ({ pid }) => {
        const commands = inTurn("info threads", "call twice(50)", "info registers", "detach");
        const { stdout } = await gdb(wrapper, "-p", String(pid), ...commands);
        return says(stdout, /\$1 = 100/, /rip +0x/, /detached/, ...patterns) && isUntraced(pid);
      },
      does === "run" ? 3 : 1,
    );

const SCRIPT = "cat /etc/passwd; exit 3";
const OPENED = /openat\(AT_FDCWD, "\/etc\/passwd", O_RDONLY\) = \d/;

/** What strace has written. */
const straceLog = join(folder, "strace.log");
const traced = (...patterns: RegExp[]) =>
  existsSync(straceLog) && says(readFileSync(straceLog, "utf8"), ...patterns);

const straceRuns =
  (words: () => readonly string[], status: number, ...patterns: RegExp[]): Session =>
  async (wrapper) => {
    rmSync(straceLog, { force: true });
    const { code } = await run(wrapper, "strace", "-f", "-o", straceLog, ...words());
    return code === status && traced(...patterns);
  };

/** Whether all threads of a process are traced, and in no stop; or it has ended. */
function runsTraced(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).every((tid) => {
      const status = readFileSync(`/proc/${pid}/task/${tid}/status`, "utf8");
      return /^TracerPid:\t[1-9]/m.test(status) && !/^State:\tt/m.test(status);
    });
  } catch {
    return true;
  }
}

/** strace attaches to a program, which is then asked to end. */
const straceAttaches =
  (
    words: () => readonly string[],
    goOn: (program: Running) => unknown,
    isOver: (ending: Ending) => boolean,
    threads: number,
    ...patterns: RegExp[]
  ): Session =>
  (wrapper) =>
    withSleeper(
      words(),
      async (sleeper) => {
        rmSync(straceLog, { force: true });
        const words = `exec strace -f -o ${straceLog} -p ${sleeper.pid} 2>&1`;
        const tracer = start([...wrapper, "/usr/bin/env", "sh", "-c", words]);
        const ended = endOf(tracer);
        await Promise.race([tracer.says(/attached/), ended]);
        // Its message comes before the stops of PTRACE_ATTACH have been taken from all threads.
        if (isAlive(tracer.pid)) await eventually(() => runsTraced(sleeper.pid), 100);
        goOn(sleeper);
        const over = isOver(await endOf(sleeper));
        await ended;
        return over && traced(...patterns);
      },
      threads,
    );

const runscRuns =
  (platform: string): Session =>
  async (wrapper) => {
    const flags = ["--network=none", "--ignore-cgroups", `--platform=${platform}`];
    const words = ["do", "-quiet", "--", "/bin/sh", "-c", "echo $((6*7)); exit 3"];
    const { code, stdout } = await run(wrapper, "runsc", ...flags, ...words);
    return code === 3 && says(stdout, /^42$/m);
  };

/** What CRIU has found out about the kernel before. */
const KNOWN_BY_CRIU = "/run/criu.kdat";

const criuDumps: Session = (wrapper) =>
  withSleeper(["sh", "-c", "exec sleep 1000 <>/dev/null >&0 2>&0"], async ({ pid }) => {
    const images = mkdtempSync(join(folder, "images-"));
    rmSync(KNOWN_BY_CRIU, { force: true });
    const { code } = await run(wrapper, "criu", "dump", "-t", String(pid), "-D", images);
    rmSync(KNOWN_BY_CRIU, { force: true });
    return code === 0 && readdirSync(images).some((name) => name.startsWith("core-"));
  });

const stublabRuns =
  (...words: string[]): Session =>
  async (wrapper) =>
    (await endOf(start([...wrapper, process.execPath, "dist/cli.js", ...words]))).code === 0;

const guest: Session = (wrapper) =>
  stublabRuns(
    "guest",
    program("guest", () => assemble(exitWith(0))),
  )(wrapper);

/** Sessions of every user, and those of some only, by the limit of a verdict that they have no part in: profiles.jsonl. */
export const SESSIONS: Readonly<
  Partial<Record<Tool, Readonly<Record<string, readonly Session[]>>>>
> = {
  gdb: {
    "": [
      gdbRuns(
        "break twice; run; next; print result; info registers; delete; call twice(50)",
        ...[/\$1 = 42/, /rip +0x/, /\$2 = 100/],
      ),
      gdbAttaches("sleep"),
    ],
    "for programs with one thread": [
      gdbRuns(
        "break work; run threads; info threads; delete; call twice(50)",
        ...[/\* [23] +Thread/, /= 100/],
      ),
      gdbAttaches("run", /^ +3 +Thread/m),
    ],
    "without watchpoints": [
      gdbRuns("break main; run; watch total; continue", /Old value = 0\s+New value = 42/),
    ],
    "without following forks": [
      gdbRuns("set follow-fork-mode child; break twice; run fork; finish", /\$1 = 42/),
    ],
  },
  strace: {
    "": [
      straceRuns(() => ["sh", "-c", SCRIPT], 3, OPENED, /\+\+\+ exited with 3/, /SIGCHLD/),
      straceRuns(
        () => ["--seccomp-bpf", "-e", "trace=openat", "sh", "-c", SCRIPT],
        ...[3, OPENED, /SIGCHLD/],
      ),
      straceAttaches(
        () => ["sh", "-c", `read line; ${SCRIPT}`],
        (shell) => shell.write("go\n"),
        ({ code }) => code === 3,
        1,
        OPENED,
      ),
    ],
    "for programs with one thread": [
      // Of two threads that end at once the call of the first is unfinished.
      straceRuns(() => [target(), "threads"], 0, /clone3?\(.*CLONE_THREAD/, /exit\(0[ )]/),
      straceRuns(() => [target(), "exec"], 0, /superseded by execve in pid/),
      straceAttaches(
        () => [target(), "run"],
        ({ pid }) => process.kill(pid, "SIGTERM"),
        ({ signal }) => signal === "SIGTERM",
        3,
        /(killed by SIGTERM[\s\S]*){3}/,
      ),
    ],
  },
  gvisor: { "": [runscRuns("ptrace"), runscRuns("systrap")] },
  criu: { "": [criuDumps] },
  stublab: {
    "": [
      ...[stublabRuns("bootstrap"), stublabRuns("doctor")],
      ...[guest, stublabRuns("lesson", "grandchild", "--text")],
    ],
  },
};
