// The main job through the three portals, each in a browser of its own. The steps follow one another.
import './job/onboard.mjs';
import './job/life.mjs';
