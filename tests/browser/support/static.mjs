// A server for the built files of an app, with the security headers of the real one.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './server.mjs';

const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
};

/** Serves `folder` under `/name/`; paths that are no file get its index.html. Answers the url and a way to stop. */
export async function serve(name, folder) {
  const port = await freePort();
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url, 'http://localhost').pathname);
    let file = join(folder, path.slice(`/${name}`.length));
    const asset = path.startsWith(`/${name}/assets/`);
    if (!path.startsWith(`/${name}/`) || (asset && !existsSync(file))) {
      response.writeHead(404).end();
      return;
    }
    if (!asset && !(existsSync(file) && statSync(file).isFile())) file = join(folder, 'index.html');
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
    });
    createReadStream(file).pipe(response);
  }).listen(port, '127.0.0.1');
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}/${name}`, stop };
}

// `node support/static.mjs gallery ../../target/portals/gallery` serves it until Ctrl+C.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await serve(process.argv[2], process.argv[3]);
  console.log(`${url}/`);
}
