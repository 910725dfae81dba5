// The first commands of the README, and what it says about other folders.

const commands = suite("first commands");
const README = readFileSync("README.md", "utf8");
const [, first = ""] = /```sh\n(.*?)```/s.exec(README) ?? [];

commands("the clone comes first, and then the package that is to be published", () => {
  const lines = first.trim().split("\n");
  const words = lines.map((line) => line.replace(/ *#.*/, ""));
  assert.equal(words, ["npm ci && npm start", "npm test", "npx stublab"]);
  const others = README.slice(README.indexOf(first)).match(/As soon as[^.]*npm install stublab/);
  assert.ok(others);
});

needs(commands, "npm")(
  "a project that installs the folder of the clone has the command",
  async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "package.json"), "{}");
    const words = ["install", "--offline", "--no-audit", "--no-fund", process.cwd()];
    const options = { cwd: folder, encoding: "utf8" } as const;
    const { status, stderr } = spawnSync("npm", words, options);
    assert.is(status, 0, stderr);
    const { stdout } = spawnSync("npx", ["--offline", "stublab", "--version"], options);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  },
);
