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
    "A stub that was forked from the host has all of its memory: the code and the heap of Node.js, the C library, " +
      "stacks. It needs nothing of that. What is worse, a guest that ran in it could read it.",
    "So the host has the stub unmap everything but the page of the stub code. The stub does that itself, by an injected " +
      "munmap: no process can unmap memory of another.",
    "The page of the stub code lies at the highest free place of user space, usually at its very top. Then all the rest " +
      "is one range below it, and one munmap is enough.",
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
      `munmap(0, ${hex(BigInt(stubAddress))}): everything from address 0 up to the page of the stub code. Where nothing ` +
      "is mapped, munmap does not mind.",
    before: () =>
      recorder.ask({
        text: `The stub unmaps ${below} of its ${mappings.length} mappings, its stack and its C library among them. What becomes of it?`,
        choices: [
          "SIGSEGV: it has no stack any more",
          "Nothing: it executes the next instruction of the stub code",
          "The kernel refuses: a process needs its stack",
        ],
        answer: 1,
        because:
          "The stub code lies on its own page, and uses registers only: no stack, no data, no call. RSP points to " +
          "nowhere, and nobody reads from it. Only a signal handler would need a stack, and the stub has no handlers.",
      }),
    why: "The kernel takes the mappings away while the stub is inside the call. It returns to the only page that is left.",
    answer: "RAX is 0: it is done.",
  });
}

/** Without randomised addresses the page does not lie at the top. */
function unmapAbove({ stub, tracee }: WatchedStub): void {
  const end = stub.tracer.stubAddress + PAGE_SIZE;
  // A length of 0 would be an error, and not nothing.
  if (end >= topOfUserSpace()) return;
  injectWatched(tracee, {
    call: "munmap",
    args: [end, topOfUserSpace() - end],
    stepped: true,
    frame: "A second munmap, for what lies above the page of the stub code.",
    why: "What was above the page of the stub code goes the same way.",
    answer: "RAX is 0: it is done.",
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
      "The memory map has one line. (The vsyscall page, which /proc lists for every process, is the kernel's, and left out " +
      "here.) A stub that is cloned from this one costs one page, its page tables, and what the kernel keeps of any process.",
    kernel: recorder.view(pid),
  });
  const maps = facts.mappings.map(({ start, end, protection }) => {
    return `${hex(BigInt(start))}-${hex(BigInt(end))} ${protection}`;
  });
  const { stubAddress } = tracer;
  const page = `${hex(BigInt(stubAddress))}-${hex(BigInt(stubAddress + PAGE_SIZE))} r-xp`;
  recorder.check("its memory map", page, maps.join(", "));
  recorder.check("resident", `${PAGE_SIZE} bytes`, `${facts.residentBytes} bytes`);
  recorder.check("it rests behind its INT3", hex(tracer.restAddress), hex(tracee.rip));
  recorder.check("it lives: getpid, injected", `${pid}`, `${stub.call("getpid")}`);
}
