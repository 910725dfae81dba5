import { machine } from "node:os";
import {
  endOfPages,
  highestFreePage,
  occupied,
  topOfUserSpace,
} from "../../../src/core/stub/user_space.ts";

const PAGE = PAGE_SIZE;
const MB = 2 ** 20;
const GB = 2 ** 30;
/** The last page of half of an address space is not mapped. */
const TOP = 2 ** 47 - PAGE;
/** The ends of user space that a kernel may be built with. */
const TOPS = { amd64: [TOP], arm64: [52, 48, 47, 42, 39].map((bits) => 2 ** bits) };

function limits(soft: number | "unlimited"): string {
  return `Limit                     Soft Limit           Hard Limit           Units
Max data size             unlimited            unlimited            bytes
Max stack size            ${String(soft).padEnd(20)} unlimited            bytes
Max core file size        0                    unlimited            bytes
`;
}

/** The page chosen for the stub code with this memory map, in hex. */
function place(maps: string, soft: number | "unlimited" = 8 * MB): string {
  return hex(BigInt(highestFreePage(occupied(maps, limits(soft)), TOP)));
}

const holes = suite("placement: the highest free page");

holes("nothing is mapped: the last page", () => {
  assert.is(highestFreePage([], TOP), TOP - PAGE);
});

holes("a page above every mapping", () => {
  assert.is(highestFreePage([{ start: PAGE, end: 9 * PAGE }], 11 * PAGE), 10 * PAGE);
});

holes("a hole of one page is filled exactly", () => {
  const taken = [
    { start: 3 * PAGE, end: 5 * PAGE },
    { start: 6 * PAGE, end: 8 * PAGE },
  ];
  assert.is(highestFreePage(taken, 8 * PAGE), 5 * PAGE);
});

holes("mappings that touch leave no hole", () => {
  const taken = [
    { start: 3 * PAGE, end: 5 * PAGE },
    { start: 5 * PAGE, end: 8 * PAGE },
  ];
  assert.is(highestFreePage(taken, 8 * PAGE), 2 * PAGE);
});

holes("the order of the mappings does not matter", () => {
  const taken = [
    { start: 6 * PAGE, end: 8 * PAGE },
    { start: PAGE, end: 2 * PAGE },
    { start: 4 * PAGE, end: 6 * PAGE },
  ];
  for (let i = 0; i < taken.length; i++) {
    assert.is(highestFreePage([...taken.slice(i), ...taken.slice(0, i)], 8 * PAGE), 3 * PAGE);
  }
});

holes("nested mappings are both respected", () => {
  const taken = [
    { start: 2 * PAGE, end: 8 * PAGE },
    { start: 4 * PAGE, end: 5 * PAGE },
  ];
  assert.is(highestFreePage(taken, 8 * PAGE), PAGE);
});

holes("a bound inside a page, or inside a mapping", () => {
  assert.is(highestFreePage([], 9 * PAGE - 1), 7 * PAGE);
  assert.is(highestFreePage([{ start: 4 * PAGE, end: 9 * PAGE }], 6 * PAGE), 3 * PAGE);
});

holes("nothing is free: 0", () => {
  assert.is(highestFreePage([{ start: 0, end: 8 * PAGE }], 8 * PAGE), 0);
  assert.is(highestFreePage([{ start: PAGE, end: 8 * PAGE }], 8 * PAGE), 0);
  assert.is(highestFreePage([], PAGE), 0);
});

const maps = suite("placement: memory maps");

/** "start-end" as /proc/PID/maps has it. */
const range = (start: number, end: number) =>
  `${start.toString(16).padStart(8, "0")}-${end.toString(16)}`;

const VSYSCALL =
  "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]";

maps("with randomisation the last page is free", () => {
  const typical = `00400000-00bbf000 r--p 00000000 fe:00 12345                            /usr/bin/node
7f39a1c00000-7f39a1c28000 r--p 00000000 fe:00 178053                     /usr/lib/x86_64-linux-gnu/libc.so.6
7ffd6b2a8000-7ffd6b2c9000 rw-p 00000000 00:00 0                          [stack]
7ffd6b3cd000-7ffd6b3d1000 r--p 00000000 00:00 0                          [vvar]
7ffd6b3d1000-7ffd6b3d3000 r-xp 00000000 00:00 0                          [vdso]
${VSYSCALL}
`;
  assert.is(place(typical), hex(BigInt(TOP - PAGE)));
});

maps("a mapping in the last page, and a path with spaces", () => {
  const full = `${range(TOP - 2 * PAGE, TOP - PAGE)} r--p 00000000 00:00 0                          /tmp/a b (deleted)
${range(TOP - PAGE, TOP)} r-xp 00000000 00:00 0
${VSYSCALL}
`;
  assert.is(place(full), hex(BigInt(TOP - 3 * PAGE)));
});

const NOT_RANDOM = `7ffff7ff0000-7ffff7ff4000 rw-p 00000000 00:00 0
${range(TOP - 33 * PAGE, TOP)} rw-p 00000000 00:00 0                          [stack]
${VSYSCALL}
`;

maps("without randomisation the page is right below the room of the stack", () => {
  assert.is(place(NOT_RANDOM), hex(BigInt(TOP - 8 * MB - MB - PAGE)));
});

const STACK_ALONE = NOT_RANDOM.slice(NOT_RANDOM.indexOf("\n") + 1);

maps("an unlimited stack has room for 1 GB", () => {
  assert.is(place(STACK_ALONE, "unlimited"), hex(BigInt(TOP - GB - MB - PAGE)));
});

maps("a stack that is larger than its limit is respected", () => {
  const large = `${range(0x7fffff000000, TOP)} rw-p 00000000 00:00 0 [stack]\n`;
  assert.is(place(large, MB), hex(BigInt(0x7fffff000000 - PAGE)));
});

maps("a mapping in the room of the stack does not shorten that room", () => {
  // The limit was raised after the exec, which placed the libraries for the old limit.
  assert.is(place(NOT_RANDOM, 256 * MB), hex(BigInt(TOP - 257 * MB - PAGE)));
});

maps("a limit beyond the address space still leaves a page", () => {
  for (const soft of [topOfUserSpace(), 2 ** 60])
    assert.is.not(place(STACK_ALONE, soft), "0x0", `${soft}`);
});

maps("unreadable limits are ignored", () => {
  assert.is(highestFreePage(occupied(STACK_ALONE, ""), TOP), TOP - GB - MB - PAGE);
});

const top = suite("placement: the top of user space");

/** Finds the top; returns it, and the number of pages probed. */
function probe(least: number, most: number, end: number): [found: number, probes: number] {
  let probes = 0;
  const found = endOfPages(least, most, (page) => {
    assert.ok(page >= least && page + PAGE <= most, `${hex(BigInt(page))} may be mapped`);
    probes++;
    return page + PAGE <= end;
  });
  return [found, probes];
}

top("a kernel that maps the last page is probed once", () => {
  assert.equal(probe(0x7000_0000_0000, TOP, TOP), [TOP, 1]);
});

top("a kernel that reserves addresses is probed at most 40 times", () => {
  const ends = [0x7f80_0000_0000, 0x7f_8000_0000, 2 * PAGE, TOP - PAGE, PAGE];
  for (const end of ends) {
    const [found, probes] = probe(PAGE, TOP, end);
    assert.is(found, end);
    assert.ok(probes <= 40, `${probes}`);
  }
});

top("mapped pages are not probed", () => {
  assert.equal(probe(TOP, TOP, TOP), [TOP, 0]);
  assert.is(probe(TOP - 3 * PAGE, TOP, TOP - 3 * PAGE)[0], TOP - 3 * PAGE);
});

top("Linux permits all of user space", () => {
  assert.ok(TOPS[HOST_ARCH].includes(topOfUserSpace()), hex(BigInt(topOfUserSpace())));
});

const hosts = suite("placement: hosts whose stack grows");

/** Runs test/hosts/placement.ts, and expects that its stack grew this far with the stub code mapped. */
async function expectRoom(
  prefix: string,
  { limit, raised, growth }: { limit: string; raised?: number; growth: number },
): Promise<void> {
  const [node, args] = hostCommand("placement", ...(raised === undefined ? [] : [`${raised}`]));
  const stackSize = Math.floor((growth * 1.1) / 1024);
  const script = `ulimit -S -s ${limit}; exec ${prefix} "$0" "$@"`;
  const command = ["-c", script, node, `--stack-size=${stackSize}`, ...args];
  const { code, signal, stdout, stderr } = await run(["sh", command]);
  assert.equal({ code, signal, stderr }, { code: 0, signal: null, stderr: "" });
  const { stub, stackEnd, grown, ...rest } = JSON.parse(stdout);
  assert.equal(rest, { intact: true, protection: "r-xp", answers: true });
  assert.ok(grown >= growth, `grown by ${grown}`);
  const room = limit === "unlimited" ? GB : (raised ?? Number(limit) * 1024);
  assert.ok(stub >= stackEnd || stub + PAGE <= stackEnd - room - MB, hex(BigInt(stub)));
  if (prefix !== "" && raised === undefined) assert.is(stub, stackEnd - room - MB - PAGE);
}

const test = needs(hosts, "setarch", "prlimit");
const unlimited = needs(hosts, "setarch", "prlimit", {
  "an unlimited stack": spawnSync("sh", ["-c", "ulimit -S -s unlimited"]).status === 0,
});

for (const [prefix, where] of [
  ["", "with randomisation"],
  [`setarch ${machine()} -R`, "without randomisation"],
] as const) {
  test(`${where}, 8 MB: the stack grows by 6 MB`, () =>
    expectRoom(prefix, { limit: "8192", growth: 6 * MB }));

  unlimited(`${where}, unlimited: the stack grows by 200 MB`, () =>
    expectRoom(prefix, { limit: "unlimited", growth: 200 * MB }),
  );

  unlimited(`${where}, a limit raised from 8 MB to 256 MB: the stack grows by 100 MB`, () =>
    expectRoom(prefix, { limit: "8192", raised: 256 * MB, growth: 100 * MB }),
  );
}
