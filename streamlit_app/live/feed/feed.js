// The live list as a component of the page. A run is on the page the moment it arrives, without
// asking Python; when stored numbers moved, Python is asked to draw them anew.

// Whoever types goes on within this.
const TYPING_MS = 600;

class Feed {
  constructor(parent, data) {
    this.data = data;
    this.root = element("details", "cp-feed");
    this.root.dataset.testid = "live-feed";
    this.list = element("ul", "cp-runs");
    this.list.setAttribute("role", "list");
    this.list.setAttribute("aria-label", data.texts.label);
    this.list.dataset.testid = "live-runs";
    this.empty = element("p", "cp-empty", data.texts.empty);
    this.root.append(element("summary", "", data.texts.title), this.tools(data.texts));
    this.root.append(this.empty, this.list);
    parent.append(this.root);
    this.runs = new RunList(
      this.list,
      data.texts.kinds,
      clockIn(data),
      (student) => studentAddress(this.data, student),
      (student) => nameIn(this.data, student),
    );
    this.kept = ""; // the filter that Python was told, or that it told
    this.isKept = true; // whether Python has it by now
    this.held = undefined; // what came while the list is paused
    this.leaving = new Leaving(["", "live"]);
    this.answer = () => this.announce(this.socket.state);
    window.addEventListener("cellpulse:connection?", this.answer);
    this.looked = () => {
      if (this.isDue) this.redraw();
    };
    this.pointing = new Pointing(this.looked);
    this.clock = setInterval(() => this.redraw(), data.slowest_redraw_ms);
    document.addEventListener("visibilitychange", this.looked);
    this.socket = new LiveSocket({
      address: data.ingest_url ?? `${location.protocol}//${location.hostname}:${data.ingest_port}`,
      courseId: data.course_id,
      section: data.section,
      token: data.token,
      after: data.after,
      onMessage: (message) => this.receive(message),
      onState: (state) => this.changeState(state),
    });
    this.announce(this.socket.state);
  }

  // A pause holds back rows, a filter hides them: nothing is lost by either.
  tools(texts) {
    const tools = element("div", "cp-feed-tools");
    this.pause = element("button", "", texts.pause);
    this.pause.type = "button";
    this.pause.addEventListener("click", () => this.togglePause());
    this.waiting = element("span");
    this.waiting.setAttribute("role", "status");
    this.filter = element("input");
    this.filter.type = "search";
    this.filter.placeholder = texts.filter;
    this.filter.setAttribute("aria-label", texts.filter);
    this.filter.addEventListener("input", () => {
      this.sift();
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.keepFilter(), TYPING_MS);
    });
    this.missed = element("span");
    this.missed.setAttribute("role", "status");
    tools.append(this.filter, this.pause, this.waiting, this.missed);
    return tools;
  }

  sift() {
    this.runs.show(this.filter.value);
    this.tellWhetherEmpty();
  }

  // Python puts it into the address, so that reload, Back and sharing keep it.
  keepFilter() {
    this.kept = this.filter.value;
    this.isKept = false;
    this.drawnWithout = 0;
    this.tell("filtered", this.kept);
  }

  // What the address says, unless that is from before what was typed. A drawing that was on its way
  // comes without it; a second one says that other news took its place, for Python hears the latest.
  takeFilter(filter) {
    this.isKept ||= filter === this.kept;
    if (!this.isKept && (this.drawnWithout += 1) === 2) this.tell("filtered", this.kept);
    if (!this.isKept || filter === this.kept) return;
    this.kept = this.filter.value = filter;
    this.root.open ||= filter !== "";
    this.sift();
  }

  togglePause() {
    const { texts } = this.data;
    if (this.held) {
      for (const run of [...this.held, ...this.data.runs]) this.runs.add(run, false);
      this.held = undefined;
    } else {
      this.held = [];
      this.heldCount = 0;
    }
    this.pause.textContent = this.held ? texts.resume : texts.pause;
    this.waiting.textContent = "";
    this.tellWhetherEmpty();
  }

  tellWhetherEmpty() {
    this.empty.hidden = this.runs.shown > 0;
    this.empty.textContent = this.runs.rows.size ? this.data.texts.none : this.data.texts.empty;
  }

  add(run, isNew) {
    if (this.held) {
      this.hold(run);
      const { waiting } = this.data.texts;
      this.waiting.textContent = waiting.replace("{n}", (this.heldCount += 1));
    } else {
      this.runs.add(run, isNew);
      this.tellWhetherEmpty();
    }
  }

  // However long the pause, no more is kept than the list shows.
  hold(run) {
    this.held.push(run);
    if (this.held.length <= 2 * MOST_ROWS) return;
    this.held.sort((one, other) => comparePositions(one.position, other.position));
    this.held.splice(0, this.held.length - MOST_ROWS);
  }

  // The page was drawn anew: perhaps with runs that are not in the list yet.
  update(data, setTriggerValue) {
    this.data = data;
    this.ask = setTriggerValue;
    this.leaving.update(data.drawing);
    if (this.isDue && !this.leaving.isLeft) this.redraw();
    this.catchUp();
    // While it is paused the list stays as it is; what it lacks of these came over the socket.
    if (!this.held) for (const run of data.runs) this.runs.add(run, false);
    this.takeFilter(data.filter);
    this.tellWhetherEmpty();
  }

  receive(message) {
    if (message.signal) {
      if (message.signal === "rollups-advanced") {
        this.moved = message.position;
        this.redraw();
      }
      // It was away for longer than the log reaches back: only the API has what happened then.
      // From there the rows come by themselves while names are hidden.
      if (message.signal === "missed" && !this.data.projected)
        this.missed.textContent = this.data.texts.missed;
      return;
    }
    if (typeof message.position !== "string") return;
    window.dispatchEvent(new CustomEvent("cellpulse:arrived", { detail: message.position }));
    // There is a name in it: while the page is projected, rows come with the next drawing alone.
    if (kindOf(message) && !this.data.projected) this.add(message, true);
  }

  // At most one redraw in so long as Python says, and none while nobody sees the page or somebody
  // is about to press what it may move; one that is due is never lost, so that the last of a burst
  // is always drawn.
  redraw() {
    if (this.redrawTimer) return;
    const wait = Math.max(0, (this.drawnAt ?? -Infinity) + this.data.shortest_redraw_ms - performance.now());
    this.redrawTimer = setTimeout(() => {
      this.redrawTimer = undefined;
      this.isDue = this.leaving.isLeft || document.hidden || this.pointing.isOn;
      this.root.toggleAttribute("data-held", this.pointing.isOn);
      if (this.isDue) return;
      this.drawnAt = performance.now();
      this.tell("moved", this.drawnAt);
    }, wait);
  }

  tell(what, value) {
    if (!this.leaving.isLeft) this.leaving.askFirst(() => this.ask?.(what, value));
  }

  // What was drawn may be what another page was told a moment before the numbers moved, and what
  // is drawn seldom may be old.
  catchUp() {
    const { as_of: asOf, is_behind: isBehind } = this.data;
    if (isBehind || (this.moved && comparePositions(this.moved, asOf) > 0)) this.redraw();
  }

  changeState(state) {
    this.announce(state);
    if (state === "live") this.redraw(); // signals may have been missed until now
  }

  announce(state) {
    this.list.dataset.state = state;
    window.dispatchEvent(new CustomEvent("cellpulse:connection", { detail: state }));
  }

  close() {
    clearTimeout(this.redrawTimer);
    clearTimeout(this.typing);
    clearInterval(this.clock);
    this.pointing.close();
    this.leaving.close();
    window.removeEventListener("cellpulse:connection?", this.answer);
    document.removeEventListener("visibilitychange", this.looked);
    this.socket.close();
    this.root.remove();
  }
}

const feeds = new WeakMap();

// Streamlit calls this when the component appears and after each drawing.
export default function ({ parentElement, data, setTriggerValue }) {
  let feed = feeds.get(parentElement);
  const before = feed;
  if (!feed || isOtherView(feed.data, data)) {
    before?.close();
    feed = new Feed(parentElement, data);
    feed.root.open = before?.root.open ?? false;
    feeds.set(parentElement, feed);
  }
  feed.update(data, setTriggerValue);
  const isSameCourse = before?.data.course_id === data.course_id;
  if (feed !== before && isSameCourse && before.held) feed.togglePause();
  return () => {
    feeds.get(parentElement)?.close();
    feeds.delete(parentElement);
  };
}
