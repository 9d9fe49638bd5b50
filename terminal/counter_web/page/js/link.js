// Connection to the terminal. It is reopened after every interruption. All state is stored in the terminal.

const FIRST_WAIT = 250;
const MAX_WAIT = 2000;

/** Handlers: `onMessage(message)`, `onPicture(blob)`, `onGone()`, `onRefused(sentences)`. */
export class Link {
  #socket = null;
  #wait = FIRST_WAIT;
  #hear;

  constructor(hear) {
    this.#hear = hear;
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
      this.#later();
      return;
    }
    if (answer.status === 401) {
      this.#hear.onRefused(await answer.json());
      return;
    }
    if (!answer.ok) {
      this.#later();
      return;
    }
    const socket = new WebSocket(`ws://${location.host}/talk`);
    socket.binaryType = "blob";
    socket.onmessage = (event) => {
      this.#wait = FIRST_WAIT;
      if (typeof event.data === "string") this.#hear.onMessage(JSON.parse(event.data));
      else this.#hear.onPicture(event.data);
    };
    socket.onclose = () => {
      if (this.#socket === socket) this.#socket = null;
      this.#later();
    };
    this.#socket = socket;
  }

  #later() {
    this.#hear.onGone();
    setTimeout(() => this.#open(""), this.#wait);
    this.#wait = Math.min(this.#wait * 2, MAX_WAIT);
  }
}
