// Situations that are really made: by test/support/situations.c, and by tracers.

import { explain } from "../../../src/labs/explain/explain.ts";
import { machinesOf } from "../../kernels/machines.ts";
import { makeTrivialRoot, reasonOf } from "../../kernels/trivial.ts";

const situations = suite("explain: situations");
const folder = temporaryFolder();
// Other users run the program in it.
chmodSync(folder, 0o755);

/** Situations that take the freezer of cgroups of version 1, where this kernel cannot make them. */
const OF_FREEZER = /^(frozen-by-freezer|dumping) .*: unknown$/;

needs(
  situations,
  "cc",
  "unshare",
)("each has its causes", async () => {
  const source = readFileSync("test/support/situations.c", "utf8");
  const program = join(folder, "situations");
  writeFileSync(program, compile("cc", "situations.c", source, "-static"), { mode: 0o755 });
  const [node, words] = stublabCommand();
  const script = ["test/kernels/explain.mjs", program, DENY, node, ...words];
  const { stdout, stderr } = await run([node, script]);
  const lines = stdout.trim().split("\n");
  const wrong = lines.filter((line) => !line.endsWith(": right"));
  const freezer = spawnSync(program, ["frozen-by-freezer"], { input: "", encoding: "utf8" });
  const isLacking = (line: string) => freezer.status !== 0 && OF_FREEZER.test(line);
  for (const line of wrong.filter(isLacking))
    console.log(`\nskipped: "${line}": ${freezer.stderr}`);
  assert.is(wrong.filter((line) => !isLacking(line)).join("\n"), "", stderr);
  assert.is(lines.length, 59, stderr);
});

/** The ids of what a process is explained as. */
async function explained(pid: number): Promise<string> {
  const question = { word: `${pid}`, isStatus: false, isDocument: true };
  const answer = await explain(question).catch(() => undefined);
  if (answer === undefined) return "has ended";
  const { kinds, stop, attach } = JSON.parse(answer.text);
  return [...kinds, stop, ...attach.causes].map(({ id }) => id).join(" ");
}

situations("stubs, and their host", async () => {
  const tracer = new Tracer();
  try {
    const master = tracer.createStub();
    assert.is(await explained(master.pid), "stub signal-delivery attach-traced");
    master.scrub();
    assert.is(await explained(master.createStub().pid), "stub signal-delivery attach-traced");
    assert.is(await explained(process.pid), "stub-host running attach-own-thread");
  } finally {
    tracer.close();
  }
});

const SANDBOX = "--network=none --ignore-cgroups do -quiet -- /bin/sleep 1000";
const MACHINE =
  "root=/dev/root rootfstype=hostfs rootflags=/ ro mem=128M con=null con0=null console=tty0 init=/bin/sleep -- 1000";

/** In milliseconds: until a tracer has a tracee. */
const LIMIT = 20_000;
/** Commands that trace, and what a descendant of theirs is explained as. */
const TRACERS: readonly [ids: string, command: string, words: string][] = [
  ["strace sleeping attach-traced", "strace", "-o /dev/null sleep 1000"],
  ["gdb signal-delivery attach-traced", "gdb", "-nx -q -ex starti sleep"],
  ["runsc signal-delivery attach-traced", "runsc", `--platform=ptrace ${SANDBOX}`],
  ["runsc sleeping attach-may", "runsc", `--platform=systrap ${SANDBOX}`],
  ["uml syscall-entry attach-traced", "linux.uml", MACHINE],
];

/** Why User Mode Linux cannot run here, as npm run kernels finds it; undefined if it can. */
async function reasonAgainstUml(): Promise<string | undefined> {
  const [uml] = machinesOf(["probe/uml"]);
  const [program = "", ...words] =
    uml?.trivial?.({ folder, trivialRoot: () => makeTrivialRoot(folder) }) ?? [];
  const { stdout } = await run([program, words]);
  return reasonOf(stdout);
}

for (const [ids, command, words] of TRACERS) {
  needs(situations, command)(`${command}: ${ids}`, async () => {
    const running = new Running([command, words.split(" ")]);
    try {
      let isSeen = false;
      const all = () => Promise.all(familyOf(running.pid).map(explained));
      const look = async () => {
        isSeen = (await all()).includes(ids);
        return isSeen || !isAlive(running.pid);
      };
      await eventually(look, LIMIT);
      const reason = isSeen || command !== "linux.uml" ? undefined : await reasonAgainstUml();
      if (reason !== undefined) console.log(`\nskipped: "${command}": ${reason}`);
      else assert.ok(isSeen, (await all()).join("\n"));
    } finally {
      spawnSync("kill", ["-KILL", ...familyOf(running.pid).map(String)]);
      await running.ended;
    }
  });
}

needs(situations, "unshare")("a process /proc hides is not taken for a status word", async () => {
  const mount = "mount -t proc -o hidepid=invisible proc /proc";
  const drop = 'exec setpriv --reuid=54321 --regid=54321 --clear-groups "$@"';
  const [node, words] = stublabCommand("explain", `${process.pid}`);
  const command = ["-m", "sh", "-c", `${mount} && ${drop}`, "sh", node, ...words];
  const { code, stdout, stderr } = await run(["unshare", command]);
  assert.equal([code, stdout], [1, ""], stderr);
  assert.match(stderr, `/proc does not show process ${process.pid}, which exists`);
});

needs(situations, "strace")("the process gets no signal, and no request of ptrace", async () => {
  const [node, words] = stublabCommand("explain", `${process.pid}`);
  const calls = "trace=ptrace,kill,tkill,tgkill,rt_sigqueueinfo,pidfd_send_signal,process_vm_readv";
  const options = ["-f", "-qq", "-e", calls, "-e", "signal=none"];
  const { code, stderr } = await run(["strace", [...options, node, ...words]]);
  assert.equal([code, stderr], [0, ""]);
});
