// The portals with a vendor's business in them. One server and its sign-ins are shared by all of these tests.
import './demo/pages.mjs';
