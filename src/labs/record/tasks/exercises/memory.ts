import { PAGE_SIZE } from "../../../../core/shim/auxiliary_vector.ts";
import { readRseq } from "../../../../core/stub/birth.ts";
import { parseMaps, readProc } from "../../../../core/stub/proc.ts";
import { hex } from "../../../../lib/errors.ts";
import { go, inject, RESTS } from "../go.ts";
import { type Cast, mapPages } from "../judge.ts";
import type { Pose } from "../task.ts";
import { castAnswer, linesOf, makesCall, takesCalls } from "./verbs.ts";

const PAGE = BigInt(PAGE_SIZE);

/** Where the pages of tasks are, far from all others. */
const AREA = 0x1000_0000n;

export const onePage: Pose = (draw) => {
  const base = AREA + PAGE * BigInt(draw.number(1, 0xfff));
  const keep = base + 0x100n * PAGE * BigInt(draw.number(1, 3));
  const junk = [base, base + 0x500n * PAGE, keep - 2n * PAGE, keep + PAGE];
  return {
    values: { keep: hex(keep), size: PAGE_SIZE },
    start: `munmap1 = 0, PAGE + ${PAGE_SIZE}`,
    key: `munmap1 = 0, KEEP\nmunmap2 = KEEP + ${PAGE_SIZE}, PAGE - KEEP - ${PAGE_SIZE}`,
    play(judge, answer) {
      const stub = judge.cast({
        role: "a stub with pages that nobody needs",
        prepare: (each) => mapPages(each, [...junk, keep]),
      });
      const page = BigInt(judge.tracer.host.stubAddress);
      for (const field of ["munmap1", "munmap2", "munmap3"]) {
        const [at, length = 0n] = answer.words(field, { KEEP: keep, PAGE: page });
        if (at === undefined) continue;
        stub.setRegisters(stub.frame("munmap", at, length), `${field} of the answer.`);
        const run = go(stub);
        const seen = run.told === RESTS ? (run.calls.at(-1)?.told ?? "") : run;
        if (seen !== "0") judge.expect(field, "0", seen);
      }
      const range = (start: bigint, end: bigint) => `${hex(start)}-${hex(end)}`;
      const left = parseMaps(readProc(`/proc/${stub.pid}/maps`))
        .filter(({ name }) => name !== "[vsyscall]")
        .map(({ start, end }) => range(BigInt(start), BigInt(end)));
      const expected = [keep, page].map((at) => range(at, at + PAGE));
      judge.expect("what is mapped", expected.join(", "), left.join(", "));
      takesCalls(judge, stub);
    },
  };
};

export const rseqArea: Pose = (draw) => {
  const page = AREA + PAGE * BigInt(draw.number(1, 0xfff));
  const area = page + 32n * BigInt(draw.number(0, 100));
  const signature = 0x1000_0000n + BigInt(draw.number(0, 0x0fff_ffff));
  return {
    values: { area: hex(area), signature: hex(signature) },
    start: linesOf("rseq", "AREA"),
    key: linesOf("rseq", "AREA", "32", "RSEQ_FLAG_UNREGISTER", hex(signature)),
    play(judge, answer) {
      const prepare: Cast["prepare"] = (each) => {
        mapPages(each, [page]);
        each.call("rseq", area, 32, 0, signature);
      };
      const stub = castAnswer(judge, answer, { AREA: area }, { prepare });
      const { name, told } = makesCall(judge, stub);
      const refused = `the kernel refuses this: ${name} returned ${told}`;
      judge.expect("the result of the call", "0", told, refused);
      const left = hex(readRseq(stub.thread)?.address ?? 0n);
      judge.expect("the area that is registered", "0x0", left);
      inject(stub, "munmap", [page, PAGE_SIZE], "The page of the area is unmapped.");
      inject(stub, "sched_yield", [], "Now the kernel would write to a registered area.");
      takesCalls(judge, stub);
    },
  };
};
