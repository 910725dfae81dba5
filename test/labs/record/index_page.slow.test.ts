import { LESSONS as NAMES } from "../../../src/labs/record/index.ts";
import { renderIndex } from "../../../src/labs/record/page/index_page.ts";
import { stublab as inProcess } from "../../support/in_process.ts";
import { LESSONS } from "../../support/recordings.ts";

const index = suite("stublab lesson --pages");

const folder = temporaryFolder();

const stublab = (...args: string[]) => inProcess(["lesson", "--pages", ...args]);

index("records every scenario, and writes a page of each and one of them all", async () => {
  const own = join(folder, "all/of/it");
  const { code, stdout, stderr } = await stublab(own);
  assert.equal([code, stdout, stderr], [0, "", `16 recordings in ${own}/index.html\n`]);
  const made = NAMES.flatMap((name) => [`${name}.html`, `${name}.json`, `${name}.svg`]);
  assert.equal(
    readdirSync(own).sort(),
    [...made, "protocol.html", "registers.html", "index.html"].sort(),
  );
  const page = readFileSync(join(own, "index.html"), "utf8");
  const links = [...page.matchAll(/<a .*?href="([^"#]+)"/g)].map(([, link = ""]) => link);
  assert.equal(links, [
    "host.html",
    ...NAMES.map((name) => `${name}.html`),
    "registers.html",
    "protocol.html",
  ]);
  for (const name of NAMES) {
    assert.is(loadRecording(join(own, `${name}.json`)).scenario, name);
    assert.match(readFileSync(join(own, `${name}.svg`), "utf8"), /^<svg .*<\/svg>\n$/s);
  }
});

index("from recordings in a folder; other files stay, and no name leads out of it", async () => {
  const own = join(folder, "given");
  mkdirSync(own);
  writeFileSync(join(own, "notes.txt"), "old");
  const [scrub, inject] = [await recordingOf("scrub"), await recordingOf("inject")];
  const recordings = [
    ...[{ ...hostileRecording(inject), end: [] }, scrub, scrub],
    ...["../../escaped", "index", "/etc/passwd", ".", "x".repeat(300)].map((scenario) => ({
      ...scrub,
      scenario,
    })),
  ];
  const files = recordings.map((recording, i) => {
    const file = join(folder, `${i}.json`);
    writeFileSync(file, JSON.stringify(recording));
    return file;
  });
  const { code, stderr } = await stublab(own, ...files);
  assert.equal([code, stderr], [0, `${files.length} recordings in ${own}/index.html\n`]);
  const names = [
    "recording",
    "scrub",
    "scrub-2",
    "index-2",
    ...[2, 3, 4, 5].map((i) => `recording-${i}`),
  ];
  const made = names.flatMap((name) => ["html", "json", "svg"].map((end) => `${name}.${end}`));
  assert.equal(
    readdirSync(own).sort(),
    ["protocol.html", "registers.html", "index.html", "notes.txt", ...made].sort(),
  );
  assert.is(readFileSync(join(own, "notes.txt"), "utf8"), "old");
  assert.not(existsSync(join(folder, "escaped.html")));
});

const lessons = async () => {
  const recordings = await Promise.all(LESSONS.map(recordingOf));
  return recordings.map((recording) => ({ name: recording.scenario, recording }));
};

const RELOADS = 20;
const browser = new TestBrowser();
index.after(() => browser.stop());
const inBrowser = needs(index, { chromium: CHROMIUM !== undefined });

inBrowser("it says what is answered, where to go on; Tab goes from lesson to lesson", async () => {
  const file = join(browser.folder, "index.html");
  const all = await lessons();
  writeFileSync(file, renderIndex(all.toReversed()));
  await browser.start();
  await browser.show(pathToFileURL(file).href, {}, async (page) => {
    const told = () => page.$eval("[data-lesson=host] .score", (place) => place.textContent);
    const start = () => page.$eval("#start", (link) => link.textContent);
    assert.equal([await told(), await start()], ["4 questions", "Start with the first lesson"]);
    await page.evaluate(() =>
      localStorage.setItem(
        "stublab.reading/1:host",
        JSON.stringify({ questions: 4, answered: 4, right: 2 }),
      ),
    );
    // Another process may load the page before it can see what this one has stored.
    for (let n = 0; n < RELOADS && (await told()) === "4 questions"; n++) await page.reload();
    const next = `Go on: ${all[1]?.recording.title}`;
    assert.equal([await told(), await start()], ["2 of 4 right", next]);
    const expected = ["Skip to the lessons", next, ...all.map(({ recording }) => recording.title)];
    for (const text of expected) {
      await page.keyboard.press("Tab");
      assert.is(await page.evaluate(() => document.activeElement?.textContent), text);
    }
  });
});

inBrowser(
  "each lesson has a picture of its own; that of the page moves as long as it is seen",
  async () => {
    const file = join(browser.folder, "pictures.html");
    writeFileSync(file, renderIndex(await lessons()));
    for (const [width, motion] of [
      [390, true],
      [1200, true],
      [1200, false],
    ] as const) {
      await browser.show(pathToFileURL(file).href, { width, motion }, async (page) => {
        const pictures = await page.$$eval(".picture", (all) => all.map((each) => each.innerHTML));
        assert.is(new Set(pictures).size, LESSONS.length);
        await page.waitForSelector(".hero.seen");
        const playing = () =>
          page.$eval(".hero", (hero) =>
            hero
              .getAnimations({ subtree: true })
              .map(({ effect }) => effect?.getTiming().iterations === Infinity),
          );
        const [isEndless] = await playing();
        assert.is(isEndless, motion ? true : undefined);
        await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
        await page.waitForSelector(".hero:not(.seen)");
        assert.equal(await playing(), []);
      });
    }
  },
);
