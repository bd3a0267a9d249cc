// Somebody at a portal: a browser context of their own, which stays signed in from test to test.
import { newContext, show, signIn, strict } from './browser.mjs';

export const wide = { theme: 'light', width: 1280 };
export const narrow = { theme: 'light', width: 375 };

/** Waits until a page stands: it has its heading, and nothing on it is still being loaded. */
export async function settled(page) {
  await page.locator('h1').first().waitFor();
  await page.waitForFunction(() => !document.querySelector('[aria-busy=true], .skeleton-line, .skeleton-row, .kpi-skeleton, .chart-skeleton'));
}

export class Person {
  /** Nobody yet: a context at the portal (`master`, `tenant`, `reseller`) of the server at `url`. */
  static async at(browser, url, portal, view = wide) {
    const person = new Person();
    Object.assign(person, { url, portal, context: await newContext(browser, view) });
    return person;
  }

  /** The same, signed in. */
  static async signedIn(browser, url, portal, login) {
    const person = await Person.at(browser, url, portal);
    const page = await person.context.newPage();
    await signIn(page, url, portal, login);
    await page.close();
    return person;
  }

  /** The whole address of a path of the portal. */
  address(path) {
    return `${this.url}/${this.portal}${path}`;
  }

  /** Opens a path in a page of its own, gives it to `work` when it stands, and closes it. Fails when the page complained. */
  async visit(path, view, work, { expected } = {}) {
    const page = await this.context.newPage();
    try {
      const check = strict(page, expected);
      await show(page, view);
      await page.goto(this.address(path));
      await settled(page);
      const result = await work(page);
      check();
      return result;
    } finally {
      await page.close();
    }
  }

  close() {
    return this.context.close();
  }
}

/** Answers calls of these RPCs (`ListTenants`, or `*` for all but signing in) with a failure, as a server in trouble does. */
export async function failCalls(page, rpc = '*', { status = 14, message = 'The server is busy. Try again.', headers = {} } = {}) {
  await page.route(new RegExp(`/tenantry\\.v1\\.(?!AuthService)\\w+/${rpc === '*' ? '\\w+' : rpc}$`), (route) =>
    route.fulfill({
      status: 200,
      headers: {
        'content-type': 'application/grpc-web+proto',
        'grpc-status': String(status),
        'grpc-message': encodeURIComponent(message),
        'x-request-id': '0190a1b2c3d47e5f8071a2b3c4d5e6f7',
        ...headers,
      },
      body: '',
    }),
  );
}
