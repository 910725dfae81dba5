import { hex } from "../../errors.ts";
import { PAGE_SIZE } from "../../stub/amd64.ts";
import { readProcess } from "../../stub/proc.ts";
import { Tracer } from "../../stub/tracer.ts";
import { topOfUserSpace } from "../../stub/user_space.ts";
import type { WatchedStub } from "../fork.ts";
import { injectWatched } from "../injection.ts";
import type { Recorder } from "../recorder.ts";
import { restingStub } from "../resting.ts";
import type { Scenario } from "../scenario.ts";
import { addStubCode } from "../stub_code.ts";

export const scrub: Scenario = {
  title: "Scrubbing: a process with one page",
  introduction: [
    "A stub that was forked from the host has all of the host's memory: the code and the heap of Node.js, the C " +
      "library, stacks. It needs none of that. Worse, a guest that runs in the stub could read it.",
    "So the host makes the stub unmap everything but the page of the stub code, by an injected munmap: no process can " +
      "unmap the memory of another.",
    "The page of the stub code is the highest free page of user space, usually the topmost. Then everything else is " +
      "one range below it, and one munmap is enough.",
  ],

  record(recorder) {
    using tracer = new Tracer({ encoder: recorder.encoder });
    addStubCode(recorder, tracer);
    recorder.addLane("host", "the Node.js process; its main thread is the tracer", process.pid);
    const master = restingStub(recorder, tracer, { memory: true });
    unmapBelow(recorder, master);
    unmapAbove(master);
    checkMemory(recorder, master);
  },
};

function unmapBelow(recorder: Recorder, { stub, tracee }: WatchedStub): void {
  const { stubAddress } = stub.tracer;
  const { mappings } = readProcess(stub.pid);
  const below = mappings.filter(({ start }) => start < stubAddress).length;
  injectWatched(tracee, {
    call: "munmap",
    args: [0, stubAddress],
    stepped: true,
    frame:
      `munmap(0, ${hex(BigInt(stubAddress))}): everything from address 0 up to the page of the stub code. munmap ` +
      "accepts ranges in which nothing is mapped.",
    before: () =>
      recorder.ask({
        text:
          `The stub unmaps ${below} of its ${mappings.length} mappings, including its stack and its C library. What happens ` +
          "to it?",
        choices: [
          "SIGSEGV: it no longer has a stack",
          "Nothing: it executes the next instruction of the stub code",
          "The kernel refuses: a process needs its stack",
        ],
        answer: 1,
        because:
          "The stub code is on its own page, and uses only registers: no stack, no data, no function call. RSP points to " +
          "unmapped memory, and no instruction uses it. Only a signal handler would need a stack, and the stub has no " +
          "handlers.",
      }),
    why:
      "The kernel removes the mappings while the stub is inside the call. The call returns to the only page that is " +
      "left.",
    answer: "RAX is 0: success.",
  });
}

/** Without address randomisation the page is not at the top. */
function unmapAbove({ stub, tracee }: WatchedStub): void {
  const end = stub.tracer.stubAddress + PAGE_SIZE;
  // munmap refuses a length of 0.
  if (end >= topOfUserSpace()) return;
  injectWatched(tracee, {
    call: "munmap",
    args: [end, topOfUserSpace() - end],
    stepped: true,
    frame: "A second munmap, for what is above the page of the stub code.",
    why: "The kernel removes what was above the page of the stub code.",
    answer: "RAX is 0: success.",
  });
}

function checkMemory(recorder: Recorder, { stub, tracee }: WatchedStub): void {
  const { tracer, pid } = stub;
  const facts = readProcess(pid);
  recorder.step({
    lane: "master",
    kind: "note",
    title: "one page is left",
    why:
      "The memory map has one line. (The vsyscall page, which /proc lists for every process, belongs to the kernel and " +
      "is omitted here.) A stub that is cloned from this one costs one page, its page tables, and the kernel's data for " +
      "any process.",
    kernel: recorder.view(pid),
  });
  const maps = facts.mappings.map(({ start, end, protection }) => {
    return `${hex(BigInt(start))}-${hex(BigInt(end))} ${protection}`;
  });
  const { stubAddress } = tracer;
  const page = `${hex(BigInt(stubAddress))}-${hex(BigInt(stubAddress + PAGE_SIZE))} r-xp`;
  recorder.check("its memory map", page, maps.join(", "));
  recorder.check("resident", `${PAGE_SIZE} bytes`, `${facts.residentBytes} bytes`);
  recorder.check("it rests after its INT3", hex(tracer.restAddress), hex(tracee.rip));
  recorder.check("it is alive: getpid, injected", `${pid}`, `${stub.call("getpid")}`);
}
