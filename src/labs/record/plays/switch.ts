import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { PAGE_SIZE } from "../../../core/shim/auxiliary_vector.ts";
import { hex, StateError } from "../../../lib/errors.ts";
import { parseFlags } from "../../../lib/names.ts";
import { HOST, resultWord } from "../arch.ts";
import { inWords } from "../lesson_text.ts";
import type { Said } from "../said.ts";
import type { Outcome } from "../stepping.ts";
import type { Acts } from "./play.ts";

/** The address of the guest's code. */
const CODE = 0x10000n;
/** Where it stores the result: nothing is mapped there. src/labs/record/guests/ */
const NOTEBOOK = 0x20000n;
/** The pid that the guest gets. */
const GUEST_PID = 1n;
/** A call that is skipped has no result: x86 has put -ENOSYS there before it stops the thread, arm64 nothing. */
const SKIPPED =
  HOST.ORIGINAL === undefined
    ? { fact: "x0 after the call that it ended with: its argument, not executed", word: 0n }
    : { fact: "the result of the call that it ended with: -ENOSYS, not executed", word: -38n };

export const host = { lane: "host", role: "the Node.js process: tracer, and the guest's kernel" };

export const play: Acts<"switch"> = (scene, say) => {
  // A subprocess with the guest in it, and registers at its first instruction.
  const platform = scene.openPlatform();
  const { tracer } = platform;
  const { encoder } = tracer.host;
  const space = platform.newAddressSpace();
  space.mapAnonymous(CODE, PAGE_SIZE, "rwx");
  space.write(CODE, scene.loadGuest("guest", CODE));
  space.protect(CODE, PAGE_SIZE, "rx");
  const { registers } = platform.newContext();
  registers.set(HOST_MACHINE.instructionPointer, CODE);
  const guest = scene.enlist("subprocess", "a stub, in which the guest runs", space.stub);
  guest.emulated = true;
  for (const change of Object.values(say.parts("observed"))) scene.recorder.observe(change);

  const enter = (why: Said) => {
    encoder.enterGuest(registers.offset, guest.stub.thread.initial.offset);
    guest.setRegisters(registers, why);
  };
  const run = (why: Said, kind: Outcome["kind"] = "executed") => {
    const outcome = guest.step(kind === "fault" ? { stop: why } : { why });
    if (outcome.kind === kind) return outcome.step;
    throw new StateError(`an instruction of the guest was ${outcome.kind}, not ${kind}`);
  };
  const save = (at: number, wait: Said, why: Said) => {
    guest.waited(at, wait);
    guest.stub.thread.expect("stopped").readRegisters(registers);
    guest.getRegisters(why);
  };

  guest.look(inWords(`stub ${space.pid} rests after its INT3`), say("rests"));
  enter(say("enters"));
  run(say("begins"));
  if (guest.next !== "getpid") run(say("number"));
  const number = tracer.host.syscallNumber("getpid");
  const call = say.parts("call", { number, pid: space.pid });
  save(run(call.made, "emulated"), call.wait, call.found);
  // The lesson needs no arguments, and the frame is free between two injections.
  encoder.decodeGuestSyscall(registers.offset, tracer.host.frame.offset);
  encoder.encodeGuestResult(registers.offset, GUEST_PID);
  enter(call.answered);

  const fault = say.parts("fault", { notebook: hex(NOTEBOOK), address: hex(NOTEBOOK) });
  save(run(fault.raised, "fault"), fault.wait, fault.saved);
  guest.getSignalInfo(fault.info);
  const protection = parseFlags("PROT_READ|PROT_WRITE", encoder.constants);
  const flags = parseFlags("MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED", encoder.constants);
  const page = [NOTEBOOK, PAGE_SIZE, protection, flags, -1, 0];
  guest.call("mmap", page, say.parts("mmap"));
  enter(say("again.enters"));
  run(say("again.stores"));
  const exit = say.parts("exit");
  run(exit.status);
  run(exit.number);
  save(run(exit.made, "emulated"), exit.wait, exit.saved);

  const { facts } = guest;
  const stored = new DataView(space.read(NOTEBOOK, 4).buffer).getUint32(0, true);
  scene.check("what the guest stored", `${GUEST_PID}`, `${stored}`);
  scene.check("its process is alive, stopped by its tracer", "t", facts.state);
  const starts = facts.mappings.map(({ start }) => hex(BigInt(start)));
  const expected = [CODE, NOTEBOOK, BigInt(tracer.host.stubAddress)].map(hex);
  scene.check("its pages", expected.join(", "), starts.join(", "));
  const status = hex(registers.get(HOST.ARGUMENTS[0] ?? ""));
  scene.check(inWords("the exit status in RDI"), "0x0", status);
  const result = BigInt.asIntN(64, resultWord(registers.dump()));
  scene.check(SKIPPED.fact, `${SKIPPED.word}`, `${result}`);
};
