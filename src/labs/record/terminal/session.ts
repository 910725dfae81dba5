import { emitKeypressEvents, type Key } from "node:readline";
import { render } from "./layout.ts";
import type { Screen } from "./screen.ts";
import { press, type State } from "./state.ts";

/** Signals that end this process, once the terminal is as it was. */
const FATAL = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** Shows a recording on the whole terminal, until its reader has seen enough. @returns what was shown last */
export async function walkThrough(state: State, screen: Screen): Promise<State> {
  const session = new Session(state, screen);
  try {
    return await session.run();
  } finally {
    session.close();
  }
}

type Listener = (text?: string, key?: Key) => void;

class Session {
  readonly #screen: Screen;
  readonly #undo: (() => void)[] = [];
  readonly #stopSelf = () => this.#stop(process.pid);
  #state: State;
  #end: (error?: unknown) => void = () => {};

  constructor(state: State, screen: Screen) {
    this.#state = state;
    this.#screen = screen;
  }

  /** Until the last key, or the end of input. */
  run(): Promise<State> {
    return new Promise((resolve, reject) => {
      this.#end = (error) => (error === undefined ? resolve(this.#state) : reject(error));
      this.#listen();
      this.#resume();
    });
  }

  close(): void {
    this.#screen.close();
    for (const undo of this.#undo.splice(0)) undo();
    this.#screen.input.pause();
  }

  #listen(): void {
    const { input, output } = this.#screen;
    emitKeypressEvents(input);
    this.#on(input, "keypress", (text, key) => this.#press(keyOf(text, key)));
    // A terminal that is gone answers with an error.
    for (const end of ["end", "close", "error"]) this.#on(input, end, () => this.#end());
    this.#on(output, "resize", () => this.#redraw());
    this.#on(process, "exit", () => this.#screen.close());
    this.#on(process, "SIGCONT", () => this.#resume());
    process.on("SIGTSTP", this.#stopSelf);
    this.#undo.push(() => process.off("SIGTSTP", this.#stopSelf));
    for (const signal of FATAL) this.#on(process, signal, () => this.#die(signal));
  }

  /** Listens until the session is closed. What goes wrong in a listener ends the session. */
  #on(emitter: NodeJS.EventEmitter, event: string, listener: Listener): void {
    const guarded: Listener = (text, key) => {
      try {
        listener(text, key);
      } catch (error) {
        this.#end(error);
      }
    };
    emitter.on(event, guarded);
    this.#undo.push(() => emitter.off(event, guarded));
  }

  #press(key: string): void {
    if (key === "ctrl-c") this.#die("SIGINT");
    else if (key === "ctrl-z") this.#stop(0);
    else if (key === "ctrl-l") this.#redraw();
    else this.#state = press(this.#state, key);
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

/** One printable character, or else the name of the key. */
function keyOf(text = "", { name = "", ctrl = false }: Key = {}): string {
  if (/^\P{C}$/u.test(text)) return text;
  if (name === "return") return "enter";
  // With a sequence there is no text: Ctrl does not make another key of an arrow.
  return ctrl && text !== "" ? `ctrl-${name}` : name;
}
