// The wire, turns: what was asked for belongs to what was open when it was asked, and is dropped once something else is.

/** A pane, card or list that shows one thing at a time; `end` when it shows nothing any more. */
export class Turn {
  #controller = new AbortController();

  /** The signal of what is open now; aborted as soon as it isn't. */
  get signal() {
    return this.#controller.signal;
  }

  /** Something else is open from now on; answers its signal. */
  begin() {
    this.end();
    this.#controller = new AbortController();
    return this.signal;
  }

  /** What is open is closed, and requests made for it are cancelled. */
  end() {
    this.#controller.abort();
  }

  /**
   * Opens what `ask(signal)` fetches: `draw(answer)` or `fail(problem)` follows, neither once something else is open.
   * @template T
   * @param {(signal: AbortSignal) => Promise<T>} ask
   * @param {(answer: T) => void} draw
   * @param {(problem: unknown) => void} fail
   */
  async show(ask, draw, fail) {
    const signal = this.begin();
    try {
      const answer = await ask(signal);
      if (!signal.aborted) draw(answer);
    } catch (problem) {
      if (!signal.aborted) fail(problem);
    }
  }
}
