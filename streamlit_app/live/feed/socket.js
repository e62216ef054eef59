// The browser's own WebSocket to the class: it reconnects by itself and misses nothing in between.

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15000;
const OFFLINE_AFTER_FAILURES = 4;

class LiveSocket {
  constructor({ address, courseId, section, token, after, onMessage, onState }) {
    this.address = address;
    this.courseId = courseId;
    this.section = section;
    this.protocols = ["cellpulse.v1", `bearer.${token}`];
    this.after = after; // the last position that came over this socket, or where to start
    this.onMessage = onMessage;
    this.onState = onState;
    this.failures = 0;
    this.state = "connecting";
    this.wake = () => this.retryNow();
    this.sleep = () => this.lose();
    window.addEventListener("online", this.wake);
    window.addEventListener("offline", this.sleep);
    this.connect();
  }

  connect() {
    const address = new URL(`${this.address}/ws/dashboard`);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    address.searchParams.set("course_id", this.courseId);
    if (this.section) address.searchParams.set("section", this.section);
    address.searchParams.set("signals", "1");
    if (this.after) address.searchParams.set("after", this.after);
    let socket;
    try {
      socket = new WebSocket(address, this.protocols);
    } catch {
      this.lose(); // a page served over https may not open an address without it
      return;
    }
    this.socket = socket;
    socket.onopen = () => {
      this.failures = 0;
      this.tell("live");
    };
    socket.onmessage = (message) => {
      if (socket === this.socket) this.receive(message.data);
    };
    socket.onclose = () => {
      if (socket === this.socket) this.lose();
    };
  }

  receive(text) {
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    const isEvent = !message.signal && typeof message.position === "string";
    if (isEvent && (!this.after || comparePositions(message.position, this.after) > 0)) {
      this.after = message.position;
    }
    this.onMessage(message);
  }

  lose() {
    this.drop();
    this.failures += 1;
    const away = !navigator.onLine || this.failures >= OFFLINE_AFTER_FAILURES;
    this.tell(away ? "offline" : "reconnecting");
    const delay = Math.min(FIRST_DELAY_MS * 2 ** (this.failures - 1), LONGEST_DELAY_MS);
    // Spread out, so that after a restart not every page comes back in the same moment.
    this.timer = setTimeout(() => this.connect(), delay * (0.5 + Math.random() / 2));
  }

  retryNow() {
    if (this.state === "live") return;
    this.drop();
    this.connect();
  }

  drop() {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = undefined;
    socket?.close();
  }

  tell(state) {
    this.state = state;
    this.onState(state);
  }

  close() {
    window.removeEventListener("online", this.wake);
    window.removeEventListener("offline", this.sleep);
    this.drop();
  }
}
