const bounds = suite("npm run bench");

bounds("is bundled with all that it reads", async () => {
  const { code, stderr } = await run([process.execPath, ["bench/run.mjs", "nonsense"]]);
  assert.is(code, 1);
  assert.match(stderr, /unknown mechanism "nonsense"/);
});

bounds.run();
