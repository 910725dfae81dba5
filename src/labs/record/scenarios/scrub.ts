import { PAGE_SIZE } from "../../../core/shim/auxiliary_vector.ts";
import { topOfUserSpace } from "../../../core/stub/user_space.ts";
import { hex } from "../../../lib/errors.ts";
import { NAMES } from "../arch.ts";
import type { Scenario } from "../scenario.ts";
import { TEXTS } from "../texts/arch.ts";

const { AT, RESULT, SP, TRAP } = NAMES;

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

  play(scene) {
    const { stubAddress, restAddress } = scene.tracer;
    const [start, end] = [stubAddress, stubAddress + PAGE_SIZE];
    const stub = scene.rest("master", "the first stub", { memory: true });
    const { mappings } = stub.facts;
    const below = mappings.filter((each) => each.start < start).length;
    stub.call("munmap", [0, start], {
      stepped: true,
      why:
        `munmap(0, ${hex(BigInt(start))}): everything from address 0 up to the page of the stub code. munmap accepts ` +
        "ranges in which nothing is mapped.",
      before: () =>
        scene.ask({
          text:
            `The stub unmaps ${below} of its ${mappings.length} mappings, including its stack and its C library. What happens ` +
            "to it?",
          right: {
            "It executes the next instruction of the stub code":
              `The stub code is on its own page, and uses only registers: no stack, no data, no function call. ${SP} points to ` +
              "unmapped memory, and no instruction uses it. Only a signal handler would need a stack, and the stub has no " +
              "handlers.",
          },
          wrong: {
            "SIGSEGV: it no longer has a stack": TEXTS.STACK_USE,
            "EINVAL: a process must keep its stack":
              "The kernel does not know what a mapping is for. [stack] in /proc is only the mapping in which the program began.",
          },
        }),
      executed:
        "The kernel removes the mappings while the stub is inside the call. The call returns to the only page that is " +
        "left.",
      answer: `${RESULT} is 0: success.`,
    });
    // Without address randomisation the page is not at the top. munmap refuses a length of 0.
    if (end < topOfUserSpace()) {
      stub.call("munmap", [end, topOfUserSpace() - end], {
        stepped: true,
        why: "A second munmap, for what is above the page of the stub code.",
        executed: "The kernel removes what was above the page of the stub code.",
        answer: `${RESULT} is 0: success.`,
      });
    }
    const facts = stub.look(
      "one page is left",
      "The memory map has one line. (The vsyscall page, which /proc lists for every process, belongs to the kernel and " +
        "is omitted here.) A stub that is cloned from this one costs one page, its page tables, and the kernel's data for " +
        "any process.",
    );
    const range = (from: number, to: number) => `${hex(BigInt(from))}-${hex(BigInt(to))}`;
    const maps = facts.mappings.map((each) => `${range(each.start, each.end)} ${each.protection}`);
    scene.check("its memory map", `${range(start, end)} r-xp`, maps.join(", "));
    scene.check("resident", `${PAGE_SIZE} bytes`, `${facts.residentBytes} bytes`);
    scene.check(`it rests ${AT} its ${TRAP}`, hex(restAddress), hex(stub.rip));
    scene.check("it is alive: getpid, injected", `${stub.pid}`, `${stub.stub.call("getpid")}`);
  },
};
