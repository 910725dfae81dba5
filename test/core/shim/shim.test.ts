import { build } from "esbuild";
import { fileOf, viewMemory } from "../../../src/core/shim/shim.ts";
import { parseMaps } from "../../../src/core/stub/proc.ts";

const SHIM = fileOf("core");
const LIBRARY = resolve("dist", SHIM);
const ROOMS = ["core", "fast", "sandbox"] as const;
const LIBRARIES = ROOMS.map((room) => resolve("dist", fileOf(room)));
const NATIVE = resolve("dist/native-amd64-amd64.so");
/** Built only if the kernel's headers of arm64 are installed. */
const NATIVE_ARM64 = resolve("dist/native-amd64-arm64.so");
const NATIVES = existsSync(NATIVE_ARM64) ? [NATIVE, NATIVE_ARM64] : [NATIVE];
const CC = process.env.CC || "cc";
const PAGE = PAGE_SIZE;

function output(tool: string, ...args: string[]): string {
  return execFileSync(tool, args, { encoding: "utf8" });
}

/** Runs `body` with a temporary folder. */
async function inFolder<T>(parent: string, body: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(parent, "stublab-"));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const libraries = suite("shim: libraries");
const inspect = needs(libraries, "nm", "readelf");
const compile = needs(libraries, CC);

inspect("the libraries need no other library, and no symbol but glibc's two for rseq", () => {
  for (const library of [...LIBRARIES, ...NATIVES]) {
    assert.not.match(output("readelf", "-d", library), /NEEDED|RPATH|RUNPATH|TEXTREL/);
  }
  const undefinedIn = (library: string) =>
    output("nm", "-D", "--undefined-only", library)
      .trim()
      .split("\n")
      .map((line) => line.trim());
  for (const library of LIBRARIES) {
    assert.equal(undefinedIn(library), ["w __rseq_offset", "w __rseq_size"], library);
  }
  for (const library of NATIVES) assert.equal(undefinedIn(library), [""], library);
});

inspect("the libraries have no constructors, thread-local storage or executable stack", () => {
  for (const library of [...LIBRARIES, ...NATIVES]) {
    assert.not.match(output("readelf", "-d", library), /\((INIT|FINI|PREINIT)/);
    const segments = output("readelf", "-lW", library);
    assert.not.match(segments, /\bTLS\b/);
    assert.match(segments, /GNU_STACK.*RW /);
    assert.not.match(segments, /RWE/);
  }
});

for (const room of ROOMS) {
  inspect(`the library of ${room} exports what its headers and the core's declare`, () => {
    const folders = [...new Set(["core", room])].flatMap((each) => [
      `shim/${each}`,
      `shim/${each}/${HOST_ARCH}`,
    ]);
    const headers = folders
      .filter((folder) => existsSync(folder))
      .flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
      .filter((path) => path.endsWith(".h"));
    const text = headers.map((path) => readFileSync(path, "utf8")).join("");
    const declared = [...text.matchAll(/STUBLAB_EXPORT [^(]*\b(stublab_\w+)\(/g)].map(
      ([, name]) => name,
    );
    const library = resolve("dist", fileOf(room));
    const exported = output("nm", "-D", "--defined-only", library).matchAll(/ T (\w+)$/gm);
    assert.equal([...exported].map(([, name]) => name).sort(), declared.sort());
    assert.ok(declared.length > 10);
  });
}

compile("a function of the C encoder that differs from the table of the ABI does not compile", () =>
  inFolder(tmpdir(), (folder) => {
    const check = () => {
      const folders = [folder, "shim/native", "shim/native/amd64"];
      const args = ["-std=c11", "-fsyntax-only", ...folders.flatMap((each) => ["-iquote", each])];
      return spawnSync("cc", [...args, "shim/native/status.c"], { encoding: "utf8" });
    };
    const abi = readFileSync("build/amd64/abi.h", "utf8");
    writeFileSync(join(folder, "abi.h"), abi);
    assert.equal([check().status, check().stderr], [0, ""]);
    writeFileSync(join(folder, "abi.h"), abi.replace("wait_kind(int32_t", "wait_kind(int64_t"));
    assert.match(check().stderr, /conflicting types for .native_wait_kind/);
  }),
);

const musl = needs(libraries, "musl-gcc");

musl("the same shim serves a host on musl", () =>
  inFolder(tmpdir(), async (folder) => {
    const host = join(folder, "musl_host");
    output(
      ...["musl-gcc", "-D_GNU_SOURCE", "-Wall", "-Werror", "-iquote", "shim/core", "-o", host],
      "test/support/musl_host.c",
    );
    const { stdout, stderr, code } = await run([host, [LIBRARY]]);
    assert.equal({ stdout, stderr, code }, { stdout: "ok\n", stderr: "", code: 0 });
  }),
);

/** The bootstrap ends with an instruction that kills: HLT, UDF. */
const FATAL = { amd64: [0xf4], arm64: asm.ILLEGAL }[HOST_ARCH];

const stub = suite("shim: stub code");

/** The bytes of the stub code in this process. */
function hostPage(tracer: Tracer): Uint8Array {
  return new Uint8Array(viewMemory(tracer.host.stubAddress, PAGE)).slice();
}

stub("it is one page, readable and executable, the same in the host and every stub", () => {
  using tracer = new Tracer();
  const master = tracer.createStub();
  master.scrub();
  const page = hostPage(tracer);
  const start = tracer.host.stubAddress;
  const mapping = { start, end: start + PAGE, protection: "r-xp", name: "" };
  for (const pid of [process.pid, master.pid, master.createStub().pid]) {
    const maps = parseMaps(readFileSync(`/proc/${pid}/maps`, "utf8"));
    assert.equal(
      maps.find((other) => other.start === start),
      mapping,
    );
  }
  for (const each of tracer.stubs.values())
    assert.equal(each.read(tracer.host.stubAddress, PAGE), page);
});

stub("every tracer of a process finds it at the same address", () => {
  using one = new Tracer();
  using other = new Tracer({ encoder: openEncoder("script") });
  assert.is(other.host.stubAddress, one.host.stubAddress);
  assert.is(one.host.shim.mapStub(0x1000_0000), one.host.stubAddress);
});

stub("its system call and breakpoint are where the shim says, and zeros follow its code", () => {
  using tracer = new Tracer();
  const page = hostPage(tracer);
  const [at, rest] = [tracer.host.shim.stubSyscallOffset(), tracer.host.shim.stubRestOffset()];
  const holds = (end: number, code: Code) =>
    assert.equal([...page.subarray(end - code.length, end)], code);
  holds(at + asm.SYSCALL.length, asm.SYSCALL);
  holds(rest - asm.TRAP_LENGTH + asm.TRAP.length, asm.TRAP);
  const loop = tracer.host.shim.stubServeOffset();
  holds(loop, FATAL);
  assert.ok(loop < 200, `${loop} bytes`);
  for (const after of [tracer.host.shim.stubWakeOffset(), tracer.host.shim.stubSleepOffset()]) {
    assert.ok(after > loop);
    holds(after, asm.SYSCALL);
  }
  const end = page.findLastIndex((byte) => byte !== 0) + 1;
  assert.ok(end < 512, `${end} bytes`);
});

needs(stub, "objdump")("it has about 40 instructions until its loop, and stops at its INT3", () =>
  inFolder(tmpdir(), (folder) => {
    using tracer = new Tracer();
    const page = hostPage(tracer);
    const code = join(folder, "code");
    writeFileSync(code, page.subarray(0, tracer.host.shim.stubServeOffset()));
    const listing = output("objdump", "-D", "-b", "binary", "-m", "i386:x86-64", code);
    const instructions = [...listing.matchAll(/^\s+[0-9a-f]+:\t[0-9a-f ]+\t(\w+)/gm)].map(
      ([, name]) => name,
    );
    assert.ok(instructions.length >= 30 && instructions.length <= 45, `${instructions.length}`);
    assert.is(instructions.filter((name) => name === "int3").length, 1);
    assert.not.ok(instructions.includes("(bad)"));
  }),
);

const loading = suite("shim: loading");

interface Answer {
  name: string;
  message: string;
  remedy?: string;
}

/** Runs test/hosts/open.ts in a copy of the built tests that `change` has changed. */
function openIn(change: (folder: string) => void, encoder = "assembly"): Promise<Answer> {
  return inFolder("build", async (folder) => {
    cpSync("build/test", folder, { recursive: true });
    change(folder);
    const { stdout, stderr } = await run([process.execPath, [join(folder, "open.js"), encoder]]);
    assert.is(stderr, "");
    return JSON.parse(stdout);
  });
}

/** Compiles a library with one function that returns 99. */
function compileFake(folder: string, library: string, name: string): void {
  const source = join(folder, "fake.c");
  writeFileSync(source, `unsigned ${name}(void) { return 99; }\n`);
  output(CC, "-shared", "-nostdlib", "-fPIC", "-o", join(folder, library), source);
}

loading("the untouched copy works", async () => {
  for (const encoder of ["assembly", "native"]) {
    assert.equal(await openIn(() => {}, encoder), { name: "", message: `opened ${encoder}` });
  }
});

loading("the error for a missing library names it, and how to build it", async () => {
  const { name, message, remedy } = await openIn((folder) => rmSync(join(folder, SHIM)));
  assert.is(name, "UnsupportedError");
  assert.match(message, new RegExp(`^${SHIM} is missing beside /`));
  assert.match(remedy ?? "", /npm run build/);
});

loading("a file that is not a library is refused", async () => {
  const { name, message } = await openIn((folder) => writeFileSync(join(folder, SHIM), "no ELF"));
  assert.is(name, "UnsupportedError");
  assert.match(message, new RegExp(`${SHIM} cannot be loaded: `));
});

const load = needs(loading, CC);

load("a shim of another version is refused", async () => {
  const { name, message, remedy } = await openIn((folder) =>
    compileFake(folder, SHIM, "stublab_shim_abi"),
  );
  assert.is(name, "UnsupportedError");
  assert.match(message, /^the shim has ABI version 99, expected \d+$/);
  assert.match(remedy ?? "", /npm run build/);
});

load("a C encoder of another version is refused", async () => {
  const { name, message, remedy } = await openIn(
    (folder) => compileFake(folder, "native-amd64-amd64.so", "native_encoder_abi"),
    "native",
  );
  assert.is(name, "EncoderError");
  assert.match(message, /^native-amd64-amd64\.so has another version/);
  assert.match(remedy ?? "", /npm run build/);
});

loading("a bundle as CommonJS says why it finds no files", async () => {
  const folder = mkdtempSync(join(tmpdir(), "stublab-"));
  const outfile = join(folder, "bundle.cjs");
  const contents = 'import { openEncoder } from "./dist/index.js"; openEncoder("assembly");';
  await build({
    ...{ stdin: { contents, resolveDir: "." }, outfile, bundle: true, platform: "node" },
    ...{ format: "cjs", external: ["koffi"], logLevel: "silent" },
  });
  const { stderr } = await run([process.execPath, [outfile]]);
  rmSync(folder, { recursive: true });
  assert.match(
    stderr,
    "UnsupportedError: stublab was bundled as CommonJS, and cannot find its file",
  );
});
