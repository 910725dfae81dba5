import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import axe from "axe-core";
import puppeteer, { type Browser, type Page } from "puppeteer-core";

// A headless Chromium that leaves nothing behind.

/** Where the browser is; undefined where it is not installed. */
export const CHROMIUM = [process.env.CHROMIUM ?? "/usr/bin/chromium"].find(isExecutable);

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What a page did that it should not have to do. */
export interface Behaviour {
  /** The URLs that it asked for, its own among them. */
  readonly requests: string[];
  /** What came to the console, errors and violations of its policy among it. */
  readonly messages: string[];
  readonly dialogs: string[];
}

/** How a page is to be looked at. */
export interface View {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: "light" | "dark";
  readonly medium?: "print" | "screen";
  readonly script?: boolean;
  /** Whether things may move. Default: false. */
  readonly motion?: boolean;
}

/** A browser with a folder of its own, which holds its profile and is for files to be shown. */
export class TestBrowser {
  readonly folder = mkdtempSync(join(tmpdir(), "stublab-browser-"));
  #browser: Browser | undefined;

  async start(): Promise<void> {
    const home = join(this.folder, "home");
    mkdirSync(home);
    this.#browser = await puppeteer.launch({
      executablePath: CHROMIUM ?? "chromium",
      // The limit of the file of tests scales with the load.
      timeout: 0,
      // Its sandbox refuses to run as root.
      args: ["--no-sandbox", "--disable-crash-reporter"],
      userDataDir: join(this.folder, "profile"),
      env: {
        ...process.env,
        HOME: home,
        XDG_CONFIG_HOME: home,
        XDG_CACHE_HOME: home,
        TMPDIR: home,
      },
    });
  }

  get pid(): number {
    return this.#browser?.process()?.pid ?? -1;
  }

  /** Opens a page in a context of its own, shows `url` in it, does what is to be done, and closes it. */
  async show(
    url: string,
    view: View,
    use: (page: Page, behaviour: Behaviour) => Promise<void>,
  ): Promise<void> {
    if (this.#browser === undefined) throw new Error("the browser was not started");
    const context = await this.#browser.createBrowserContext();
    try {
      const page = await context.newPage();
      await page.setViewport({ width: view.width ?? 1200, height: view.height ?? 800 });
      await page.setJavaScriptEnabled(view.script ?? true);
      // Puppeteer sends these one by one, and the browser forgets the one over the other.
      const session = await page.createCDPSession();
      await session.send("Emulation.setEmulatedMedia", {
        media: view.medium ?? "screen",
        features: [
          { name: "prefers-color-scheme", value: view.scheme ?? "light" },
          { name: "prefers-reduced-motion", value: view.motion ? "no-preference" : "reduce" },
        ],
      });
      const behaviour = watch(page);
      await page.goto(url);
      await use(page, behaviour);
    } finally {
      await context.close();
    }
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

function watch(page: Page): Behaviour {
  const behaviour: Behaviour = { requests: [], messages: [], dialogs: [] };
  page.on("request", (request) => behaviour.requests.push(request.url()));
  page.on("console", (message) => behaviour.messages.push(message.text()));
  page.on("pageerror", (error) => behaviour.messages.push(String(error)));
  page.on("dialog", async (dialog) => {
    behaviour.dialogs.push(dialog.message());
    await dialog.dismiss();
  });
  return behaviour;
}

/** What axe finds wrong, in short, once the page is drawn: axe takes elements that are replaced for faults. */
export async function complaints(page: Page): Promise<string[]> {
  await page.waitForSelector("[aria-busy=true]", { hidden: true });
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => axe.run());
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target }) => `${id}: ${target.join(" ")}`),
  );
}
