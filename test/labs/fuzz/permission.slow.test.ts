import { inGvisor } from "../../support/gvisor.ts";

const PROBE = `dist/probe-${HOST_ARCH}`;
const GROUPS = ["permission", "permission under Yama"];
const ASKED = ["conformance", ...GROUPS.flatMap((group) => ["--only", group])];
/** Every user may reach and read it, as the probe in a process of another user executes it again. */
const COPY = join(temporaryFolder(), "probe");

const permission = suite("facts about permission");
const asRoot = needs(permission, { root: process.getuid?.() === 0 }, "setpriv");
const inRunsc = needs(permission, "runsc");

permission.before(() => {
  copyFileSync(PROBE, COPY);
  chmodSync(COPY, 0o755);
  chmodSync(join(COPY, ".."), 0o755);
});

/** The facts that a run of the probe has looked at, and how it ended. */
function factsOf({ stdout, status }: { stdout: string; status: number | null }) {
  const lines = [...stdout.matchAll(/^ {2}(ok|not ok) \d+ (.*?)( # SKIP .*)?$/gm)];
  const facts = lines.map(([, result = "", name = "", skipped]) => ({ result, name, skipped }));
  const held = facts.filter((it) => it.result === "ok" && it.skipped === undefined);
  return { stdout, status, held: held.map(({ name }) => name) };
}

const look = (program: string, ...args: string[]) =>
  factsOf(spawnSync(program, [...args, ...ASKED], { encoding: "utf8" }));

/** How many checks facts have. */
function checksOf(names: readonly string[]): number {
  const listed = spawnSync(PROBE, ["conformance", "--list"], { encoding: "utf8" }).stdout;
  const facts = listed
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return facts.flatMap(({ fact, checks }) => (names.includes(fact) ? checks : [])).length;
}

asRoot("hold for root, with more than 200 checks of which no step fails", () => {
  const { stdout, status, held } = look(COPY);
  assert.is(status, 0, stdout);
  assert.ok(checksOf(held) > 200, stdout);
  assert.not.match(stdout, /cannot take this step: EINVAL/);
});

asRoot("hold for an ordinary user, without what needs root", () => {
  const user = ["--reuid", "1000", "--regid", "1000", "--clear-groups", COPY];
  const { stdout, status, held } = look("setpriv", ...user);
  assert.is(status, 0, stdout);
  assert.ok(held.some((name) => /zombie/.test(name)));
  assert.ok(held.some((name) => /execve waits/.test(name)));
  assert.not(held.some((name) => /^ATTACH needs/.test(name)));
});

permission("Yama's last scope is not set unless it is asked for", () => {
  assert.not(look(PROBE).held.some((name) => /scope 3/.test(name)));
});

inRunsc("gVisor grants get_robust_list of any task, and else asks as ATTACH does", () => {
  const facts = ["get_robust_list", "process_vm_readv"].map(
    (way) => `${way} needs what ATTACH needs`,
  );
  const only = facts.flatMap((fact) => ["--only", fact]);
  const { stdout, held } = factsOf(inGvisor(PROBE, "conformance", ...only));
  assert.equal(held, facts.slice(1), stdout);
});
