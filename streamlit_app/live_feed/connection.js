// The state of the connection, and how old the numbers beside it are. The live list tells the
// state by an event on the window.

const states = new WeakMap();

class ConnectionState {
  constructor(parent) {
    this.root = document.createElement("p");
    this.root.className = "cp-connection";
    this.root.dataset.testid = "connection";
    this.dot = document.createElement("span");
    this.dot.className = "cp-dot";
    this.dot.ariaHidden = "true";
    this.word = document.createElement("span");
    this.word.setAttribute("role", "status");
    this.age = document.createElement("span");
    this.root.append(this.dot, this.word, this.age);
    parent.append(this.root);
    this.listen = (event) => {
      this.state = event.detail;
      this.draw();
    };
    window.addEventListener("cellpulse:connection", this.listen);
    this.timer = setInterval(() => this.draw(), 1000);
  }

  update(data) {
    if (data.drawn_at !== this.data?.drawn_at) {
      this.since = performance.now() - data.age_s * 1000;
    }
    this.data = data;
    this.draw();
  }

  draw() {
    if (!this.data) return;
    const state = this.state ?? "connecting";
    const { texts, note } = this.data;
    this.root.dataset.state = state;
    if (this.word.textContent !== texts[state]) this.word.textContent = texts[state];
    const seconds = Math.max(0, (performance.now() - this.since) / 1000);
    const age = texts.as_of.replace("{age}", this.inWords(seconds));
    this.age.textContent = [age, note].filter(Boolean).map((text) => ` · ${text}`).join("");
  }

  inWords(seconds) {
    const { texts } = this.data;
    if (seconds < 1) return texts.seconds.replace("{n}", seconds.toFixed(1));
    if (seconds < 60) return texts.seconds.replace("{n}", Math.floor(seconds));
    return texts.minutes.replace("{n}", Math.floor(seconds / 60));
  }

  close() {
    clearInterval(this.timer);
    window.removeEventListener("cellpulse:connection", this.listen);
    this.root.remove();
  }
}

export default function ({ parentElement, data }) {
  let shown = states.get(parentElement);
  if (!shown) {
    shown = new ConnectionState(parentElement);
    states.set(parentElement, shown);
    window.dispatchEvent(new Event("cellpulse:connection?"));
  }
  shown.update(data);
  return () => {
    states.get(parentElement)?.close();
    states.delete(parentElement);
  };
}
