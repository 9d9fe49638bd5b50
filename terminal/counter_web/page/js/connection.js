// Connection to the terminal, with reconnection. The page stores no state of its own.

const MIN_WAIT = 250;
const MAX_WAIT = 2000;

/** Handlers: `onMessage(message)`, `onPicture(blob)`, `onGone()`, `onRefused(sentences)`. */
export class Link {
  #socket = null;
  #wait = MIN_WAIT;
  #handlers;

  constructor(handlers) {
    this.#handlers = handlers;
  }

  /** Exchange the code in the address for the cookie and connect. */
  async begin() {
    const code = location.hash.slice(1);
    if (code) history.replaceState(null, "", "/");
    await this.#open(code);
  }

  /** Return whether the message was sent. */
  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  async #open(code) {
    let answer;
    try {
      answer = code
        ? await fetch("enter", { method: "POST", body: JSON.stringify(code) })
        : await fetch("door", { cache: "no-store" });
    } catch {
      this.#retryLater();
      return;
    }
    if (answer.status === 401) {
      this.#handlers.onRefused(await answer.json());
      return;
    }
    if (!answer.ok) {
      this.#retryLater();
      return;
    }
    const socket = new WebSocket(`ws://${location.host}/talk`);
    socket.binaryType = "blob";
    socket.onmessage = (event) => {
      this.#wait = MIN_WAIT;
      if (typeof event.data === "string") this.#handlers.onMessage(JSON.parse(event.data));
      else this.#handlers.onPicture(event.data);
    };
    socket.onclose = () => {
      if (this.#socket === socket) this.#socket = null;
      this.#retryLater();
    };
    this.#socket = socket;
  }

  #retryLater() {
    this.#handlers.onGone();
    setTimeout(() => this.#open(""), this.#wait);
    this.#wait = Math.min(this.#wait * 2, MAX_WAIT);
  }
}
