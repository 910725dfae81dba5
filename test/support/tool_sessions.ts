/* Short sessions of real tools, which profiles are derived from: does a tool do its work where some calls fail? */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Tool } from "../../src/labs/fuzz/facts/profiles.ts";
import { type Ending, eventually, processState, Running } from "./processes.ts";
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

const TARGET = `#include <unistd.h>
static int twice(int number) {
    int result = number * 2;
    return result;
}
int main(int count, char **words) {
    (void)words;
    while (count > 1)
        pause();
    return twice(21) == 42 ? 0 : 1;
}
`;
const target = () => program("target", () => compile("cc", "target.c", TARGET, "-g", "-O0"));

const says = (output: string, ...patterns: RegExp[]) =>
  patterns.every((pattern) => pattern.test(output));

const gdb = (wrapper: readonly string[], ...commands: string[]) =>
  run(wrapper, "gdb", "-nx", "-batch", "-ex", "set debuginfod enabled off", ...commands);
const inTurn = (...commands: string[]) => commands.flatMap((command) => ["-ex", command]);

const gdbRuns: Session = async (wrapper) => {
  const steps = inTurn("break twice", "run", "next", "print result", "info registers");
  const rest = inTurn("delete", "call twice(50)", "continue");
  const { stdout } = await gdb(wrapper, ...steps, ...rest, target());
  return says(stdout, /\$1 = 42/, /rip +0x/, /\$2 = 100/, /exited normally/);
};

/** Starts a process that sleeps, and ends it after something was done with it. */
async function withSleeper<T>(
  words: readonly string[],
  act: (sleeper: Running) => Promise<T>,
): Promise<T> {
  const sleeper = start(words);
  await eventually(() => processState(sleeper.pid)?.state === "S", PATIENCE);
  try {
    return await act(sleeper);
  } finally {
    await end(sleeper);
  }
}

const gdbAttaches: Session = (wrapper) =>
  withSleeper([target(), "sleep"], async ({ pid }) => {
    const commands = inTurn("call twice(50)", "info registers", "detach");
    const { stdout } = await gdb(wrapper, "-p", String(pid), ...commands);
    const goesOn = /^State:\s+S[\s\S]*^TracerPid:\s+0$/m;
    return (
      says(stdout, /\$1 = 100/, /rip +0x/, /detached/) &&
      goesOn.test(readFileSync(`/proc/${pid}/status`, "utf8"))
    );
  });

const SCRIPT = "cat /etc/passwd; exit 3";
const OPENED = /openat\(AT_FDCWD, "\/etc\/passwd", O_RDONLY\) = \d/;

/** What strace has written. */
const straceLog = join(folder, "strace.log");
const traced = (...patterns: RegExp[]) =>
  existsSync(straceLog) && says(readFileSync(straceLog, "utf8"), ...patterns);

const straceRuns =
  (patterns: RegExp[], ...options: string[]): Session =>
  async (wrapper) => {
    rmSync(straceLog, { force: true });
    const words = ["strace", "-f", ...options, "-o", straceLog, "sh", "-c", SCRIPT];
    return (await run(wrapper, ...words)).code === 3 && traced(OPENED, ...patterns);
  };

const straceAttaches: Session = (wrapper) =>
  withSleeper(["sh", "-c", `read line; ${SCRIPT}`], async (sleeper) => {
    rmSync(straceLog, { force: true });
    const words = `exec strace -f -o ${straceLog} -p ${sleeper.pid} 2>&1`;
    const tracer = start([...wrapper, "/usr/bin/env", "sh", "-c", words]);
    const ended = endOf(tracer);
    await Promise.race([tracer.says(/attached/), ended]);
    sleeper.write("go\n");
    const { code } = await endOf(sleeper);
    await ended;
    return code === 3 && traced(OPENED);
  });

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

export const SESSIONS: Readonly<Partial<Record<Tool, readonly Session[]>>> = {
  gdb: [gdbRuns, gdbAttaches],
  strace: [
    straceRuns([/\+\+\+ exited with 3/, /SIGCHLD/]),
    straceRuns([/SIGCHLD/], "--seccomp-bpf", "-e", "trace=openat"),
    straceAttaches,
  ],
  gvisor: [runscRuns("ptrace"), runscRuns("systrap")],
  criu: [criuDumps],
  stublab: [
    ...[stublabRuns("bootstrap"), stublabRuns("doctor")],
    ...[guest, stublabRuns("lesson", "grandchild", "--text")],
  ],
};
