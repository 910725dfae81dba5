import { cut } from "../../../../visible.ts";
import type { Question } from "../../../recording.ts";
import { registerRows, stepNumber } from "../../told.ts";
import { fill, find } from "./elements.ts";
import { isMove, MOVES, type MoveName } from "./moves.ts";
import { askQuestion, Quiz } from "./question.ts";
import { stepParts, whereabouts } from "./step.ts";
import type { Story } from "./story.ts";

/** How long nothing must change before it is announced, in milliseconds: who scrubs passes many steps. */
export const SETTLED = 350;

type Listener = (index: number) => void;

/** Shows one step of the recording at a time. */
export class Player {
  readonly #story: Story;
  readonly #quiz: Quiz;
  readonly #article = find("#step", HTMLElement);
  readonly #slider = find("#scrub", HTMLInputElement);
  readonly #place = find("#place", HTMLElement);
  readonly #announcer = find("#announcer", HTMLElement);
  readonly #asks = document.querySelector<HTMLInputElement>("#ask");
  readonly #shown: Listener[] = [];
  readonly #settled: Listener[] = [];
  #index = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(story: Story) {
    this.#story = story;
    this.#quiz = new Quiz(story);
    this.#slider.addEventListener("input", () => this.go(this.#slider.valueAsNumber - 1));
    this.#asks?.addEventListener("change", () => this.#show());
    for (const button of document.querySelectorAll<HTMLElement>("[data-to]")) {
      const { to = "" } = button.dataset;
      if (isMove(to)) button.addEventListener("click", () => this.move(to));
    }
  }

  get index(): number {
    return this.#index;
  }

  /** Calls back whenever a step is shown. */
  onShown(listener: Listener): void {
    this.#shown.push(listener);
  }

  /** Calls back when somebody has come to a step and stays there. */
  onSettled(listener: Listener): void {
    this.#settled.push(listener);
  }

  /** Whether the outcome of the step at an index is not to be seen yet. */
  isSecret(index: number): boolean {
    return this.#questionAt(index) !== undefined;
  }

  move(name: MoveName): void {
    this.go(MOVES[name](this.#story.recording.steps, this.#index));
  }

  /** Shows the step at an index. */
  go(index: number): void {
    if (index === this.#index) return;
    this.#index = index;
    this.#show();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#settle(), SETTLED);
  }

  /** Shows the first step. */
  start(index: number): void {
    this.#index = index;
    this.#show();
  }

  /** Has a screen reader say something. */
  announce(sentence: string): void {
    fill(this.#announcer, sentence);
  }

  /** Puts the focus on the step's title. */
  focus(): void {
    this.#article.querySelector<HTMLElement>("#step-title")?.focus({ preventScroll: true });
  }

  #show(): void {
    const hadFocus = this.#article.contains(document.activeElement);
    const story = this.#story;
    const index = this.#index;
    const question = this.#questionAt(index);
    fill(
      this.#article,
      whereabouts(story, index, question !== undefined),
      ...this.#quiz.verdicts(index),
      ...(question === undefined
        ? stepParts(story, index)
        : askQuestion(question, (answer) => {
            this.#quiz.answer(question, answer);
            this.#show();
            this.announce(this.#verdict());
          })),
    );
    this.#slider.value = String(stepNumber(index));
    this.#slider.setAttribute("aria-valuetext", this.#sentence());
    fill(this.#place, `${stepNumber(index)} / ${story.recording.steps.length}`);
    for (const listener of this.#shown) listener(index);
    if (hadFocus) this.focus();
  }

  /** The question that has to be answered before the step at an index is shown. */
  #questionAt(index: number): Question | undefined {
    return this.#asks?.checked ? this.#quiz.openAt(index) : undefined;
  }

  #verdict(): string {
    return [...this.#article.querySelectorAll(".verdict")].at(-1)?.textContent ?? "";
  }

  /** The step in a sentence, for those who hear it; it does not answer a question that is open. */
  #sentence(): string {
    const { steps } = this.#story.recording;
    const step = steps[this.#index];
    const number = `Step ${stepNumber(this.#index)} of ${steps.length}`;
    if (step === undefined) return number;
    const question = this.#questionAt(this.#index);
    const rest = question === undefined ? step.title : `a question: ${question.text}`;
    return `${number}, ${cut(step.lane, 60).text}: ${cut(rest, 300).text}`;
  }

  #settle(): void {
    for (const listener of this.#settled) listener(this.#index);
    // Whoever is on the slider has heard its value.
    if (document.activeElement === this.#slider) return;
    const step = this.#story.recording.steps[this.#index];
    const names =
      step === undefined || this.#questionAt(this.#index) !== undefined
        ? []
        : registerRows(step).flatMap(({ name, changed }) => (changed ? [name] : []));
    const changed = names.length === 0 ? "" : `. Changed: ${names.slice(0, 8).join(", ")}`;
    this.announce(`${this.#sentence()}${changed}`);
  }
}
