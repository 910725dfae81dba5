import type { ReadStream, WriteStream } from "node:tty";
import type { Recording } from "../recording.ts";
import { KeyReader } from "./keys.ts";
import { render } from "./layout.ts";
import { press } from "./press.ts";
import { lookOf, Screen } from "./screen.ts";
import { begin, type State } from "./state.ts";

/** How long a lone ESC may be the beginning of a sequence, in milliseconds. */
const ESCAPE_PAUSE = 50;

/** Signals that end this process, once the terminal is as it was. */
const FATAL = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

interface WalkOptions extends Pick<State, "at" | "seed" | "tasks"> {
  readonly input: ReadStream;
  readonly output: WriteStream;
}

/** Shows a recording on the whole terminal, until its reader has seen enough. */
export async function walkThrough(
  recording: Recording,
  { input, output, at, seed, tasks }: WalkOptions,
): Promise<void> {
  const session = new Session(begin(recording, at, seed, tasks), input, output);
  try {
    await session.run();
  } finally {
    session.close();
  }
}

class Session {
  readonly #keys = new KeyReader();
  readonly #screen: Screen;
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #undo: (() => void)[] = [];
  readonly #stopSelf = () => this.#stop(process.pid);
  #state: State;
  #timer: NodeJS.Timeout | undefined;
  #end: (error?: unknown) => void = () => {};

  constructor(state: State, input: ReadStream, output: WriteStream) {
    this.#state = state;
    this.#input = input;
    this.#output = output;
    this.#screen = new Screen(input, output, lookOf(process.env));
  }

  /** Until the last key, or the end of input. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#end = (error) => (error === undefined ? resolve() : reject(error));
      this.#listen();
      this.#screen.open();
      this.#show();
    });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#screen.close();
    for (const undo of this.#undo.splice(0)) undo();
    this.#input.pause();
  }

  #listen(): void {
    this.#input.setEncoding("utf8");
    this.#on(this.#input, "data", (text) => this.#hear(String(text)));
    // A terminal that is gone answers with an error.
    for (const end of ["end", "close", "error"]) this.#on(this.#input, end, () => this.#end());
    this.#on(this.#output, "resize", () => this.#redraw());
    this.#on(process, "exit", () => this.#screen.close());
    this.#on(process, "SIGCONT", () => this.#resume());
    process.on("SIGTSTP", this.#stopSelf);
    this.#undo.push(() => process.off("SIGTSTP", this.#stopSelf));
    for (const signal of FATAL) this.#on(process, signal, () => this.#die(signal));
  }

  /** Listens until the session is closed. What goes wrong in a listener ends the session. */
  #on(emitter: NodeJS.EventEmitter, event: string, listener: (value: unknown) => void): void {
    const guarded = (value: unknown) => {
      try {
        listener(value);
      } catch (error) {
        this.#end(error);
      }
    };
    emitter.on(event, guarded);
    this.#undo.push(() => emitter.off(event, guarded));
  }

  #hear(text: string): void {
    clearTimeout(this.#timer);
    this.#press(this.#keys.push(text));
    if (!this.#keys.waits) return;
    this.#timer = setTimeout(() => this.#press(this.#keys.flush()), ESCAPE_PAUSE);
  }

  #press(keys: readonly string[]): void {
    for (const key of keys) {
      if (key === "ctrl-c") this.#die("SIGINT");
      else if (key === "ctrl-z") this.#stop(0);
      else if (key === "ctrl-l") this.#redraw();
      else this.#state = render(press(this.#state, key), this.#screen.size).state;
      if (this.#state.over) break;
    }
    if (this.#state.over) this.#end();
    else this.#show();
  }

  #show(): void {
    const { lines, state } = render(this.#state, this.#screen.size);
    this.#state = state;
    this.#screen.show(lines);
  }

  #redraw(): void {
    this.#screen.forget();
    this.#show();
  }

  /** Ends as one does by that signal, so that a shell knows. */
  #die(signal: (typeof FATAL)[number]): void {
    this.close();
    process.kill(process.pid, signal);
  }

  /** Stops until somebody continues this process; with 0 all of its group, as a terminal does. */
  #stop(pid: number): void {
    this.#screen.close();
    process.off("SIGTSTP", this.#stopSelf);
    process.kill(pid, "SIGTSTP");
    // Here it goes on: continued, or not stopped at all, for a group that nobody waits for is not.
    process.on("SIGTSTP", this.#stopSelf);
    this.#resume();
  }

  #resume(): void {
    this.#screen.open();
    this.#show();
  }
}
