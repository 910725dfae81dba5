import { auxiliaryValue } from "../../../src/core/shim/auxiliary_vector.ts";

const programs = suite("ELF programs for arm64");

const EXPECTED = [
  "pointers are relocated",
  "registers 0",
  "stack misaligned by 0",
  "entry 1",
  `page size ${PAGE_SIZE}`,
  `hwcap ${auxiliaryValue(16n)}`,
  `hwcap2 ${auxiliaryValue(26n)}`,
  "thread storage 42",
  "half of 7 times 2 7",
  "bti as the processor 1",
  "function pointers work",
  "",
];

/** Compiled from test/arm64/start.c when the tests were bundled, if there was a compiler. */
for (const kind of ["static", "static-pie"]) {
  const path = `build/test/start-${kind}.elf`;
  const test = needs(programs, { "a compiler for arm64": existsSync(path) });

  test(`a ${kind} program starts as from execve, with its thread storage`, () => {
    using platform = Platform.open();
    const chunks: Uint8Array[] = [];
    const options: GuestOptions = {
      args: [kind, "to you"],
      output: (_, bytes) => void chunks.push(bytes.slice()),
    };
    const { result } = runGuest(platform, { elf: readFileSync(path) }, options);
    assert.equal(result, { kind: "exited", status: 7 });
    const lines = Buffer.concat(chunks).toString().split("\n");
    assert.equal(lines, [kind, "to you", ...EXPECTED]);
  });

  test(`stublab guest runs a ${kind} program`, async () => {
    const { code, stdout, stderr } = await run(stublabCommand("guest", path, "to you"));
    assert.is(stderr, "exited with status 7\n");
    assert.equal(stdout.split("\n"), [`start-${kind}.elf`, "to you", ...EXPECTED]);
    assert.is(code, 1);
  });
}
