// What is seen of a state on a page, and when: so that a change without a reload can be timed.
import assert from 'node:assert/strict';

// How late a timer came at worst since states are waited for: what the machine, which has other work, adds to whatever is timed on it.
const TICK_MS = 10;
let due = Date.now() + TICK_MS;
let stall = 0;
setInterval(() => {
  stall = Math.max(stall, Date.now() - due);
  due = Date.now() + TICK_MS;
}, TICK_MS).unref();

/** Notes each text of the badge beside the heading, with its time. A reload forgets everything that was noted. */
export async function noteStates(page) {
  stall = 0;
  await page.evaluate(() => {
    globalThis.noted = [];
    const note = () => {
      const word = document.querySelector('.page-title .badge')?.textContent.trim();
      if (word && word !== globalThis.noted.at(-1)?.word) globalThis.noted.push({ word, at: Date.now() });
    };
    note();
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}

/** Forgets what was noted so far, but for the state that is shown. */
export async function forgetStates(page) {
  stall = 0;
  await page.evaluate(() => globalThis.noted.splice(0, globalThis.noted.length - 1));
}

/**
 * Waits until the server says `word` and each of the pages shows it, each within a second of the moment at which the server observed it,
 * not counting for how long the machine had no time.
 * `watch` is a stream of `watchDeployment`; its messages from `from` on count.
 */
export async function followed(watch, from, word, pages) {
  const deadline = Date.now() + 30_000;
  let told;
  while (!(told = watch.seen.slice(from).find(({ state }) => state === word))) {
    assert.ok(Date.now() < deadline, `the server never said ${word}: ${JSON.stringify(watch.seen.slice(from))}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const took = {};
  for (const [name, page] of Object.entries(pages)) {
    const shown = await page.waitForFunction((word) => globalThis.noted?.find((it) => it.word === word)?.at, word).then((it) => it.jsonValue());
    took[name] = Math.round(shown - told.observed);
    assert.ok(took[name] <= 1000 + stall, `${name} showed ${word} ${took[name]} ms after the server had observed it, ${stall} ms late itself`);
  }
  stall = 0;
  return took;
}
