/*
 * Every order of a birth: what holds, what breaks without a precaution, and that real processes do what a schedule says.
 */

import { PRECAUTIONS, PROPERTIES } from "../../../src/labs/check/birth.ts";
import { checkBirth } from "../../../src/labs/check/check.ts";
import { precautionTable } from "../../../src/labs/check/text.ts";
import { trySchedule } from "../../../src/labs/check/try.ts";

const DOCUMENT = "docs/check.md";
const PROBE = `dist/probe-${HOST_ARCH}`;

const check = suite("every order of a birth");
const withProbe = needs(check, { "the probe, which wasm2c builds": existsSync(PROBE) });

const broken = (options: Parameters<typeof checkBirth>[0]) =>
  checkBirth(options).verdicts.flatMap(({ property, schedule }) => (schedule ? [property] : []));

const [OUTLIVES, WAITS, AT_STOP, PARENT, DEATH, UNDISTURBED, TERMINAL] = PROPERTIES;

check("all properties hold if the outside acts once", () => {
  const { states, verdicts } = checkBirth();
  assert.ok(states > 2000);
  assert.ok(verdicts.every(({ schedule }) => schedule === undefined));
});

for (const [step, properties] of [
  ["mask", []],
  ["setsid", [TERMINAL]],
  ["prctl", [OUTLIVES]],
  ["getppid", [OUTLIVES, PARENT]],
  ["stop", [UNDISTURBED]],
  ["WUNTRACED", [WAITS, UNDISTURBED]],
  ["EXITKILL", []],
  ["rip", [AT_STOP]],
] as const)
  check(
    `without ${step} an outside that acts once breaks ${properties.join(", ") || "nothing"}`,
    () => assert.equal(broken({ omit: [step] }), properties),
  );

check("a host that is killed and a child that is stopped before its prctl leave a stub", () => {
  const outside = ["kill-host", "stop-stub"];
  assert.equal(broken({ acts: 2, outside }), [OUTLIVES]);
});

check("with CLONE_PARENT the stub finds another parent than R15 says, and ends", () => {
  const CLONE_PARENT = 0x8000;
  assert.equal(broken({ acts: 0, cloneFlags: CLONE_PARENT }), [UNDISTURBED]);
});

for (const [name, exitSignal, properties] of [
  ["SIGCHLD", 17, []],
  ["SIGKILL", 9, []],
  ["SIGUSR1, which ends the host", 10, [DEATH]],
] as const)
  check(`with exit signal ${name}, a killed stub breaks ${properties.join() || "nothing"}`, () =>
    assert.equal(broken({ exitSignal, outside: ["kill-stub"] }), properties),
  );

for (const omit of [[], ...PRECAUTIONS.map(({ name }) => [name])])
  withProbe(`this kernel performs each schedule without ${omit[0] ?? "nothing"}`, () => {
    const { verdicts } = checkBirth({ omit, acts: 2 });
    for (const { property, schedule } of verdicts)
      if (schedule !== undefined) assert.ok(trySchedule(schedule), property);
  });

/** Kinds of assembly/tasks/actions.ts, and the comparison with R15, as the calls of a recording. */
const CALLS: ReadonlyMap<number, string> = new Map([
  [0, "clone"],
  [3, "kill"],
  [6, "wait4"],
  [10, "prctl"],
  [12, "setsid"],
  [14, "rt_sigprocmask"],
  [16, "ptrace"],
  [0xfe, "getppid"],
]);

/** The calls of a task in the schedule that breaks a property. */
function callsOf(actor: number, omit: string, property: string, acts: number) {
  const { verdicts } = checkBirth({ omit: [omit], acts });
  const { schedule = [] } = verdicts.find((it) => it.property === property) ?? {};
  return schedule.flatMap(({ call }) => (call?.actor === actor ? [CALLS.get(call.kind)] : []));
}

check(
  "the steps of host and stub are those of a birth that is recorded, in this order",
  async () => {
    const file = join(temporaryFolder(), "host.json");
    assert.is((await stublab(["lesson", "host", "--record", file])).code, 0);
    const { steps } = JSON.parse(readFileSync(file, "utf8"));
    const modelled = new Set(CALLS.values());
    const recorded = (lane: string) =>
      steps
        .filter(
          (step: { lane: string; staged: boolean; call: object | null }) =>
            step.lane === lane && !step.staged && step.call !== null,
        )
        .map(
          ({
            call: { name, arguments: words },
          }: {
            call: { name: string; arguments: { told: string }[] };
          }) => [name, words[0]?.told ?? ""] as const,
        )
        .filter(
          ([name, told]: readonly [string, string]) =>
            modelled.has(name) && (name !== "ptrace" || /ATTACH|SETOPTIONS/.test(told)),
        )
        .map(([name]: readonly [string, string]) => name);
    const host = callsOf(1, "rip", AT_STOP, 1);
    assert.equal(recorded("host").slice(0, host.length), host);
    const stub = callsOf(2, "WUNTRACED", UNDISTURBED, 0);
    assert.equal(recorded("master").slice(0, stub.length), stub);
    assert.is(host.length, 7);
    assert.is(stub.length, 5);
  },
);

check("an unknown step is refused, with the nearest", () =>
  assert.throws(
    () => checkBirth({ omit: ["setsit"] }),
    /unknown step "setsit"; did you mean setsid\?/,
  ),
);

check(`${DOCUMENT} has the table`, () => {
  const text = readFileSync(DOCUMENT, "utf8");
  const expected = text.replace(
    /(<!-- table -->\n)[\s\S]*(\n<!-- \/table -->)/,
    (_, begin: string, end: string) => `${begin}\n${precautionTable().join("\n")}\n${end}`,
  );
  if (process.env.WRITE_DOCUMENTS) writeFileSync(DOCUMENT, expected);
  else assert.is(text, expected);
});
