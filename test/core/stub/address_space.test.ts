import { unlinkSync } from "node:fs";
import { topOfUserSpace } from "../../../src/core/stub/user_space.ts";

const spaces = suite("address space");

const PAGE = PAGE_SIZE;
const AT = 0x10000;

function withSpace(body: (space: Subprocess, platform: Platform) => void): void {
  using platform = Platform.open();
  body(platform.newAddressSpace(), platform);
}

/** Start, end and protection of every mapping except the stub code. */
function mapped(space: Subprocess): [number, number, string][] {
  const { stubAddress } = space.tracer;
  return readProcess(space.pid)
    .mappings.filter(({ start }) => start !== stubAddress)
    .map(({ start, end, protection }) => [start, end, protection]);
}

spaces("is empty, a grandchild of the host, and under a filter", () => {
  withSpace((space, platform) => {
    assert.equal(mapped(space), []);
    assert.is(readProcess(space.pid).parentPid, platform.master.pid);
    const status = readFileSync(`/proc/${space.pid}/status`, "utf8");
    assert.match(status, /^Seccomp:\t2$/m);
  });
});

spaces("maps, protects and unmaps whole pages", () => {
  withSpace((space) => {
    space.mapAnonymous(AT, 3 * PAGE - 1, "rw");
    assert.equal(mapped(space), [[AT, AT + 3 * PAGE, "rw-p"]]);
    space.protect(AT + PAGE, 1, "rx");
    assert.equal(mapped(space), [
      [AT, AT + PAGE, "rw-p"],
      [AT + PAGE, AT + 2 * PAGE, "r-xp"],
      [AT + 2 * PAGE, AT + 3 * PAGE, "rw-p"],
    ]);
    space.unmap(AT, 2 * PAGE);
    assert.equal(mapped(space), [[AT + 2 * PAGE, AT + 3 * PAGE, "rw-p"]]);
    space.unmap(0x7000_0000_0000n, PAGE);
    space.protect(AT + 2 * PAGE, PAGE, "");
    assert.equal(mapped(space), [[AT + 2 * PAGE, AT + 3 * PAGE, "---p"]]);
  });
});

spaces("maps a file shared, from an offset, and sees the host's writes", () => {
  const path = join(tmpdir(), `stublab-${process.pid}`);
  writeFileSync(path, Buffer.concat([Buffer.alloc(PAGE, "a"), Buffer.alloc(PAGE, "b")]));
  const fd = openSync(path, "r+");
  try {
    withSpace((space) => {
      space.mapFile(AT, PAGE, "rw", { fd, offset: PAGE, populate: true });
      assert.is(Buffer.from(space.read(AT, 3)).toString(), "bbb");
      space.write(AT, Buffer.from("guest"));
      assert.is(
        readFileSync(path)
          .subarray(PAGE, PAGE + 5)
          .toString(),
        "guest",
      );
      assert.is(
        thrown(SyscallError, () => space.mapFile(AT, PAGE, "r", { fd: 9999 })).errno,
        "EBADF",
      );
      thrown(SyscallError, () => space.mapFile(AT, PAGE, "r", { fd, offset: 1 }));
      assert.is(Buffer.from(space.read(AT, 5)).toString(), "guest");
    });
  } finally {
    closeSync(fd);
    unlinkSync(path);
  }
});

for (const [what, address, length] of [
  ["a length of 0", AT, 0],
  ["a negative length", AT, -1],
  ["a length of 2^64 - 1", AT, 2n ** 64n - 1n],
  ["all of user space", 0, topOfUserSpace()],
  ["an address between two pages", AT + 1, PAGE],
  ["a negative address", -PAGE, PAGE],
  ["an address past user space", 2n ** 63n, PAGE],
] as const) {
  spaces(`refuses ${what}, and leaves the mappings unchanged`, () => {
    withSpace((space) => {
      space.mapAnonymous(AT, PAGE, "rw");
      space.write(AT, Uint8Array.of(42));
      thrown(MemoryError, () => space.mapAnonymous(address, length, "rw"));
      thrown(MemoryError, () => space.mapFile(address, length, "r", { fd: 0 }));
      thrown(MemoryError, () => space.protect(address, length, "r"));
      thrown(MemoryError, () => space.unmap(address, length));
      assert.equal(mapped(space), [[AT, AT + PAGE, "rw-p"]]);
      assert.is(space.read(AT, 1)[0], 42);
    });
  });
}

spaces("refuses ranges that overlap the stub's page, from either side", () => {
  withSpace(
    (
      space,
      {
        tracer: {
          host: { stubAddress },
        },
      },
    ) => {
      for (const [address, length] of [
        [stubAddress, PAGE],
        [stubAddress, 1],
        [stubAddress - PAGE, PAGE + 1],
        [AT, stubAddress],
      ] as const) {
        thrown(MemoryError, () => space.mapAnonymous(address, length, "rwx"));
        thrown(MemoryError, () => space.protect(address, length, "rwx"));
        thrown(MemoryError, () => space.unmap(address, length));
      }
      thrown(MemoryError, () => space.write(stubAddress, Uint8Array.of(0xcc)));
      space.mapAnonymous(stubAddress - PAGE, PAGE, "rw");
      assert.is(space.stub.call("getpid"), BigInt(space.pid));
    },
  );
});

spaces("refuses invalid numbers and protections", () => {
  withSpace((space) => {
    thrown(InputError, () => space.mapAnonymous(0.5, PAGE, "r"));
    thrown(InputError, () => space.mapAnonymous(AT, Number.NaN, "r"));
    // JavaScript callers have no types.
    const protection: "r" = JSON.parse('"xr"');
    thrown(InputError, () => space.mapAnonymous(AT, PAGE, protection));
    assert.equal(mapped(space), []);
  });
});

spaces("that is released is empty, waits in the pool, and is handed out again", () => {
  withSpace((space, platform) => {
    space.mapAnonymous(AT, PAGE, "rw");
    const { pid } = space;
    space.release();
    space.release();
    assert.is(platform.pooled, 1);
    const next = platform.newAddressSpace();
    assert.is(next.pid, pid);
    assert.is(platform.pooled, 0);
    assert.equal(mapped(next), []);
  });
});

/** The number of mseal, which Linux has since 6.10, on all architectures. */
const MSEAL = 462;
function hasMseal(): boolean {
  using tracer = new Tracer();
  return tracer.createStub().inject(MSEAL, 0, 0, 0).errno === null;
}

needs(spaces, { mseal: hasMseal() })("with a sealed page is closed when it is released", () => {
  using platform = Platform.open({ seccomp: false });
  const space = platform.newAddressSpace();
  space.mapAnonymous(AT, PAGE, "rw");
  space.stub.call(MSEAL, AT, PAGE, 0);
  space.release();
  assert.is(space.stub.alive, false);
});

spaces("refuses everything once it is released, even if its process is in use again", () => {
  withSpace((space, platform) => {
    space.release();
    const next = platform.newAddressSpace();
    const context = platform.newContext();
    thrown(StateError, () => space.mapAnonymous(AT, PAGE, "r"));
    thrown(StateError, () => space.unmap(AT, PAGE));
    thrown(StateError, () => space.protect(AT, PAGE, "r"));
    thrown(StateError, () => space.read(AT, 1));
    thrown(StateError, () => space.write(AT, Uint8Array.of(1)));
    thrown(StateError, () => context.switch(space));
    next.mapAnonymous(AT, PAGE, "r");
  });
});

spaces("is not switched to by a released context", () => {
  withSpace((space, platform) => {
    const context = platform.newContext();
    context.release();
    context.release();
    thrown(StateError, () => context.switch(space));
    assert.is.not(platform.newContext().registers, platform.newContext().registers);
  });
});

spaces("is not switched to within a switch of the same context", () => {
  withSpace((space, platform) => {
    const context = platform.newContext();
    const options = {
      // The only moment at which the caller's code runs inside a switch.
      get deadline(): number {
        context.switch(space);
        return 1;
      },
    };
    assert.match(thrown(StateError, () => context.switch(space, options)).message, "already");
    assert.is(context.switch(space).kind, "fault");
  });
});

spaces("runs its guests on the tracer's processor, unless that is turned off", () => {
  const allowed = (pid: number) =>
    /^Cpus_allowed_list:\t(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
  for (const bind of [true, false]) {
    using platform = Platform.open({ bind });
    const space = platform.newAddressSpace();
    assert.is(allowed(space.pid), allowed(process.pid));
    platform.newContext().switch(space);
    if (bind) assert.match(allowed(space.pid), /^\d+$/);
    else assert.is(allowed(space.pid), allowed(process.pid));
  }
});

spaces("that is dead throws a DeathError", () => {
  withSpace((space, platform) => {
    process.kill(space.pid, "SIGKILL");
    for (let i = 0; i < 2; i++) thrown(DeathError, () => space.mapAnonymous(AT, PAGE, "r"));
    space.release();
    assert.is(platform.pooled, 0);
    platform.newAddressSpace().mapAnonymous(AT, PAGE, "rw");
  });
});

/** Whether a killed process is at its exit stop: state t, and PF_SIGNALED among its flags. */
function isAtExitStop(pid: number): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "t" && (Number(fields[6]) & 0x400) !== 0;
}

spaces("is not disturbed by signals sent to its process or to the master", () => {
  using platform = Platform.open();
  const space = platform.newAddressSpace();
  for (const signal of ["HUP", "INT", "USR1", "TERM", "STOP", "CONT", "CHLD", "WINCH", "40"]) {
    spawnSync("sh", ["-c", `kill -s ${signal} ${space.pid} ${platform.master.pid}`]);
    space.mapAnonymous(AT, PAGE, "rw");
    platform.newAddressSpace().release();
    spawnSync("sh", ["-c", `kill -s ${signal} ${space.pid} ${platform.master.pid}`]);
  }
  space.release();
  platform.close();
  assert.is(processState(space.pid), undefined);
});

spaces("that was killed a moment after its release is not handed out", () => {
  using platform = Platform.open();
  for (let i = 0; i < 50; i++) {
    using space = platform.newAddressSpace();
    space.mapAnonymous(AT, PAGE, "rw");
    space.release();
    process.kill(space.pid, "SIGKILL");
  }
});

spaces("that was killed at rest is released without an error, and is not pooled", async () => {
  using platform = Platform.open();
  const space = platform.newAddressSpace();
  process.kill(space.pid, "SIGKILL");
  assert.ok(await eventually(() => isAtExitStop(space.pid), 1000));
  space.release();
  assert.is(platform.pooled, 0);
});

spaces("that died in the pool is not reused", async () => {
  using platform = Platform.open();
  const space = platform.newAddressSpace();
  space.release();
  process.kill(space.pid, "SIGKILL");
  // The stub was unmapped just before, so it is not asked.
  const later = performance.now() + 1;
  assert.ok(await eventually(() => performance.now() > later && isAtExitStop(space.pid), 1000));
  const next = platform.newAddressSpace();
  next.mapAnonymous(AT, PAGE, "rw");
  assert.is.not(next.pid, space.pid);
});

spaces("belongs to its platform, which closes all and then refuses new ones", () => {
  const platform = Platform.open();
  const other = Platform.open();
  const space = platform.newAddressSpace();
  const released = platform.newAddressSpace();
  released.release();
  thrown(StateError, () => other.newContext().switch(space));
  platform.close();
  platform.close();
  for (const pid of [space.pid, released.pid, platform.master.pid]) {
    assert.is(processState(pid), undefined);
  }
  thrown(StateError, () => platform.newAddressSpace());
  thrown(StateError, () => platform.newContext());
  thrown(StateError, () => space.mapAnonymous(AT, PAGE, "r"));
  other.close();
});

for (const exitSignal of ["SIGCHLD", "SIGKILL"]) {
  for (const encoder of ["assembly", "script", "native"]) {
    spaces(`closes with the caller alive: ${exitSignal}, encoder ${encoder}`, () => {
      const platform = Platform.open({ exitSignal, encoder: openEncoder(encoder) });
      const pids = [0, 1, 2].map(() => platform.newAddressSpace().pid);
      platform.close();
      for (const pid of pids) assert.is(processState(pid), undefined);
    });
  }
}
