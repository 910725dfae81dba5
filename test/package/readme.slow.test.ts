import { normalize } from "node:path";

const readme = suite("README, and what leads from it");

const README = readFileSync("README.md", "utf8");
const MOST_LINES = 90;
const LARGEST_PICTURE = 150_000;

/** Every page of a clone. */
const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

const PICTURES = [...README.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, path = ""]) => path);
const [PICTURE = ""] = PICTURES;

readme("is one screen, with one small picture", () => {
  assert.ok(README.trimEnd().split("\n").length <= MOST_LINES);
  assert.is(PICTURES.length, 1);
  assert.ok(statSync(PICTURE).size <= LARGEST_PICTURE);
});

/** The moments of a picture, one a line, without numbers: those differ in each run. */
const momentsIn = (path: string) =>
  readFileSync(path, "utf8")
    .replaceAll(/[\d.]+/g, "0")
    .match(/^<g .*/gm);

if (HOST_ARCH === "amd64") {
  readme("its picture is what the lesson draws", () => {
    const drawn = join(temporaryFolder(), "stage.svg");
    execFileSync(process.execPath, ["scripts/picture.mjs", drawn]);
    assert.equal(momentsIn(drawn), momentsIn(PICTURE));
  });
}

/** The addresses of a page's links, and the lines of its code left out. */
function linksOf(page: string): string[] {
  const text = readFileSync(page, "utf8").replaceAll(/^```.*?^```/gms, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
}

/** The names of the headings of a page, as GitHub and npm make them. */
function anchorsOf(page: string): string[] {
  const text = readFileSync(page, "utf8").replaceAll(/^```.*?^```/gms, "");
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function isBroken(page: string, link: string): boolean {
  if (/^[a-z]+:/.test(link)) return false;
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : normalize(join(dirname(page), path));
  if (statSync(target, { throwIfNoEntry: false }) === undefined) return true;
  return anchor !== undefined && !anchorsOf(target).includes(anchor);
}

for (const page of PAGES) {
  readme(`every link of ${page} leads somewhere`, () => {
    none(linksOf(page), (link) => isBroken(page, link));
  });
}

readme("the index has every page of docs/ once", () => {
  const pages = readdirSync("docs").filter((name) => name.endsWith(".md") && name !== "README.md");
  const folders = ["decisions", "lessons"].map((name) => `${name}/README.md`);
  const listed = linksOf("docs/README.md").filter((link) => !link.startsWith("../"));
  assert.equal(listed.sort(), [...pages, ...folders].sort());
});
