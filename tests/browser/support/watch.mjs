// A stream of the API by gRPC-Web, with the time at which each message arrived: what the server says, and when.
import { decode } from './rpc.mjs';

const STATE = 5;
const OBSERVE_TIME = 13;

/** Encodes one text field. */
function text(number, value) {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}

/** Names of the states by number, as the pages write them. */
export const STATES = ['', 'Pending', 'Starting', 'Running', 'Unhealthy', 'Stopping', 'Stopped', 'Suspended', 'Failed', 'Deleted', 'Purging', 'Purged', 'Unknown'];

/**
 * Watches one deployment. Answers `{ seen, close }`; `seen` grows by `{ state, at, observed }` with each message: when it came, and when the server
 * observed what it tells, both in milliseconds.
 */
export async function watchDeployment(url, token, deploymentId) {
  const message = text(1, deploymentId);
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  message.copy(frame, 5);
  const closing = new AbortController();
  const response = await fetch(`${url}/tenantry.v1.MasterAdminService/WatchDeployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/grpc-web+proto', authorization: `Bearer ${token}` },
    body: frame,
    signal: closing.signal,
  });
  const seen = [];
  const read = async () => {
    let bytes = Buffer.alloc(0);
    for await (const part of response.body) {
      bytes = Buffer.concat([bytes, part]);
      while (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt32BE(1)) {
        const end = 5 + bytes.readUInt32BE(1);
        if (bytes[0] === 0) take(bytes.subarray(5, end));
        bytes = bytes.subarray(end);
      }
    }
  };
  const take = (body) => {
    const [deployment] = decode(body).get(1) ?? [];
    if (!Buffer.isBuffer(deployment)) return;
    const fields = decode(deployment);
    const time = decode(fields.get(OBSERVE_TIME)?.[0] ?? Buffer.alloc(0));
    const observed = (time.get(1)?.[0] ?? 0) * 1000 + (time.get(2)?.[0] ?? 0) / 1e6;
    seen.push({ state: STATES[fields.get(STATE)?.[0] ?? 0], at: Date.now(), observed });
  };
  read().catch(() => {}); // Closing it is an error to fetch.
  return { seen, close: () => closing.abort() };
}
