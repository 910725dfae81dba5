// What is explained, and by which process: the sentences of causes are about it.

import { Cause } from "./cause";
import { Task } from "./task";
import { NONE, Text } from "./text";

export class About {
  task: Task = new Task();
  /** The process that explains. */
  self: Task = new Task();
  /** The errno with which a filter of this process refuses ptrace; 0: none; -1: it has a filter, and that was not tried. */
  refused: i32 = 0;
  /** Whether nothing but a status word is known. */
  isWord: bool = false;
  /** The signal of a stop or an end; 0: it is not known. */
  signal: i32 = 0;
  /** The exit status, or the signal, of a status word. */
  code: i32 = 0;
  event: i32 = 0;
  isCore: bool = false;
  /** What the signal does. */
  action: string = "";
  /** The exception that was on its way back to the program. */
  way: Text = NONE;
  /** The status word with which it ends; -1: it does not, or that is not shown. */
  status: i32 = -1;
  hidesStatus: bool = false;
  isWaitedFor: bool = false;
  /** The address of a page with the stub code. */
  page: u64 = 0;
}

export const about = new About();

/** A cause, and what it is concluded from. */
export class Found {
  /** Of an exit code that a tracer has not waited for; 0: none. */
  code: i32 = 0;
  /** A file in the folder of a thread, and the word in it. */
  tid: i32 = 0;
  file: string = "";
  word: Text = NONE;
  key: string = "";
  path: Text = NONE;

  constructor(public cause: Cause) {}
}
