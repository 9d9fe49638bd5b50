// WebSocket connection to the terminal, with reconnection, and HTTP requests.

const FIRST_WAIT = 250;
const MAX_WAIT = 2000;

/** Return the session's `{level, password}`, or null if the terminal does not answer. */
export async function sessionStatus() {
  try {
    return await (await fetch("/staff/door", { cache: "no-store" })).json();
  } catch {
    return null;
  }
}

/** Post a password to `path`. Return `{ok, wait, content}`. */
export async function password(path, secret) {
  try {
    const answer = await fetch(path, { method: "POST", body: secret });
    const content = answer.headers.get("content-type")?.startsWith("application/json") ? await answer.json() : {};
    return { ok: answer.ok, wait: content.wait ?? 0, content };
  } catch {
    return { ok: false, wait: 0, content: {} };
  }
}

/** Connection that calls `onMessage(message)`, `onPicture(blob)` and `onGone()` of its handlers. */
export class Connection {
  #socket = null;
  #wait = FIRST_WAIT;
  #handlers;

  constructor(handlers) {
    this.#handlers = handlers;
  }

  get open() {
    return this.#socket !== null;
  }

  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  begin(language) {
    if (this.#socket) return;
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/staff/line?language=${language}`);
    socket.binaryType = "blob";
    socket.onmessage = (event) => {
      this.#wait = FIRST_WAIT;
      if (typeof event.data === "string") this.#handlers.onMessage(JSON.parse(event.data));
      else this.#handlers.onPicture(event.data);
    };
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      setTimeout(() => this.#handlers.onGone(), this.#wait);
      this.#wait = Math.min(this.#wait * 2, MAX_WAIT);
    };
    this.#socket = socket;
  }

  end() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}
