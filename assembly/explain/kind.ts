// What a process is: a stub of stublab, of gVisor or of User Mode Linux, or a program under a debugger.

import { about, Found } from "./about";
import { cause, PROGRAMS, recognise, TRACERS } from "./cause";
import { readStub } from "./host";
import { isStopped } from "./state";
import { lookAtMemory, programOf, readMaps, Task } from "./task";
import {
  is,
  lengthOf,
  lineFrom,
  NONE,
  nth,
  numberOf,
  part,
  same,
  startOf,
  Text,
  text,
  trimmed,
  word,
} from "./text";

/** A stub that is unmapped to its page has few more: a guest's, and the kernel's own. */
const FEW: u32 = 16;
const PAGE: u32 = 4096;
/** Of arm64. */
const MOST_PAGE: u64 = 65536;

/** What the process is, as far as it is known. */
export const kinds: Found[] = [];

function add(known: u64, tid: i32, file: string): void {
  const it = new Found(known);
  it.tid = tid;
  it.file = file;
  kinds.push(it);
}

export function findKinds(task: Task): void {
  findProgram(task);
  const tracer = task.tracer;
  if (tracer != null && isStopped(tracer.state)) add(cause("tracer-stopped"), tracer.tid, "status");
}

function findProgram(task: Task): void {
  const maps = readMaps(task);
  const tracer = task.tracer;
  about.page = stubPage(task, maps);
  let count: u32 = 0;
  let hasProgram = false;
  for (let from: u32 = 0; from < lengthOf(maps); count++) {
    const line = lineFrom(maps, from);
    if (task.program != NONE && same(programOf(nameOf(line)), task.program)) hasProgram = true;
    from += lengthOf(line) + 1;
  }
  if (about.page != 0) {
    // A host has the stub code, too, and all that Node.js has; so has a stub that is not yet unmapped, whose host traces it.
    const isOfHost = tracer != null && same(tracer.program, task.program);
    add(cause(!isOfHost && count > FEW ? "stub-host" : "stub"), task.pid, "mem");
    return;
  }
  // The stubs of systrap are not traced: the kernel of the sandbox has unmapped its program there.
  const isGuest = count > 0 && !hasProgram;
  let program = task.program == NONE ? task.name : task.program;
  if (tracer != null) program = tracer.program == NONE ? tracer.name : tracer.program;
  const known = recognise(tracer != null || isGuest ? TRACERS : PROGRAMS, program);
  if (known != 0) add(known, tracer != null ? tracer.pid : task.pid, "exe");
}

/** The path of a line of maps, or a name such as "[stack]", or "": after five words, and blanks. */
function nameOf(line: Text): Text {
  let length: u32 = 0;
  for (let n: u32 = 0; n < 5; n++) length += lengthOf(word(line, n)) + 1;
  return length >= lengthOf(line) ? NONE : trimmed(part(line, length, lengthOf(line)));
}

const DASH: u32 = 0x2d;

const CODE: usize = memory.data(PAGE);

/** The address of a page that has the stub code; 0 if no page has it that this process may read. */
function stubPage(task: Task, maps: Text): u64 {
  let code: Text = NONE;
  for (let from: u32 = 0; from < lengthOf(maps); ) {
    const line = lineFrom(maps, from);
    from += lengthOf(line) + 1;
    const range = word(line, 0);
    const start = numberOf(nth(range, DASH, 0), 16);
    const end = numberOf(nth(range, DASH, 1), 16);
    // The host maps it anonymously, and nothing else is in its page.
    const isLike = is(word(line, 1), "r-xp") && nameOf(line) == NONE && end - start <= MOST_PAGE;
    if (!isLike) continue;
    if (code == NONE) code = text(CODE, readStub(CODE, PAGE));
    if (contains(lookAtMemory(task.pid, start, PAGE), code)) return start;
  }
  return 0;
}

function contains(all: Text, wanted: Text): bool {
  const length = lengthOf(wanted);
  for (let i: u32 = 0; length > 0 && i + length <= lengthOf(all); i++)
    if (memory.compare(startOf(all) + i, startOf(wanted), length) == 0) return true;
  return false;
}
