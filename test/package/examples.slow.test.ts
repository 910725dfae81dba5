const examples = suite("examples");

const EXPECTED: Record<string, RegExp> = {
  "family.mjs":
    /^host (\d+)\n {2}stub (\d+), child of \1\n {4}stub (\d+), child of \2\n {6}stub \d+, child of \3\n {4}stub \d+, child of \2\n$/,
  "lesson.mjs":
    /^A stub that blocks SIGCHLD: (stopped by SIGTRAP, ){2}stopped by SIGCHLD, stopped by SIGTRAP\nok pending after the signal: 0x10000\nok getpid: \d+\nok pending in the end: 0x0\nok blocked in the end: 0x0\n$/,
  "memory.mjs":
    /^hello from a process without a program\nwrite returned 39\nwithout the page it returned EFAULT\n$/,
  "sandbox.mjs":
    /^(hello from the sandbox\n){3}write 3\ngetpid 3\nexit_group 1\nexited after 7 switches\n$/,
  "service.mjs":
    /^the first: exited 7\nthe second: interrupted time\nthe third: interrupted deadline\nthe fourth: has gone away\n$/,
  "encoders.mjs":
    /^rax +0x3d in all\nrdx +0x40000002 in all\nrdi +0x4d2 in all\norig_rax +0xffffffffffffffff in all\n$/,
};

for (const file of readdirSync("examples").filter((name) => name.endsWith(".mjs"))) {
  examples(`${file} prints the expected output`, async () => {
    const { stdout } = await succeeded(run([process.execPath, [`examples/${file}`]]));
    assert.match(stdout, EXPECTED[file] ?? /an example without an expectation/);
  });
}

examples("lesson.mjs writes a page of its lesson", async () => {
  const folder = mkdtempSync(join(tmpdir(), "stublab-lesson-"));
  try {
    const page = join(folder, "lesson.html");
    await succeeded(run([process.execPath, ["examples/lesson.mjs", page]]));
    const html = readFileSync(page, "utf8");
    assert.match(html, "<title>A stub that blocks SIGCHLD · stublab</title>");
    assert.match(html, "The stub executes getpid. What stops it?");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

needs(examples, "parallel")(
  "fuzz-parallel.sh fuzzes in parts, merges them, and continues with more cases",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "stublab-parallel-"));
    try {
      const [stublab, run7] = [join(folder, "stublab"), join(folder, "run7")];
      const [node, args] = stublabCommand();
      writeFileSync(stublab, `#!/bin/sh\nexec ${[node, ...args].join(" ")} "$@"\n`, {
        mode: 0o755,
      });
      const env = { ...process.env, STUBLAB: stublab, HOME: folder };
      for (const cases of ["2000", "3000"]) {
        const command = ["examples/fuzz-parallel.sh", cases, run7];
        const { code, stdout, stderr } = await run(["sh", command], { env });
        // 1 says that this machine's kernel or processor is not as the model says.
        assert.ok(code === 0 || code === 1, stderr);
        const merged = `of ${cases} cases: continue the run with --corpus ${run7}/merged-${cases}\n`;
        assert.match(stdout, merged);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

examples("fuzz-slurm.sh is a valid shell script", async () => {
  assert.is((await run(["sh", ["-n", "examples/fuzz-slurm.sh"]])).code, 0);
});
