import { by, DRIVES } from "../../support/drives.ts";
import { GETPID } from "../../support/guests.ts";

const killed = suite("lanes killed");

/** All ways to run guests: without a tracer they run on amd64 only. */
const WAYS = DRIVES.filter(({ lane }) => lane === "faithful" || HOST_ARCH === "amd64");

const GUEST = asm.loop(asm.call(GETPID));

const SEED = 31n;
const STUBS = 25;
const HOSTS = 12;
/** The longest time from the start of a guest to a kill, in milliseconds. */
const LONGEST = 12;

/** Kills a process from outside after some milliseconds. */
function killLater(pid: number, milliseconds: number): Promise<unknown> {
  const script = `sleep ${milliseconds / 1000}; kill -KILL ${pid}`;
  const child = spawn("sh", ["-c", script], { stdio: "ignore" });
  return new Promise((resolve) => child.once("exit", resolve));
}

for (const way of WAYS) {
  killed(`${way.name}: a stub killed at any moment is an error; its guest lives on`, () =>
    by(way, async () => {
      using platform = Platform.open({ lane: way.lane });
      const random = randomWords(SEED);
      for (let round = 0; round < STUBS; round++) {
        const { space, context } = loadReadOnly(platform, GUEST);
        const { pid } = space;
        const over = killLater(pid, (Number(random()) / 2 ** 64) * LONGEST);
        let error: unknown;
        while (error === undefined) {
          try {
            const what = random() % 16n;
            if (what === 0n) space.mapAnonymous(0x50000, PAGE_SIZE, "rw");
            else if (what === 1n) context.xstate.fill(Number(random() % 256n), 160, 176);
            else if (what === 2n) space.read(0x10000, 8);
            else syscallOf(context.switch(space));
          } catch (failure) {
            error = failure;
          }
        }
        await over;
        // A read of memory only fails.
        if (!(error instanceof DeathError)) {
          assert.match(String(error), /ESRCH|EFAULT/);
          assert.throws(
            () => context.switch(space),
            (failure: unknown) => failure instanceof DeathError,
          );
        }
        assert.is(processState(pid), undefined, "reaped");
        space.release();
        const next = loadReadOnly(platform, GUEST);
        context.registers.set(HOST_MACHINE.instructionPointer, 0x10000n);
        syscallOf(context.switch(next.space));
        toSyscall(next);
        next.space.release();
        context.release();
      }
    }),
  );
}

// Orphans of the hosts become children of this process.
adoptOrphans();

for (const way of WAYS) {
  killed(`${way.name}: no stub survives a host that is killed`, () =>
    by(way, async () => {
      const random = randomWords(SEED + 1n);
      for (let round = 0; round < HOSTS; round++) {
        const host = new Running(
          hostCommand("switching", JSON.stringify({ lane: way.lane }), String(random())),
        );
        assert.ok(await host.says(/^begin$/m), host.stderr);
        const stubs = [...host.stdout.matchAll(/^pid (\d+)$/gm)].map(([, pid]) => Number(pid));
        assert.ok(stubs.length >= 4);
        const end = performance.now() + (Number(random()) / 2 ** 64) * LONGEST;
        while (performance.now() < end);
        process.kill(host.pid, "SIGKILL");
        assert.is((await host.ended).signal, "SIGKILL", host.stderr);
        assert.ok(await eventually(() => !stubs.some(isAlive), 2000), `${stubs.filter(isAlive)}`);
        const alive = () => childrenOf(process.pid).filter(isAlive);
        assert.ok(await eventually(() => alive().length === 0, 2000), `${alive()}`);
      }
    }),
  );
}
