import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { childrenOf, eventually, isAlive } from "./processes.ts";

/** How long to wait for a screen, in milliseconds. */
const PATIENCE = 15_000;
const PAUSE = 20;

/** A shell in its own terminal, whose screen can be read. */
export class Tmux {
  readonly #socket: string;
  readonly #server: number;
  /** The pid of the shell. */
  readonly shell: number;

  /** @param folder for its socket */
  constructor(folder: string, columns: number, rows: number) {
    this.#socket = join(folder, `tmux-${process.pid}-${performance.now()}`);
    const size = ["-x", String(columns), "-y", String(rows)];
    this.#tmux("-f", "/dev/null", "new-session", "-d", ...size, "sh");
    this.#tmux("set", "-g", "status", "off");
    this.#tmux("set", "-g", "window-size", "manual");
    this.#server = Number(this.#tmux("display", "-p", "#{pid}"));
    this.shell = Number(this.#tmux("display", "-p", "#{pane_pid}"));
  }

  /** The text on the screen. */
  get screen(): string {
    return this.#tmux("capture-pane", "-p");
  }

  /** The same with colours and weights. */
  get styled(): string {
    return this.#tmux("capture-pane", "-p", "-e");
  }

  /** Presses keys, by tmux's names. */
  press(...keys: string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  /** Types a line, and Enter. */
  enter(line: string): void {
    this.#tmux("send-keys", "-l", line);
    this.press("Enter");
  }

  resize(columns: number, rows: number): void {
    this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** Waits until the screen matches; throws an error with the screen if it does not. */
  async shows(pattern: RegExp): Promise<void> {
    const end = performance.now() + PATIENCE;
    for (;;) {
      const { screen } = this;
      if (pattern.test(screen)) return;
      if (performance.now() > end) throw new Error(`waited for ${pattern}, and saw:\n${screen}`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  /** The one process that the shell runs. */
  get program(): number {
    const [pid, ...others] = childrenOf(this.shell);
    if (pid === undefined || others.length > 0) throw new Error("the shell runs not just one");
    return pid;
  }

  /** Ends everything in it, like closing the window. */
  async close(): Promise<void> {
    this.#tmux("kill-server");
    await eventually(() => !isAlive(this.#server) && !isAlive(this.shell), PATIENCE);
    rmSync(this.#socket, { force: true });
  }

  #tmux(...args: string[]): string {
    const env = { ...process.env, LC_ALL: "C.UTF-8", ENV: "", TMUX: "" };
    const options = { encoding: "utf8", env } as const;
    const { status, stdout, stderr } = spawnSync(
      "tmux",
      ["-u", "-S", this.#socket, ...args],
      options,
    );
    if (status !== 0) throw new Error(`tmux ${args.join(" ")}: ${stderr}`);
    return stdout;
  }
}
