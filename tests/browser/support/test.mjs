// A test that hangs is one that fails.
import { test as run } from 'node:test';

const PATIENCE_MS = 120_000;

export const test = (name, body) => run(name, { timeout: PATIENCE_MS }, body);
