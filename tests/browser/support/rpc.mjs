// Calls from the outside, as a customer's script makes them: `buf curl`, and what it needs to know from reflection.
import { execFile } from 'node:child_process';
import { join } from 'node:path';

const BUF = join(import.meta.dirname, '../node_modules/.bin/buf');
const CALL_MS = 120_000;

/**
 * Calls `method` ("MasterAdminService/GetPlan") of the server at `url`. Answers `{ code: 'ok', body, bodies }`, where `bodies`
 * are all messages of a stream, or `{ code, message, details }` with the code in lower case, as in "not_found".
 */
export function call(url, method, body = {}, token) {
  const headers = token ? ['--header', `authorization: Bearer ${token}`] : [];
  const args = ['curl', '--http2-prior-knowledge', '--protocol', 'grpc', '--emit-defaults', ...headers];
  return new Promise((resolve, reject) => {
    const target = `${url}/tenantry.v1.${method}`;
    const options = { timeout: CALL_MS, maxBuffer: 1 << 26 };
    execFile(BUF, [...args, '--data', JSON.stringify(body), target], options, (error, stdout, stderr) => {
      if (!error) {
        const bodies = documents(stdout);
        resolve({ code: 'ok', body: bodies.at(-1), bodies });
      } else if (stderr.trimStart().startsWith('{')) {
        const { code, message = '', details = [] } = JSON.parse(stderr);
        resolve({ code, message, details: details.map(readDetail) });
      } else {
        reject(new Error(`${method}: ${stderr.trim() || error.message}`));
      }
    });
  });
}

/** Splits the indented JSON documents that follow one another. */
function documents(text) {
  return text
    .split(/(?<=^\}$)/m)
    .filter((part) => part.trim())
    .map((part) => JSON.parse(part));
}

/** The error details of the API: their type, and the fields that a caller acts on. */
function readDetail({ type, value }) {
  const name = type.replace('google.rpc.', '');
  const fields = decode(Buffer.from(value, 'base64'));
  const text = (of, number) => of.get(number)?.[0]?.toString() ?? '';
  const nested = (fields.get(1) ?? []).filter(Buffer.isBuffer);
  switch (name) {
    case 'BadRequest':
      return { name, fields: nested.map((violation) => text(decode(violation), 1)) };
    case 'ErrorInfo':
      return { name, reason: text(fields, 1) };
    case 'ResourceInfo':
      return { name, resourceType: text(fields, 1), resourceName: text(fields, 2) };
    case 'PreconditionFailure':
      return { name, violations: nested.map((violation) => text(decode(violation), 1)) };
    default:
      return { name };
  }
}

/** Field number to values of one protobuf message: a buffer for text and messages, a number for a varint. */
export function decode(bytes) {
  const fields = new Map();
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const wire = key & 7;
    if (wire !== 0 && wire !== 2) throw new Error(`an error detail has the unexpected wire type ${wire}`);
    let value = varint();
    if (wire === 2) value = bytes.subarray(at, (at += value));
    const number = key >> 3;
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}
