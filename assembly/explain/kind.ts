// What a process is: a stub of stublab, of gVisor or of User Mode Linux, or a program under a debugger.

import { Found, PROGRAMS, recognise, TRACERS, Values } from "./cause";
import { holds, read } from "./files";
import { readStub } from "./host";
import { isStopped } from "./state";
import { Task } from "./task";
import { hex, word } from "./text";

/** A stub that is unmapped to its page has few more: a guest's, and the kernel's own. */
const FEW: i32 = 16;
const PAGE: u32 = 4096;
/** Of arm64. */
const MOST_PAGE: u64 = 65536;

/** What the process is, as far as it is known. */
export function kindsOf(task: Task, values: Values): Found[] {
  const kinds: Found[] = [];
  const program = programKind(task, values);
  if (program != null) kinds.push(program);
  const tracer = task.tracer;
  if (tracer != null && isStopped(tracer.state))
    kinds.push(new Found("tracer-stopped", `/proc/${tracer.tid}/status`));
  return kinds;
}

function programKind(task: Task, values: Values): Found | null {
  const maps = read(`/proc/${task.pid}/maps`);
  const lines = maps.split("\n");
  const tracer = task.tracer;
  const own = task.program;
  const page = stubPage(task, lines);
  if (page != 0) {
    values.set("page", hex(page));
    // A host has the stub code, too, and all that Node.js has; so has a stub that is not yet unmapped, whose host traces it.
    const isOfHost = tracer != null && tracer.program == own;
    const isHost = !isOfHost && lines.length > FEW;
    return new Found(isHost ? "stub-host" : "stub", `/proc/${task.pid}/mem`);
  }
  const path = `/${own}`;
  const deleted = `/${own} (deleted)`;
  let hasProgram = false;
  for (let n = 0; n < lines.length && own != "" && !hasProgram; n++)
    hasProgram = lines[n].endsWith(path) || lines[n].endsWith(deleted);
  // The stubs of systrap are not traced: the kernel of the sandbox has unmapped its program there.
  const isGuest = maps != "" && !hasProgram;
  const who = tracer != null ? tracer : task;
  const program = who.program == "" ? who.name : who.program;
  const known = recognise(tracer != null || isGuest ? TRACERS : PROGRAMS, program);
  return known == "" ? null : new Found(known, `/proc/${who.pid}/exe`);
}

const CODE: usize = memory.data(PAGE);

/** The address of a page that has the stub code; 0 if no page has it that this process may read. */
function stubPage(task: Task, maps: string[]): u64 {
  const length = readStub(CODE, PAGE);
  const path = `/proc/${task.pid}/mem`;
  for (let n = 0; n < maps.length && length > 0; n++) {
    if (!maps[n].includes(" r-xp ")) continue;
    // The host maps it anonymously, and nothing else is in its page: a path would be a sixth word.
    const words = maps[n].trimEnd().split(" ");
    const start = U64.parseInt(words[0], 16);
    const end = U64.parseInt(word(words[0], 1, "-"), 16);
    if (words.length != 5 || end - start > MOST_PAGE) continue;
    if (holds(path, start, PAGE, CODE, length)) return start;
  }
  return 0;
}
