// How a page looks: in both themes, at every width.
import assert from 'node:assert/strict';
import { axe, show, views } from './browser.mjs';

/** Throws when the page is wider than its window. */
export async function fits(page, width) {
  await page.setViewportSize({ width, height: 812 });
  const wider = await page.evaluate(() =>
    document.documentElement.scrollWidth <= innerWidth
      ? []
      : [...document.querySelectorAll('main *')].filter((it) => it.getBoundingClientRect().right > innerWidth).map((it) => it.outerHTML.slice(0, 100)),
  );
  assert.deepEqual(wider, [], `wider than ${width} px`);
}

/** Throws when axe finds anything on the page in a theme or width. */
export async function axeEverywhere(page) {
  for (const view of views) {
    await show(page, view);
    await axe(page).catch((error) => assert.fail(`${view.name}: ${error.message}`));
  }
}
