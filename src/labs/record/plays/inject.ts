import { hex } from "../../../lib/errors.ts";
import { inWords } from "../lesson_text.ts";
import type { Acts } from "./play.ts";

/** A file descriptor that is not open. */
const NO_FILE = 1_000_000;

export const play: Acts<"inject"> = (scene, say) => {
  const { tracer } = scene;
  const stub = scene.rest("master", "the first stub");
  const number = tracer.host.syscallNumber("getpid");
  const values = { host: process.pid, stub: stub.pid, number };
  const quick = stub.call("getpid", [], say.parts("quick", values));
  const after = stub.registers();
  const slow = stub.call("getpid", [], { stepped: true, ...say.parts("slow") });
  const changed = Object.entries(stub.registers()).filter(([name, word]) => after[name] !== word);
  const failed = stub.call("close", [NO_FILE], say.parts("failed", { file: NO_FILE }));
  scene.check("getpid, injected", `${stub.pid}`, `${quick.value}`);
  scene.check("getpid, stepped", `${stub.pid}`, `${slow.value}`);
  const names = changed.map(([name]) => name).join(", ");
  scene.check("registers that differ between the two", "none", names || "none");
  scene.check("close of a file that is not open", "EBADF", `${failed.errno}`);
  const rests = inWords("the stub rests after its INT3");
  scene.check(rests, hex(tracer.host.restAddress), hex(stub.rip));
};
