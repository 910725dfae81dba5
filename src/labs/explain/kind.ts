// What a process is: a stub of stublab, of gVisor or of User Mode Linux, or a program under a debugger.

import { closeSync, openSync, readSync } from "node:fs";
import { readListing } from "../../core/stub/listing.ts";
import { list, record, text } from "../../lib/shape.ts";
import { type Cause, cause, recognise } from "./cause.ts";
import { nameOf, programOf, type Task } from "./task.ts";

/** A stub that is unmapped to its page has few more: a guest's, and the kernel's own. */
const FEW = 16;
const PAGE = 4096;
/** Of arm64. */
const MOST_PAGE = 65536;

/** What a process is, as far as it is known. */
export function kindsOf(task: Task): Cause[] {
  const { tracer } = task;
  const isHeld = tracer !== undefined && "Tt".includes(tracer.state);
  const held = cause("tracer-stopped", { tracer: nameOf(tracer), pid: `${tracer?.tid}` });
  return [...programKinds(task), ...(isHeld ? [held] : [])];
}

function programKinds(task: Task): Cause[] {
  const { tracer, pid, program, name, mappings } = task;
  const page = stubPage(task);
  if (page !== undefined) {
    // A host has the stub code, too, and all that Node.js has; so has a stub that is not yet unmapped, whose host traces it.
    const id = tracer?.program !== program && mappings.length > FEW ? "stub-host" : "stub";
    return [cause(id, { page: `0x${page.toString(16)}` }, `/proc/${pid}/mem`)];
  }
  // The stubs of systrap are not traced: the kernel of the sandbox has unmapped its program there.
  const isGuest = mappings.length > 0 && !mappings.some((each) => programOf(each.name) === program);
  const sign = tracer !== undefined || isGuest ? "tracers" : "programs";
  const seen = tracer ?? { pid, program, name };
  const { id } = recognise(sign, [seen.program ?? seen.name]);
  if (id === undefined) return [];
  return [cause(id, { tracer: nameOf(tracer) }, `/proc/${seen.pid}/exe`)];
}

const listings = list(record({ name: text, lines: list(record({ bytes: text }), 1000) }), 100);

/** The address of a page that has the stub code; undefined if no page has it that this process may read. */
function stubPage({ pid, mappings }: Task): number | undefined {
  // The host maps it anonymously, and nothing else is in its page.
  const pages = mappings.filter(
    ({ start, end, protection, name }) =>
      protection === "r-xp" && name === "" && end - start <= MOST_PAGE,
  );
  if (pages.length === 0) return undefined;
  const { lines } = readListing("stub code", listings);
  const code = Buffer.from(lines.map(({ bytes }) => bytes.replaceAll(" ", "")).join(""), "hex");
  try {
    const file = openSync(`/proc/${pid}/mem`, "r");
    try {
      const bytes = Buffer.alloc(PAGE);
      return pages.find(
        ({ start }) => readSync(file, bytes, 0, PAGE, start) && bytes.includes(code),
      )?.start;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}
