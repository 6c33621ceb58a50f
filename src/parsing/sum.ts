/** A running sum whose error does not grow with the number of terms (Neumaier 1974, ZAMM 54, 39). */
export interface Sum {
  readonly total: number;
  readonly count: number;
  add(value: number): void;
}

export function createSum(): Sum {
  let sum = 0;
  let lost = 0;
  let count = 0;
  return {
    get total() {
      return sum + lost;
    },
    get count() {
      return count;
    },
    add(value) {
      const next = sum + value;
      lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
      sum = next;
      count++;
    },
  };
}
