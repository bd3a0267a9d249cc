// Tests that follow one another: what comes after a failed one says so at once instead of waiting for what will never be there.
import { test } from './test.mjs';

/** Makes `step(title, work)`, which is `test` for steps of one story. */
export function story() {
  let broken;
  return (title, work) =>
    test(title, async (t) => {
      if (broken) return t.skip(`because of "${broken}"`);
      try {
        return await work(t);
      } catch (error) {
        broken = title;
        throw error;
      }
    });
}
