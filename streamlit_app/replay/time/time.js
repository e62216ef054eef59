// The time of a replay: a slider over a session of class, the runs of its minutes and the
// instructors' marks under it, and what plays it. The browser counts the time; Python is asked to
// draw the class as of then, and asked again only when it has done so.

const SHORTEST_STEP_MS = 1000;
// Python does not answer: ask again.
const LONGEST_WAIT_MS = 10_000;
const TICK_MS = 200;

function made(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

// Always with two digits, so that nothing moves while it plays.
const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };

class ReplayTime {
  constructor(parent, data) {
    this.data = data;
    this.at = data.at_ms;
    this.speed = data.speed;
    this.isPlaying = false;
    this.leaving = new Leaving(["replay"]);
    this.root = made("section", "cp-replay");
    this.root.dataset.testid = "replay-time";
    this.root.ariaLabel = data.texts.label;
    this.root.append(this.tools(data.texts), this.track(data.texts));
    parent.append(this.root);
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.build();
    this.draw();
  }

  tools(texts) {
    const tools = made("div", "cp-replay-tools");
    this.play = made("button", "cp-replay-play");
    this.play.type = "button";
    this.play.dataset.testid = "play";
    this.play.addEventListener("click", () => (this.isPlaying ? this.stop() : this.start()));
    this.speeds = made("div", "cp-replay-speeds");
    this.speeds.setAttribute("role", "group");
    this.speeds.ariaLabel = texts.speed;
    for (const speed of this.data.speeds) {
      const button = made("button", "", texts.times.replace("{n}", speed));
      button.type = "button";
      button.dataset.speed = speed;
      button.addEventListener("click", () => this.changeSpeed(speed));
      this.speeds.append(button);
    }
    this.next = made("button", "", texts.next);
    this.next.type = "button";
    this.next.dataset.testid = "next-mark";
    this.next.addEventListener("click", () => this.goToNextMark());
    this.clock = made("output", "cp-replay-clock");
    this.since = made("span", "cp-replay-since");
    tools.append(this.play, this.speeds, this.next, this.clock, this.since);
    return tools;
  }

  track(texts) {
    const track = made("div", "cp-replay-track");
    this.minutes = made("div", "cp-replay-minutes");
    this.minutes.ariaHidden = "true";
    this.slider = made("input");
    this.slider.type = "range";
    this.slider.step = 10;
    this.slider.ariaLabel = texts.slider;
    this.slider.addEventListener("input", () => this.moveTo(this.slider.value * 1000));
    this.slider.addEventListener("change", () => this.goTo(this.slider.value * 1000));
    this.marks = made("ul", "cp-replay-marks");
    this.marks.setAttribute("role", "list");
    this.marks.ariaLabel = texts.marks;
    track.append(this.minutes, this.slider, this.marks);
    return track;
  }

  // The bars and the marks are built anew only when there are others.
  build() {
    const { begin_ms, end_ms, runs, marks, texts } = this.data;
    const content = JSON.stringify([begin_ms, end_ms, runs, marks]);
    if (content === this.content) return;
    this.content = content;
    this.slider.min = Math.floor(begin_ms / 1000);
    this.slider.max = Math.ceil(end_ms / 1000);
    const most = Math.max(1, ...runs);
    this.minutes.replaceChildren(
      ...runs.map((number) => {
        const bar = made("i");
        bar.style.height = `${(100 * number) / most}%`;
        return bar;
      }),
    );
    this.marks.replaceChildren(
      ...marks.map((mark) => {
        const share = (mark.at_ms - begin_ms) / Math.max(1, end_ms - begin_ms);
        // A text near the end stands before its moment, so that it is not cut off.
        const entry = made("li", share > 0.6 ? "cp-replay-late" : "");
        entry.style.left = `${100 * share}%`;
        const button = made("button", "", mark.text);
        button.type = "button";
        button.title = texts.mark.replace("{time}", this.clockOf(mark.at_ms)).replace("{text}", mark.text);
        button.addEventListener("click", () => this.goTo(mark.at_ms));
        entry.append(button);
        return entry;
      }),
    );
  }

  update(data, setStateValue) {
    const isElsewhere = data.at_ms !== this.asked && data.at_ms !== this.data.at_ms;
    const isOtherSpeed = data.speed !== this.askedSpeed && data.speed !== this.data.speed;
    this.data = data;
    this.tell = setStateValue;
    this.leaving.update(data.drawing);
    this.build();
    if (this.asked === data.at_ms) this.waitsSince = undefined;
    if (isElsewhere) {
      // Somebody went back, or chose another session of class.
      this.isPlaying = false;
      this.waitsSince = undefined;
      this.at = data.at_ms;
    }
    if (isElsewhere || isOtherSpeed) this.speed = this.askedSpeed = data.speed;
    this.draw();
  }

  start() {
    if (this.at >= this.data.end_ms) this.at = this.data.begin_ms;
    this.isPlaying = true;
    this.isHeld = false;
    this.counted = performance.now();
    this.draw();
    this.ask();
  }

  stop() {
    this.isPlaying = false;
    this.draw();
    this.ask();
  }

  changeSpeed(speed) {
    this.speed = speed;
    this.draw();
    this.ask();
  }

  moveTo(ms) {
    this.at = Math.min(this.data.end_ms, Math.max(this.data.begin_ms, ms));
    this.isHeld = true;
    this.draw();
  }

  goTo(ms) {
    this.moveTo(ms);
    this.isHeld = false;
    this.counted = performance.now();
    this.ask();
  }

  get nextMark() {
    return this.data.marks.find((mark) => mark.at_ms > this.at + 500);
  }

  goToNextMark() {
    if (this.nextMark) this.goTo(this.nextMark.at_ms);
  }

  tick() {
    const now = performance.now();
    if (this.isPlaying && !this.isHeld && !this.leaving.isLeft) {
      this.at = Math.min(this.data.end_ms, this.at + (now - this.counted) * this.speed);
      if (this.at >= this.data.end_ms) {
        this.isPlaying = false;
        this.keepInAddress(); // at once: who reloads now sees the end again
        this.isDue = true;
      }
      this.draw();
      if (now - (this.askedAt ?? 0) >= SHORTEST_STEP_MS) this.isDue = true;
    }
    this.counted = now;
    const isFree = this.waitsSince === undefined || now - this.waitsSince > LONGEST_WAIT_MS;
    if (this.isDue && isFree) this.send();
  }

  // What is asked while Python draws is asked when it is done: the last wish counts.
  ask() {
    this.isDue = true;
    if (this.waitsSince === undefined) this.send();
  }

  send() {
    if (this.leaving.isLeft) return; // it stays due
    this.isDue = false;
    this.asked = Math.round(this.at);
    this.askedSpeed = this.speed;
    this.askedAt = this.waitsSince = performance.now();
    if (this.isPlaying) this.keepInAddress();
    const wish = { at_ms: this.asked, speed: this.speed, playing: this.isPlaying, number: this.askedAt };
    this.leaving.askFirst(() => this.tell?.("asked", wish));
  }

  // While it plays the address follows, without an entry in the history for each step.
  keepInAddress() {
    const address = new URL(location.href);
    address.searchParams.set("at", new Date(Math.round(this.at)).toISOString());
    address.searchParams.set("speed", this.speed);
    history.replaceState(history.state, "", address);
  }

  clockOf(ms) {
    const { locale, time_zone: timeZone } = this.data; // the browser's own zone where none is set
    return new Date(ms).toLocaleTimeString(locale, { ...CLOCK, timeZone: timeZone ?? undefined });
  }

  draw() {
    const { texts, begin_ms } = this.data;
    const minutes = Math.floor((this.at - begin_ms) / 60_000);
    this.slider.value = this.at / 1000;
    const since = texts.since.replace("{n}", minutes);
    this.slider.setAttribute("aria-valuetext", `${this.clockOf(this.at)}, ${since}`);
    this.clock.textContent = this.clockOf(this.at);
    this.since.textContent = since;
    const word = this.isPlaying ? texts.pause : texts.play;
    if (this.play.textContent !== word) this.play.textContent = word;
    this.play.dataset.playing = this.isPlaying;
    this.next.disabled = !this.nextMark;
    for (const button of this.speeds.children) {
      button.ariaPressed = String(Number(button.dataset.speed) === this.speed);
    }
  }

  close() {
    clearInterval(this.timer);
    this.leaving.close();
    this.root.remove();
  }
}

const shown = new WeakMap();

// Streamlit calls this when the component appears and after each drawing.
export default function ({ parentElement, data, setStateValue }) {
  let time = shown.get(parentElement);
  if (!time) {
    time = new ReplayTime(parentElement, data);
    shown.set(parentElement, time);
  }
  time.update(data, setStateValue);
  return () => {
    shown.get(parentElement)?.close();
    shown.delete(parentElement);
  };
}
