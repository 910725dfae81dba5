import { PAGE_SIZE } from "../../../../core/shim/auxiliary_vector.ts";
import { parseMaps, readProc } from "../../../../core/stub/proc.ts";
import { readRseq } from "../../../../core/stub/rseq.ts";
import { hex } from "../../../../lib/errors.ts";
import { RESTS, tellRun } from "../run.ts";
import { mapPages } from "../stage.ts";
import type { Task } from "../task.ts";
import { answersStill, castAnswer, makesCall } from "./verbs.ts";

/** The end of user space. */
const TOP = 0x7fff_ffff_f000n;

export const onePage: Task = {
  lesson: "scrub",
  title: "Unmap everything but two pages",
  exercise(draw) {
    const base = 0x1000_0000n + 0x1000n * BigInt(draw.number(1, 0xfff));
    const keep = base + 0x10_0000n * BigInt(draw.number(1, 3));
    const junk = [base, base + 0x50_0000n, keep - 0x2000n, keep + 0x1000n];
    return {
      text: [
        "A stub has several pages. Unmap all of them with at most three calls of munmap, except two: the page of the stub code, and " +
          `the page at KEEP = ${hex(keep)}, which you still need. Afterwards the stub must answer a call.`,
      ],
      form: {
        munmap1: "ADDRESS, LENGTH of the first call",
        munmap2: "of the second",
        munmap3: "of the third",
      },
      names: {
        KEEP: "the page to keep",
        PAGE: "the page of the stub code",
        TOP: "the end of user space",
      },
      start: "munmap1 = 0, TOP",
      key: "munmap1 = 0, KEEP\nmunmap2 = KEEP + 4096, PAGE - KEEP - 4096",
      hints: [
        "munmap of a range in which nothing is mapped succeeds: ranges may be large.",
        "Which range lies below KEEP, and which between KEEP and PAGE? A page has 4096 bytes, and nothing is above PAGE.",
        "munmap2 = KEEP + 4096, PAGE - KEEP - 4096",
      ],
      play(stage, answer) {
        const stub = stage.cast({
          role: "a stub with pages that nobody needs",
          prepare: (each) => mapPages(each, [...junk, keep]),
        });
        const page = BigInt(stage.tracer.stubAddress);
        const rax = stage.tracer.flag("SYS_munmap");
        const names = { KEEP: keep, PAGE: page, TOP };
        for (const field of ["munmap1", "munmap2", "munmap3"]) {
          const [rdi, rsi = 0n] = answer.words(field, names);
          if (rdi === undefined) continue;
          stub.write({ rax, rdi, rsi }, `${field} of the answer.`);
          const end = tellRun(stub.go());
          const [seen = "", meaning] =
            end === RESTS
              ? [stub.calls.at(-1)?.told, "the kernel refuses this range"]
              : [
                  end,
                  "the page of the stub code is gone, and with it the instruction after the SYSCALL",
                ];
          stage.require(field, "0", seen, meaning);
        }
        const left = pagesOf(stub.pid).map(hex).join(", ");
        stage.expect(
          "what is mapped",
          `${hex(keep)}, ${hex(page)}`,
          left,
          "other pages than the two are left",
        );
        answersStill(stage, stub);
      },
    };
  },
};

/** The addresses of the pages of a process, at most 16 of each mapping. */
function pagesOf(pid: number): bigint[] {
  return parseMaps(readProc(`/proc/${pid}/maps`))
    .filter(({ name }) => name !== "[vsyscall]")
    .flatMap(({ start, end }) =>
      Array.from({ length: Math.min(16, (end - start) / PAGE_SIZE) }, (_, i) =>
        BigInt(start + i * PAGE_SIZE),
      ),
    );
}

export const rseqArea: Task = {
  lesson: "rseq",
  title: "Unregister a stranger's rseq area",
  exercise(draw) {
    const page = 0x1000_0000n + 0x1000n * BigInt(draw.number(1, 0xfff));
    const area = page + 32n * BigInt(draw.number(0, 100));
    const signature = 0x1000_0000n + BigInt(draw.number(0, 0x0fff_ffff));
    return {
      text: [
        `A stub has an area for restartable sequences, at AREA = ${hex(area)}, of 32 bytes, registered with the signature ${hex(signature)}. ` +
          "Its page will be unmapped. Write the registers of the call that unregisters it first.",
        "rseq(area, length, flags, signature) is in no manual page. The lesson host has such a call, with its flag (stublab lesson host); " +
          "the kernel's include/uapi/linux/rseq.h and kernel/rseq.c describe it.",
      ],
      form: "registers",
      names: { AREA: "the address of the area" },
      start: "rax = SYS_rseq\nrdi = AREA",
      key: `rax = SYS_rseq\nrdi = AREA\nrsi = 32\nrdx = RSEQ_FLAG_UNREGISTER\nr10 = ${hex(signature)}`,
      hints: [
        "The address, the length and the signature must be those of the registration.",
        "The flag is RSEQ_FLAG_UNREGISTER. The fourth argument of a system call is not in RCX.",
        "rsi = 32, rdx = RSEQ_FLAG_UNREGISTER, r10 = the signature",
      ],
      play(stage, answer) {
        const stub = castAnswer(
          stage,
          answer,
          { AREA: area },
          {
            prepare(each) {
              mapPages(each, [page]);
              each.call("rseq", area, 32, 0, signature);
            },
          },
        );
        const { name, told } = makesCall(stage, stub);
        const refused = `the kernel refuses this: ${name} returned ${told}`;
        stage.expect("the result of the call", "0", told, refused);
        const left = hex(readRseq(stub.tracee.thread)?.address ?? 0n);
        stage.expect("the area that is registered", "0x0", left, "the area is still registered");
        stub.call("munmap", [page, PAGE_SIZE], "The page of the area is unmapped.");
        const anew = "The kernel schedules the stub anew, and would write to a registered area.";
        stub.call("sched_yield", [], anew);
        answersStill(stage, stub);
      },
    };
  },
};
