// What a process is: a stub of stublab, of gVisor or of User Mode Linux, or a program under a debugger.

import { closeSync, openSync, readSync } from "node:fs";
import { readListing } from "../../core/stub/listing.ts";
import type { Mapping } from "../../core/stub/proc.ts";
import { list, record, text } from "../../lib/shape.ts";
import { nameOf } from "./state.ts";
import type { Named, Task } from "./task.ts";
import { type Cause, cause } from "./texts.ts";

/** What a traced process is, by the program of its tracer. */
const TRACERS: readonly [program: RegExp, id: string][] = [
  [/^gdb(server)?$/, "gdb"],
  [/^lldb/, "lldb"],
  [/^strace$/, "strace"],
  [/^rr$/, "rr"],
  [/^criu$/, "criu"],
  [/^runsc/, "runsc"],
  [/^(linux|linux\.uml|vmlinux)$/, "uml"],
];

/** The same of a process that is not traced, by its own program. */
const KERNELS: readonly [program: RegExp, id: string][] = [
  [/^runsc/, "runsc-sentry"],
  [/^(linux|linux\.uml|vmlinux)$/, "uml-kernel"],
];

const find = (
  table: typeof TRACERS,
  { program, name }: Pick<Named, "program" | "name">,
): string | undefined => table.find(([pattern]) => pattern.test(program ?? name))?.[1];

/** What a process is, as far as it is known. */
export function kindsOf(task: Task): Cause[] {
  const { tracer, pid } = task;
  const page = stubPage(task);
  if (page !== undefined) {
    // A host has the stub code, too, and all that Node.js has.
    const id = tracer === undefined && task.mappings.length > FEW ? "stub-host" : "stub";
    return [cause(id, { page: `0x${page.toString(16)}` }, `/proc/${pid}/mem`)];
  }
  const id =
    tracer === undefined && !isGuest(task) ? find(KERNELS, task) : find(TRACERS, tracer ?? task);
  if (id === undefined) return [];
  const by = tracer === undefined ? `/proc/${pid}/exe` : `/proc/${tracer.pid}/exe`;
  return [cause(id, { tracer: tracer === undefined ? "" : nameOf(tracer) }, by)];
}

/** Whether the kernel of a sandbox has unmapped its own program here: systrap does not trace its stubs. */
const isGuest = ({ program, mappings }: Task): boolean =>
  program !== undefined &&
  mappings.length > 0 &&
  !mappings.some(({ name }) => name.endsWith(program));

/** A stub that is unmapped to its page has few more: a guest's, and the kernel's own. */
const FEW = 16;
const PAGE = 4096;
/** Of arm64. */
const MOST_PAGE = 65536;

const listings = list(record({ name: text, lines: list(record({ bytes: text }), 1000) }), 100);

/** The address of a page that has the stub code; undefined if there is none, or this process may not read it. */
function stubPage({ pid, mappings }: Task): number | undefined {
  const pages = mappings.filter(isCandidate);
  if (pages.length === 0) return undefined;
  const { lines } = readListing("stub code", listings);
  const code = Buffer.from(lines.map(({ bytes }) => bytes.replaceAll(" ", "")).join(""), "hex");
  try {
    const file = openSync(`/proc/${pid}/mem`, "r");
    try {
      const buffer = Buffer.alloc(PAGE);
      return pages.find(({ start }) => {
        const length = readSync(file, buffer, 0, PAGE, start);
        return buffer.subarray(0, length).includes(code);
      })?.start;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/** The host maps the stub code anonymously, and nothing else is in its page. */
function isCandidate({ start, end, protection, name }: Mapping): boolean {
  return protection === "r-xp" && name === "" && end - start <= MOST_PAGE;
}
