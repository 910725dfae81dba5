import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "puppeteer-core";
import { suite } from "uvu";
import { renderRecordingPage } from "../../src/labs/record/page/page.ts";
import type { Recording } from "../../src/labs/record/recording.ts";
import { type Behaviour, CHROMIUM, TestBrowser, type View } from "./browser.ts";
import { needs } from "./needs.ts";

// Pages of recordings in a browser, and what tests do with them.

const TASKS = [{ name: "repair-stub", title: "Repair it" }];

/** A suite whose tests see pages of recordings; they are skipped where there is no browser. */
export class PageSuite {
  readonly pages;
  readonly test;
  readonly browser = new TestBrowser();

  constructor(title: string, recordings: Readonly<Record<string, Recording>>) {
    this.pages = suite(title);
    this.test = needs(this.pages, { chromium: CHROMIUM !== undefined });
    this.pages.before(async () => {
      for (const [name, recording] of Object.entries(recordings)) {
        const page = renderRecordingPage(recording, { tasks: TASKS });
        writeFileSync(join(this.browser.folder, `${name}.html`), page);
      }
      if (CHROMIUM !== undefined) await this.browser.start();
    });
    this.pages.after(() => this.browser.stop());
  }

  urlOf(name: string): string {
    return pathToFileURL(join(this.browser.folder, `${name}.html`)).href;
  }

  /** Shows a page, from a step on where one is given. */
  show(
    name: string,
    view: View & { readonly step?: number; readonly search?: string },
    use: (page: Page, behaviour: Behaviour) => Promise<void>,
  ): Promise<void> {
    const { step, search = "", ...rest } = view;
    const hash = step === undefined ? "" : `#step=${step}`;
    return this.browser.show(`${this.urlOf(name)}${search}${hash}`, rest, use);
  }
}

/** What is shown of a step. */
export const shown = (page: Page) =>
  page.evaluate(() => ({
    place: document.querySelector("#place")?.textContent ?? "",
    title: document.querySelector("#step-title")?.textContent ?? "",
    slider: document.querySelector("#scrub")?.getAttribute("aria-valuetext") ?? "",
  }));

/** The number of the step that is shown, from 1; of the one that is asked about. */
export const numberShown = async (page: Page) =>
  Number(/^Step (\d+)/.exec((await shown(page)).slider)?.[1] ?? 0);

/** By the element itself, which may move while a pointer aims at it. */
export const dontAsk = (page: Page) =>
  page.$$eval("#ask:checked", (all) => {
    for (const box of all) if (box instanceof HTMLElement) box.click();
  });

/** Without questions, from a step on. */
export async function walkFrom(page: Page, number: number): Promise<void> {
  await dontAsk(page);
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `step=${number}`);
  await page.waitForFunction(
    (step) => document.querySelector("#scrub")?.getAttribute("aria-valuetext")?.startsWith(step),
    {},
    `Step ${number} of`,
  );
}

export const press = (page: Page, key: "ArrowLeft" | "ArrowRight" | "Home" | "End" | "," | ".") =>
  page.keyboard.press(key);

export const textOf = (page: Page, selector: string) =>
  page.$eval(selector, (each) => each.textContent ?? "");

/** Until a text is announced: the reader has stayed at a step. */
export const announced = (page: Page, text: string) =>
  page.waitForFunction(
    (text) => document.querySelector("#announcer")?.textContent?.includes(text),
    {},
    text,
  );
