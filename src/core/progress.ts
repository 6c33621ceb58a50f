/** How far a piece of work is. `total` 0 means that it is not known yet. */
export interface ProgressState {
  readonly current: number;
  readonly total: number;
  readonly unit: string;
}

/** A loop that is counted without its own doing. */
export interface CountedLoop {
  /** One more is done. */
  step(): void;
  end(): void;
}

/** A counter that others may watch: a task's outer loop, a transfer. */
export class Progress {
  #state: ProgressState = { current: 0, total: 0, unit: "files" };
  /** Whether the work counts for itself. */
  #isSaid = false;
  #loop: CountedLoop | undefined;
  readonly #listeners = new Set<(state: ProgressState) => void>();

  get state(): ProgressState {
    return this.#state;
  }

  /** 0 to 100; 0 while the total is unknown. */
  get percent(): number {
    const { current, total } = this.#state;
    return total === 0 ? 0 : Math.min(100, (100 * current) / total);
  }

  /** Begins anew at 0 of `total`. */
  start(total: number, unit = "files"): void {
    this.#isSaid = true;
    this.#change({ current: 0, total, unit });
  }

  increment(step = 1): void {
    this.#isSaid = true;
    this.#change({ ...this.#state, current: this.#state.current + step });
  }

  /** Comes to `current`, as who counts for himself tells it. */
  reach(current: number): void {
    this.#isSaid = true;
    this.#change({ ...this.#state, current });
  }

  /** Counts a loop over so many files, unless the work counts for itself or goes through it within another loop. */
  countLoop(total: number): CountedLoop {
    const isCounted = (): boolean => !this.#isSaid && this.#loop === loop;
    const loop: CountedLoop = {
      step: () => {
        if (isCounted()) this.#change({ ...this.#state, current: this.#state.current + 1 });
      },
      end: () => {
        if (this.#loop === loop) this.#loop = undefined;
      },
    };
    this.#loop ??= loop;
    if (isCounted()) this.#change({ current: 0, total, unit: "files" });
    return loop;
  }

  /** 100 %; work that never said its total becomes 1 of 1. */
  complete(): void {
    const total = Math.max(this.#state.total, 1);
    this.#change({ ...this.#state, current: total, total });
  }

  /** Calls `listener` at every change, until the function that it returns is called. */
  watch(listener: (state: ProgressState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #change(state: ProgressState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}
