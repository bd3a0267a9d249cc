// The portals with a vendor's business in them. One server and its sign-ins are shared by all of these tests.
import './demo/pages.mjs';
import './demo/shell.mjs';
import './demo/lists.mjs';
import './demo/forms.mjs';
import './demo/session.mjs';
import './demo/refused.mjs';
import './demo/roles.mjs';
import './demo/policy.mjs';
import './demo/audit.mjs';
import './demo/figures.mjs';
import './demo/keyboard.mjs';
