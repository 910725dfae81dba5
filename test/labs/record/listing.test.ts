import { stubCodeReasons } from "../../../src/labs/record/lesson_text.ts";
import { loadListing } from "../../../src/labs/record/listing.ts";
import { listings } from "../../../src/labs/record/recording.ts";

/** A conditional jump of either architecture. */
const CONDITIONAL = /^(?:j(?!mp)|b\.|[ct]bn?z)/;

const listing = suite("listing");

listing("it has every byte of the stub code, as in a stub, and labels where the shim says", () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  stub.scrub();
  const page = stub.read(tracer.host.stubAddress, PAGE_SIZE);
  const code = loadListing(STUB_CODE);
  const bytes = codeBytes(code);
  assert.equal([...bytes], [...page.subarray(0, bytes.length)]);
  // The loop over a ring follows, without a listing. The last word is 0: the lesson early-attach needs one.
  assert.ok(page.subarray(-8).every((byte) => byte === 0));
  const at = (label: string) => code.lines.find((line) => line.label === label)?.offset;
  assert.is(at("stublab_stub_begin"), 0);
  assert.is(at("stublab_stub_syscall"), tracer.host.shim.stubSyscallOffset());
  assert.is(at("stublab_stub_rest"), tracer.host.shim.stubRestOffset());
});

const OTHER = "dist/listing-arm64.json";

for (const [arch, file] of [
  ["amd64", "dist/listing.json"],
  ["arm64", OTHER],
] as const) {
  needs(listing, { [`the listing of ${arch}, of a complete build`]: existsSync(file) })(
    `each instruction of ${arch} has a reason, a conditional jump one for each outcome`,
    () => {
      const code = listings(JSON.parse(readFileSync(file, "utf8")), "")[0];
      const all = Object.values(stubCodeReasons(arch)).flat();
      lists(
        all,
        code?.lines.map(({ text }) => text.split("  #")[0]),
        ({ text }) => text,
      );
      for (const { text, why } of all) {
        const reasons = typeof why === "string" ? [why] : Object.values(why);
        assert.is(reasons.length, CONDITIONAL.test(text) ? 2 : 1, text);
        for (const reason of reasons) assert.match(reason, /^[A-Zx].{10,}[.?:)]$/s, text);
      }
    },
  );
}

needs(listing, { "the listing of arm64, of a complete build": existsSync(OTHER) })(
  "the listing of arm64 is made on amd64: its branches lead to their labels",
  () => {
    const loop = listings(JSON.parse(readFileSync(OTHER, "utf8")), "").find(
      ({ name }) => name === "loop",
    );
    assert.equal(
      loop?.lines.map(({ offset, bytes, text }) => [offset, bytes, text]),
      [
        [0, "00 04 00 91", "add x0, x0, #1"],
        [4, "ff ff ff 17", "b loop_begin"],
      ],
    );
  },
);

listing("code that nobody listed is refused by its name", () => {
  assert.match(thrown(UnsupportedError, () => loadListing("nothing")).message, / of the nothing$/);
});
