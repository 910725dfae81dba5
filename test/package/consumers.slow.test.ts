// The package's types, as projects with other compilers and settings see them.
import { execFile } from "node:child_process";
import ts from "typescript-5.9";

const consumers = suite("types");
const typed = needs(consumers, {
  "declarations (npm run build -- --complete)": existsSync("dist/index.d.ts"),
});

const COMPILERS = { "5.5": "typescript-5.5", "5.9": "typescript-5.9", "7": "typescript" };
const RESOLUTIONS = {
  bundler: { module: "esnext", moduleResolution: "bundler" },
  node16: { module: "node16", moduleResolution: "node16" },
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
};
/** With @types/node, and without: then AbortSignal and console are the browser's. */
const ENVIRONMENTS = {
  node: { types: ["node"], lib: ["es2022"] },
  dom: { types: [], lib: ["es2022", "dom"] },
};
const STRICT = {
  strict: true,
  noEmit: true,
  target: "es2022",
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
};
/** What the documents do not show. */
const PROGRAM = `
  import { type Encoder, interruptGuest, openEncoder, Platform, type Stub, type StubOptions, Tracer } from "stublab";
  import type { CompareOptions, CompareReport, Subject } from "stublab/compare";
  import type { ExaminerOptions, FuzzOptions, PredictOptions } from "stublab/fuzz";
  import type { CallTelling, NewStep, Recording, RecordOptions, Step, TextOptions } from "stublab/record";

  const encoder: Encoder = openEncoder("script");
  using tracer = new Tracer({ encoder, deadline: 1000 });
  using stub: Stub = tracer.createStub({ exitSignal: "SIGCHLD" });
  const pid: bigint = stub.call("getpid");
  /** What an editor completes; never, if the literal type is lost. */
  type Completed<T, Name extends string> = Extract<T, Name>;
  export const call: Completed<Parameters<Stub["call"]>[0], "getpid"> = "getpid";
  export const ended: Completed<StubOptions["exitSignal"], "SIGCHLD"> = "SIGCHLD";
  export const other: Parameters<Stub["call"]>[0] = String(pid);
  using platform = Platform.open();
  using context = platform.newContext();
  interruptGuest(context.interruptHandle);
  const { signal } = new AbortController();
  export const options: FuzzOptions = { seed: pid, signal };
  /** Options that a caller passes on, each of which may be undefined. */
  declare function maybe<T>(): { readonly [K in keyof T]?: T[K] | undefined };
  export const fuzzing: FuzzOptions = maybe<FuzzOptions>();
  export const examining: ExaminerOptions = maybe<ExaminerOptions>();
  export const predicting: PredictOptions = maybe<PredictOptions>();
  export const recording: RecordOptions = maybe<RecordOptions>();
  export const rendering: TextOptions = maybe<TextOptions>();
  export const comparing: CompareOptions = { ...maybe<Omit<CompareOptions, "subjects">>(), subjects: [] };
  export const telling: CallTelling = { ...maybe<Omit<CallTelling, "why" | "answer">>(), why: "", answer: "" };
  type Told = Pick<Step, "lane" | "kind" | "title" | "why">;
  export const step = (told: Told): NewStep => ({ ...maybe<Omit<NewStep, keyof Told>>(), ...told });
  export type All = [CompareReport, Subject, Recording];`;

const project = mkdtempSync(join(tmpdir(), "stublab-consumers-"));
const dist = join(project, "node_modules/stublab/dist");
const entries = Object.entries<{ types: string; default: string }>(
  JSON.parse(readFileSync("package.json", "utf8")).exports,
).filter(([, { types }]) => types !== undefined);

/** The programs of the README and of docs/ that use the library. */
function programs(): string[] {
  const names = readdirSync("docs").filter((name) => name.endsWith(".md"));
  const files = ["README.md", ...names.map((name) => `docs/${name}`)];
  const text = files.map((file) => readFileSync(file, "utf8")).join("\n");
  const blocks = [...text.matchAll(/^```js\n(.*?)^```/gms)].map(([, code = ""]) => code);
  return blocks.filter((code) => code.includes('from "stublab'));
}

consumers.before(() => {
  const pack = ["pack", "--silent", "--ignore-scripts", "--pack-destination", project];
  const tarball = execFileSync("npm", pack, { encoding: "utf8" }).trim();
  mkdirSync(join(project, "node_modules/@types"), { recursive: true });
  symlinkSync(resolve("node_modules/@types/node"), join(project, "node_modules/@types/node"));
  execFileSync("tar", ["-xzf", tarball], { cwd: project });
  execFileSync("mv", ["package", "node_modules/stublab"], { cwd: project });
  writeFileSync(join(project, "package.json"), '{ "type": "module" }');
  [PROGRAM, ...programs()].forEach((code, i) => {
    writeFileSync(join(project, `program${i}.ts`), code);
  });
});

consumers.after(() => rmSync(project, { recursive: true, force: true }));

/** What the compiler says about the programs; "" if it accepts them. */
function compile(compiler: string, name: string, options: object): Promise<string> {
  const config = join(project, `${name}.json`);
  const compilerOptions = { ...STRICT, ...options };
  writeFileSync(config, JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  const tsc = resolve("node_modules", compiler, "bin/tsc");
  return new Promise((done) => {
    execFile(process.execPath, [tsc, "-p", config], (error, stdout) =>
      done(error === null ? "" : `${name}: ${error.message}\n${stdout}`),
    );
  });
}

for (const [version, compiler] of Object.entries(COMPILERS)) {
  for (const [resolution, module] of Object.entries(RESOLUTIONS)) {
    typed(`TypeScript ${version}, ${resolution}, with and without @types/node`, async () => {
      const runs = Object.entries(ENVIRONMENTS).map(([environment, options]) =>
        compile(compiler, `${version}-${resolution}-${environment}`, { ...module, ...options }),
      );
      assert.equal(await Promise.all(runs), ["", ""]);
    });
  }
}

for (const [entry] of entries) {
  consumers(`README and docs have a program for ${entry}`, () => {
    const name = entry.replace(/^\./, "stublab");
    assert.ok(programs().some((code) => code.includes(`from "${name}"`)));
  });
}

/** The statements of each declaration file of the package. */
function declarations(): Map<string, readonly ts.Statement[]> {
  const files = readdirSync(dist).filter((name) => name.endsWith(".d.ts"));
  return new Map(
    files.map((name) => {
      const text = readFileSync(join(dist, name), "utf8");
      const { statements } = ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true);
      return [name, statements];
    }),
  );
}

function exportsOf(statements: readonly ts.Statement[]): ts.ExportSpecifier[] {
  return statements.flatMap((statement) => {
    const clause = ts.isExportDeclaration(statement) ? statement.exportClause : undefined;
    return clause !== undefined && ts.isNamedExports(clause) ? [...clause.elements] : [];
  });
}

/** The name that an export has where it is declared: in its own file, or in a file that entries share. */
function declaredName(
  { propertyName, name, parent }: ts.ExportSpecifier,
  all: ReadonlyMap<string, readonly ts.Statement[]>,
): string {
  const own = (propertyName ?? name).text;
  const { moduleSpecifier } = parent.parent;
  if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return own;
  const shared = all.get(moduleSpecifier.text.replace("./", "").replace(/\.js$/, ".d.ts")) ?? [];
  const origin = exportsOf(shared).find((element) => element.name.text === own);
  return (origin?.propertyName ?? origin?.name)?.text ?? own;
}

typed("the declarations have no internal members", () => {
  for (const name of declarations().keys()) {
    assert.not.match(readFileSync(join(dist, name), "utf8"), /@internal/, name);
  }
});

typed("an entry exports every type that its declarations name", () => {
  const all = declarations();
  const exported = new Set(
    entries.flatMap(([, { types }]) => {
      const elements = exportsOf(all.get(types.replace("./dist/", "")) ?? []);
      return elements.map((element) => declaredName(element, all));
    }),
  );
  // The bundler keeps what is reached from an entry, and nothing else.
  const forgotten = [...all.values()].flat().flatMap((statement) => {
    const isType =
      ts.isClassDeclaration(statement) ||
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement) ||
      ts.isEnumDeclaration(statement);
    const name = isType ? statement.name?.text : undefined;
    return name === undefined || exported.has(name) ? [] : [name];
  });
  assert.equal(forgotten, []);
});

for (const [entry, { types, default: file }] of entries) {
  typed(`${entry} has the values that its declarations export`, async () => {
    const statements = declarations().get(types.replace("./dist/", "")) ?? [];
    const values = exportsOf(statements)
      .filter(({ isTypeOnly, parent }) => !isTypeOnly && !parent.parent.isTypeOnly)
      .map(({ name }) => name.text);
    const path = join(project, "node_modules/stublab", file);
    const module: object = await import(pathToFileURL(path).href);
    assert.equal(values.sort(), Object.keys(module).sort());
  });
}
