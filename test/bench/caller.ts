import { Agent, type IncomingMessage, request } from 'node:http';

/** A client that keeps its connections, and shows the token. */
export class Caller implements Disposable {
  readonly #agent: Agent;
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string, connections = 1) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
    this.#url = url;
    this.#token = token;
  }

  /** Reads an answer to its end, and keeps nothing of it. @returns its bytes */
  async drain(path: string): Promise<number> {
    let bytes = 0;
    for await (const piece of await this.#send(path, null)) bytes += (piece as Uint8Array).length;
    return bytes;
  }

  /** @throws when the answer holds errors */
  async ask<Data>(query: string, variables: Readonly<Record<string, unknown>>): Promise<Data> {
    const { data, errors } = JSON.parse(await this.askText(query, variables)) as { data: Data; errors?: unknown };
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    return data;
  }

  async askText(query: string, variables: Readonly<Record<string, unknown>>): Promise<string> {
    const pieces: Uint8Array[] = [];
    for await (const piece of await this.#send('/graphql', JSON.stringify({ query, variables }))) pieces.push(piece);
    return Buffer.concat(pieces).toString('utf8');
  }

  async #send(path: string, body: string | null): Promise<IncomingMessage> {
    const headers = { 'x-access-token': this.#token, 'content-type': 'application/json' };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const method = body === null ? 'GET' : 'POST';
      const sent = request(this.#url + path, { agent: this.#agent, method, headers }, resolve);
      sent.once('error', reject);
      sent.end(body ?? undefined);
    });
    if (response.statusCode !== 200) throw new Error(`${path} was answered with ${response.statusCode}`);
    return response;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
