/** Serves a page for each bundle, on this machine only. */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export class Pages {
  readonly #bundles: ReadonlyMap<string, string>;
  readonly #server: Server;

  constructor(bundles: ReadonlyMap<string, string>) {
    this.#bundles = bundles;
    this.#server = createServer(({ url = "" }, response) => {
      const [, name, extension] = /^\/([a-z+-]+)(\.js)?$/.exec(url) ?? [];
      const bundle = this.#bundles.get(name ?? "");
      if (bundle === undefined) {
        response.writeHead(404).end();
      } else if (extension) {
        response.writeHead(200, { "content-type": "text/javascript; charset=utf-8" }).end(bundle);
      } else {
        const page = `<!doctype html><meta charset="utf-8"><title>${name}</title><script type="module" src="${name}.js"></script>`;
        response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
      }
    });
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  address(name: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${name}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
