/*
 * Every order of a stub's life: what holds, what breaks with another choice, and that the programs are those of real births.
 */

import { PROPERTIES } from "../../../src/labs/check/birth.ts";
import { checkBirth } from "../../../src/labs/check/check.ts";
import { encodeChoices } from "../../../src/labs/check/encoded.ts";

const check = suite("every order of a stub's life");

const broken = (options: Parameters<typeof checkBirth>[0]) =>
  checkBirth(options).verdicts.flatMap(({ property, schedule }) => (schedule ? [property] : []));

const [OUTLIVES, WAITS, AT_STOP, PARENT, DEATH, LEFT, UNDISTURBED, TERMINAL] = PROPERTIES;
const [SIGCHLD, SIGKILL, SIGUSR1, SIGSTOP] = [17, 9, 10, 19];

for (const [until, least] of [
  ["birth", 800],
  ["grandchild", 7000],
  ["call", 8000],
  ["close", 9000],
] as const)
  for (const exitSignal of [SIGKILL, SIGCHLD])
    check(
      `all properties hold up to the ${until} with exit signal ${exitSignal} if the outside acts once`,
      () => {
        const { states, verdicts } = checkBirth({ until, exitSignal });
        assert.ok(states > least);
        assert.ok(verdicts.every(({ schedule }) => schedule === undefined));
      },
    );

for (const [step, ofSigkill, ofSigchld] of [
  ["mask", [TERMINAL], [TERMINAL]],
  ["setsid", [], [TERMINAL]],
  ["prctl", [OUTLIVES], [OUTLIVES, LEFT]],
  ["getppid", [OUTLIVES, PARENT], [OUTLIVES, PARENT, LEFT]],
  ["stop", [UNDISTURBED], [UNDISTURBED]],
  ["WUNTRACED", [WAITS, UNDISTURBED], [WAITS, UNDISTURBED]],
  ["EXITKILL", [], []],
  ["rip", [AT_STOP], [AT_STOP]],
  ["TRACEEXIT", [], []],
  ["block", [], []],
  ["await", [OUTLIVES], [OUTLIVES]],
  ["pass-over", [LEFT, UNDISTURBED], [UNDISTURBED]],
  ["resume", [WAITS, LEFT, UNDISTURBED], [WAITS, LEFT, UNDISTURBED]],
  ["execve", [UNDISTURBED], []],
  ["reap", [LEFT], [LEFT]],
] as const)
  check(
    `without ${step} an outside that acts once breaks ${ofSigkill.join(", ") || "nothing"}`,
    () =>
      assert.equal(
        [broken({ omit: [step] }), broken({ omit: [step], exitSignal: SIGCHLD })],
        [ofSigkill, ofSigchld],
      ),
  );

check("a host that is killed and a child that is stopped before its prctl leave a stub", () =>
  assert.equal(broken({ acts: 2, outside: ["kill-host", "stop-stub"] }), [OUTLIVES]),
);

check("a stub that is killed and its child that is stopped before its prctl leave a stub", () => {
  const outside = ["kill-stub", "stop-grandchild"];
  assert.equal(broken({ acts: 2, outside, exitSignal: SIGCHLD }), [LEFT]);
});

check("with CLONE_PARENT the stub finds another parent than R15 says, and ends", () =>
  assert.equal(broken({ acts: 0, cloneFlags: 0x8000 }), [LEFT, UNDISTURBED]),
);

for (const [name, exitSignal, properties] of [
  ["SIGCHLD", SIGCHLD, []],
  ["SIGKILL", SIGKILL, []],
  ["SIGUSR1, which ends a parent", SIGUSR1, [DEATH]],
  ["SIGSTOP, which stops the host", SIGSTOP, [WAITS]],
] as const)
  check(`with exit signal ${name}, a killed stub breaks ${properties.join() || "nothing"}`, () =>
    assert.equal(broken({ exitSignal, outside: ["kill-stub"], until: "birth" }), properties),
  );

const choices = { flags: 0n, exitSignal: SIGKILL, wait: 0x4000_0002n };

check("what an encoder makes of a clone's registers is part of what is checked", () => {
  const { encodeBootstrap, ...encoder } = openEncoder("assembly");
  const wrong = (parent: number) => ({
    ...encoder,
    encodeBootstrap: (block: number, pid: number) => encodeBootstrap(block, pid & parent),
  });
  assert.equal(encodeChoices(wrong(-1), choices).mistakes, []);
  const { mistakes } = encodeChoices(wrong(0xffff), choices);
  assert.equal(mistakes, ["parent"]);
  assert.equal(broken({ mistakes, acts: 0 }), [UNDISTURBED]);
});

check("an unknown step is refused, with the nearest", () =>
  assert.throws(
    () => checkBirth({ omit: ["setsit"] }),
    /unknown step "setsit"; did you mean setsid\?/,
  ),
);
