// The state of the connection, and how old the numbers beside it are. The live list tells the
// state, and the position of whatever arrives, by events on the window.

// Numbers that lack something which arrived longer ago than this are old; less is their usual way.
const OLD_AFTER_MS = 5000;
// Arrivals closer than this are remembered as one.
const SAME_ARRIVAL_MS = 1000;

// What arrived over the live connection and is not in the numbers yet, oldest first.
class Uncounted {
  constructor() {
    this.arrivals = [];
    this.counted = "0-0";
  }

  arrived(position) {
    if (comparePositions(position, this.counted) <= 0) return;
    const now = performance.now();
    const last = this.arrivals.at(-1);
    if (last && now - last.at < SAME_ARRIVAL_MS) {
      if (comparePositions(position, last.position) > 0) last.position = position;
    } else {
      this.arrivals.push({ at: now, position, happenedAt: Number(position.split("-")[0]) });
    }
  }

  countedUpTo(position) {
    this.counted = position;
    this.arrivals = this.arrivals.filter((each) => comparePositions(each.position, position) > 0);
  }

  // The first of them, when it has waited so long that something is wrong.
  get overdue() {
    const [first] = this.arrivals;
    return first && performance.now() - first.at > OLD_AFTER_MS ? first : null;
  }
}

class ConnectionState {
  constructor(parent) {
    this.uncounted = new Uncounted();
    this.root = document.createElement("p");
    this.root.className = "cp-connection";
    this.root.dataset.testid = "connection";
    this.dot = document.createElement("span");
    this.dot.className = "cp-dot";
    this.dot.ariaHidden = "true";
    this.word = document.createElement("span");
    this.word.setAttribute("role", "status");
    this.age = document.createElement("span");
    this.age.className = "cp-age";
    this.note = document.createElement("span");
    this.note.className = "cp-note";
    this.root.append(this.dot, this.word, this.age, this.note);
    parent.append(this.root);
    this.oldLook = document.createElement("style");
    this.listen = (event) => {
      this.state = event.detail;
      this.draw();
    };
    this.arrived = (event) => this.uncounted.arrived(event.detail);
    window.addEventListener("cellpulse:connection", this.listen);
    window.addEventListener("cellpulse:arrived", this.arrived);
    this.timer = setInterval(() => this.draw(), 1000);
  }

  update(data) {
    if (data.drawn_at !== this.data?.drawn_at) {
      this.since = performance.now() - data.age_s * 1000;
      this.serverAhead = Date.parse(data.drawn_at) - performance.now();
    }
    this.data = data;
    this.uncounted.countedUpTo(data.position);
    this.draw();
  }

  draw() {
    if (!this.data) return;
    const state = this.state ?? "connecting";
    const { texts, note } = this.data;
    const { overdue } = this.uncounted;
    const isOld = this.data.is_old || overdue !== null;
    this.root.dataset.state = state;
    this.root.toggleAttribute("data-old", isOld);
    this.look(isOld);
    if (this.word.textContent !== texts[state]) this.word.textContent = texts[state];
    const age = this.inWords(this.secondsSince(overdue));
    this.age.textContent = ` · ${texts[isOld ? "old" : "as_of"].replace("{age}", age)}`;
    // Whether anything was lost can't be told from old numbers.
    this.note.textContent = note && !isOld ? ` · ${note}` : "";
    this.note.toggleAttribute("data-alarm", this.data.is_alarm);
  }

  look(isOld) {
    if (this.oldLook.isConnected === isOld) return;
    this.oldLook.textContent = this.data.old_look;
    if (isOld) document.head.append(this.oldLook);
    else this.oldLook.remove();
  }

  // Numbers are as old as their answer, or as the first thing that they should hold and don't.
  // After a reload that arrives late, so it is dated by the server's clock, too.
  secondsSince(overdue) {
    const now = performance.now();
    const since = overdue
      ? Math.min(this.since, overdue.at, overdue.happenedAt - this.serverAhead)
      : this.since;
    return Math.max(0, (now - since) / 1000);
  }

  inWords(seconds) {
    const { texts } = this.data;
    if (seconds < 1) return texts.seconds.replace("{n}", seconds.toFixed(1));
    if (seconds < 60) return texts.seconds.replace("{n}", Math.floor(seconds));
    if (seconds < 3600) return texts.minutes.replace("{n}", Math.floor(seconds / 60));
    return texts.hours.replace("{n}", Math.floor(seconds / 3600));
  }

  close() {
    clearInterval(this.timer);
    this.oldLook.remove();
    window.removeEventListener("cellpulse:connection", this.listen);
    window.removeEventListener("cellpulse:arrived", this.arrived);
    this.root.remove();
  }
}

const states = new WeakMap();

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
