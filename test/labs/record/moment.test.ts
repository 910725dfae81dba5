import { Annotator } from "../../../src/labs/record/annotate.ts";
import { isOld } from "../../../src/labs/record/moment.ts";
import type { Recording } from "../../../src/labs/record/recording.ts";

const moment = suite("what is known at a step");

const grandchild = await recordingOf("grandchild");
const cascade = await recordingOf("cascade");
const guest = await recordingOf("switch");
const { constants } = openEncoder("assembly");

/** The index of the first step of a lane whose title begins so, after another. */
function find({ steps }: Recording, lane: string, title: string, after = -1): number {
  const found = steps.findIndex(
    (step, i) => i > after && step.lane === lane && step.title.startsWith(title),
  );
  assert.ok(found >= 0, `${lane}: ${title}`);
  return found;
}

/** The meanings of the registers that come first at a step. */
function meanings(recording: Recording, index: number): Record<string, string | null> {
  const moments = new Moments(recording);
  const first = new Annotator(moments, constants).registers(moments.at(index));
  return Object.fromEntries(first.map(({ name, meaning }) => [name, meaning]));
}

moment("the state of each lane follows what it does, and what /proc says", () => {
  const moments = new Moments(grandchild);
  const statesAt = (index: number) =>
    ["host", "master", "grandchild"].map((id) => moments.lane(id, index).state);
  const birth = find(grandchild, "grandchild", "process");
  assert.equal(statesAt(-1), [null, null, null]);
  assert.equal(statesAt(birth - 1), ["R", "t", null]);
  assert.equal(statesAt(birth), ["R", "t", "t"]);
  const detached = find(grandchild, "host", "ptrace(PTRACE_DETACH");
  assert.equal(statesAt(detached), ["R", "t", "R"]);
  assert.equal(statesAt(detached + 1), ["R", "t", "T"]);
  assert.equal(statesAt(grandchild.steps.length), ["R", "t", "t"]);
});

moment("a lane is there from its first step on, or always if it acts on another in that", () => {
  const moments = new Moments(grandchild);
  const birth = find(grandchild, "grandchild", "process");
  const there = (index: number) =>
    ["host", "master", "grandchild"].filter((id) => moments.isThere(id, index));
  assert.equal(there(-1), ["host"]);
  assert.equal(there(birth - 1), ["host", "master"]);
  assert.equal(there(birth), ["host", "master", "grandchild"]);
});

moment("a process that has ended is a zombie until the last wait", () => {
  const moments = new Moments(cascade);
  const end = find(cascade, "grandchild", "killed by SIGKILL");
  const last = cascade.steps.findLastIndex(({ about }) => about === "grandchild");
  assert.is(moments.lane("grandchild", end - 1).state, "R");
  assert.is(moments.lane("grandchild", end).state, "Z");
  assert.is(moments.lane("grandchild", last - 1).state, "Z");
  assert.is(moments.lane("grandchild", last).state, "X");
});

moment("after a PTRACE_CONT, the registers have changed since the stop before", () => {
  const moments = new Moments(guest);
  const resumed = find(guest, "host", "ptrace(PTRACE_CONT");
  const stop = guest.steps[resumed + 1];
  assert.equal(stop?.registers?.before, stop?.registers?.after, "as it was recorded");
  const changed = moments.at(resumed + 1).registers.filter((row) => row.changed);
  assert.equal(
    changed.map(({ name }) => name).filter((name) => name !== "eflags"),
    ["rax", "rip"],
  );
  assert.is(moments.lane("subprocess", resumed + 2).stop, resumed + 1);
});

moment("values are old while their process runs, until it is looked at again", async () => {
  const inject = await recordingOf("inject");
  const moments = new Moments(inject);
  const resumed = find(inject, "host", "ptrace(PTRACE_CONT");
  const isOldAt = (index: number) => {
    const known = moments.lane("master", index);
    assert.ok(known.kernel && known.registers);
    return [isOld(known, known.registers, index), isOld(known, known.kernel, index)];
  };
  assert.equal(isOldAt(resumed - 1), [false, false]);
  assert.equal(isOldAt(resumed), [true, true]);
  assert.equal(isOldAt(resumed + 1), [false, false]);
});

moment("an event has the changes of its steps, each with the step that made it last", async () => {
  const inject = await recordingOf("inject");
  const moments = new Moments(inject);
  const written = find(inject, "host", "ptrace(PTRACE_SETREGS");
  const read = find(inject, "host", "ptrace(PTRACE_GETREGS");
  const { lane } = inject.steps[read + 1] ?? {};
  assert.is(lane, "host");
  assert.equal(moments.changedAt(read), []);
  const changed = new Map(moments.changedAt(read, written).map((row) => [row.name, row]));
  const stop = find(inject, "master", "stopped by SIGTRAP");
  assert.is(changed.get("rax")?.by, stop);
  assert.is(changed.get("rax")?.before, moments.at(written - 1).registers.find(isRax)?.after);
  const own = new Annotator(moments, constants).registers(moments.at(read, written));
  assert.equal(
    own.filter(isRax).map(({ changed, by }) => [changed, by]),
    [[true, stop]],
  );
});

const isRax = ({ name }: { readonly name: string }) => name === "rax";

moment("a clone has the registers of its parent, except for its result", () => {
  const birth = find(grandchild, "grandchild", "process");
  const changed = new Moments(grandchild).changedAt(birth);
  lists(changed, [["rax", "0x0"]], ({ name, after }) => [name, after]);
});

moment("a word is a message if a step has set it, also through the clone that copied it", () => {
  const moments = new Moments(grandchild);
  const birth = find(grandchild, "grandchild", "process");
  for (const name of ["r15", "rbx"]) assert.is(moments.isSet("grandchild", name, birth), true);
  assert.is(moments.isSet("master", "r14", birth), false);
  assert.is(moments.isSet("master", "no such register", birth), false);
});

moment("words are told with what they mean", () => {
  const [host, master] = grandchild.lanes;
  assert.ok(host && master);
  const moments = new Moments(grandchild);
  const rows = new Annotator(moments, constants).kernelRows("grandchild", 999);
  assert.is(rows.find(({ name }) => name === "PPid")?.after, `${master.pid} master`);
  const setregs = find(grandchild, "host", "ptrace(PTRACE_SETREGS");
  const written = meanings(grandchild, setregs);
  assert.is(written.rdi, "CLONE_FILES|SIGKILL");
  assert.is(written.rax, "clone");
  assert.is(written.r15, `${master.pid} master`);
  assert.is(written.rip, "stub code + 0x47");
  const compared = meanings(grandchild, find(grandchild, "grandchild", "cmp %r15"));
  assert.equal([compared.rax, compared.r15], [`${master.pid} master`, `${master.pid} master`]);
  assert.match(compared.eflags ?? "", /^ZF=1/);
  assert.is(meanings(guest, find(guest, "subprocess", "getpid()")).rax, "-ENOSYS");
});
