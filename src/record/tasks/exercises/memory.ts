import { hex } from "../../../errors.ts";
import { PAGE_SIZE } from "../../../stub/amd64.ts";
import { parseMaps, readProc } from "../../../stub/proc.ts";
import { readRseq } from "../../../stub/rseq.ts";
import { tellRun } from "../run.ts";
import type { Task } from "../task.ts";
import { answersStill, makesCall, mapPages, NAMES, writeAnswer } from "./verbs.ts";

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
        kind: "fields",
        fields: {
          munmap1: "ADDRESS, LENGTH of the first call",
          munmap2: "of the second",
          munmap3: "of the third",
        },
      },
      names: {
        KEEP: "the page to keep",
        PAGE: "the page of the stub code",
        TOP: "the end of user space",
      },
      start: "munmap1 = 0, TOP\n",
      key: "munmap1 = 0, KEEP\nmunmap2 = KEEP + 4096, PAGE - KEEP - 4096\n",
      hints: [
        "munmap of a range in which nothing is mapped succeeds: ranges may be large.",
        "Which range lies below KEEP, and which between KEEP and PAGE? A page has 4096 bytes, and nothing is above PAGE.",
        "munmap2 = KEEP + 4096, PAGE - KEEP - 4096",
      ],
      play(stage, answer) {
        const stub = stage.cast({
          lane: "stub",
          role: "a stub with pages that nobody needs",
          prepare: (each) => mapPages(each, [...junk, keep]),
        });
        const page = BigInt(stage.tracer.stubAddress);
        const names = new Map([
          ["KEEP", keep],
          ["PAGE", page],
          ["TOP", 0x7fff_ffff_f000n],
        ]);
        for (const field of ["munmap1", "munmap2", "munmap3"]) {
          const [address, length] = answer.words(field, names);
          if (address === undefined) continue;
          stub.write(
            new Map([
              ["rax", stage.tracer.flag("SYS_munmap")],
              ["rdi", address],
              ["rsi", length ?? 0n],
            ]),
            `${field} of the answer.`,
          );
          const run = stub.go();
          const result = run.kind === "rest" ? (stub.calls.at(-1)?.told ?? "") : tellRun(run);
          const meaning =
            run.kind === "rest"
              ? "the kernel refuses this range"
              : "the page of the stub code is gone, and with it the instruction after the SYSCALL";
          if (!stage.expect(field, "0", result, meaning)) return;
        }
        const expected = [keep, page].map(hex).join(", ");
        const left = mapped(stub.pid).map(hex).join(", ");
        stage.expect("what is mapped", expected, left, "other pages than the two are left");
        answersStill(stage, stub);
      },
    };
  },
};

/** The addresses of all pages of a process. */
function mapped(pid: number): bigint[] {
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
    const area =
      0x1000_0000n + 0x1000n * BigInt(draw.number(1, 0xfff)) + 32n * BigInt(draw.number(0, 100));
    const signature = 0x1000_0000n + BigInt(draw.number(0, 0x0fff_ffff));
    return {
      text: [
        `A stub has an area for restartable sequences, at AREA = ${hex(area)}, of 32 bytes, registered with the signature ${hex(signature)}. ` +
          "Its page will be unmapped. Write the registers of the call that unregisters it first.",
        "rseq(area, length, flags, signature) is in no manual page: the kernel's include/uapi/linux/rseq.h and kernel/rseq.c describe it.",
      ],
      form: { kind: "registers" },
      names: { ...NAMES, AREA: "the address of the area" },
      start: "rax = SYS_rseq\nrdi = AREA\n",
      key: `rax = SYS_rseq\nrdi = AREA\nrsi = 32\nrdx = RSEQ_FLAG_UNREGISTER\nr10 = ${hex(signature)}\n`,
      hints: [
        "The address, the length and the signature must be those of the registration.",
        "The flag is RSEQ_FLAG_UNREGISTER. The fourth argument of a system call is not in RCX.",
        "rsi = 32, rdx = RSEQ_FLAG_UNREGISTER, r10 = the signature",
      ],
      play(stage, answer) {
        const page = (area / 4096n) * 4096n;
        const stub = stage.cast({
          lane: "stub",
          role: "a stub with a registered area",
          prepare(each) {
            mapPages(each, [page]);
            each.call("rseq", area, 32, 0, signature);
          },
        });
        if (!writeAnswer(stage, stub, answer, { AREA: area })) return;
        if (!makesCall(stage, stub)) return;
        const call = stub.calls[0];
        stage.expect(
          "the result of the call",
          "0",
          call?.told ?? "",
          `the kernel refuses this: ${call?.name} returned ${call?.told}`,
        );
        const left = readRseq(stub.tracee.thread)?.address ?? 0n;
        stage.expect(
          "the area that is registered",
          "0x0",
          hex(left),
          "the area is still registered",
        );
        stub.call("munmap", [page, PAGE_SIZE], "The page of the area is unmapped.");
        stub.call(
          "sched_yield",
          [],
          "The kernel schedules the stub anew, and would write to a registered area.",
        );
        const asked = stub.call("getpid", [], "Does the stub still answer?");
        stage.expect(
          "the stub without that page",
          `${stub.pid}`,
          `${asked}`,
          "the kernel has killed it",
        );
      },
    };
  },
};
