import { PAGE_SIZE } from "../../../core/shim/auxiliary_vector.ts";
import { topOfUserSpace } from "../../../core/stub/user_space.ts";
import { hex } from "../../../lib/errors.ts";
import { inWords } from "../lesson_text.ts";
import type { Acts } from "./play.ts";

export const play: Acts<"scrub"> = (scene, say) => {
  const { stubAddress, restAddress } = scene.tracer.host;
  const [start, end] = [stubAddress, stubAddress + PAGE_SIZE];
  const stub = scene.rest("master", "the first stub", { memory: true });
  const { mappings } = stub.facts;
  const below = mappings.filter((each) => each.start < start).length;
  const values = { below, all: mappings.length, end: hex(BigInt(start)) };
  stub.call("munmap", [0, start], { stepped: true, ...say.parts("below", values) });
  // Without address randomisation the page is not at the top. munmap refuses a length of 0.
  const rest = topOfUserSpace() - end;
  if (rest > 0) stub.call("munmap", [end, rest], { stepped: true, ...say.parts("above") });
  const facts = stub.look("one page is left", say("left"));
  const range = (from: number, to: number) => `${hex(BigInt(from))}-${hex(BigInt(to))}`;
  const maps = facts.mappings.map((each) => `${range(each.start, each.end)} ${each.protection}`);
  scene.check("its memory map", `${range(start, end)} r-xp`, maps.join(", "));
  scene.check("resident", `${PAGE_SIZE} bytes`, `${facts.residentBytes} bytes`);
  scene.check(inWords("it rests after its INT3"), hex(restAddress), hex(stub.rip));
  scene.check("it is alive: getpid, injected", `${stub.pid}`, `${stub.stub.call("getpid")}`);
};
