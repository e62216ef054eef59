// One student's row. Names come from students, so everything goes into the page as text.

const STATES = { s: "solved", r: "ran", f: "failing", w: "working", ".": "none" };
const BAR_WIDTH = 4;
const BAR_HEIGHT = 14;
// From so many runs a minute on a bar is as high as can be. A fixed scale: a bar of one student
// must not shrink because another one hurries.
const MOST_RUNS = 6;
const SHORTEST_BAR = 2.5;

function barsOf(runs) {
  return runs
    .map((count, place) => {
      if (!count) return "";
      const height = Math.max(SHORTEST_BAR, (BAR_HEIGHT * Math.min(count, MOST_RUNS)) / MOST_RUNS);
      return `M${place * BAR_WIDTH} ${BAR_HEIGHT}v${-height}h3v${height}z`;
    })
    .join("");
}

// In steps of five seconds, then of minutes: what changes every second draws the eye for nothing.
function ageInWords(seconds, texts) {
  if (seconds < 60) return filled(texts.seconds, { n: 5 * Math.floor(Math.max(0, seconds) / 5) });
  if (seconds < 3600) return filled(texts.minutes, { n: Math.floor(seconds / 60) });
  if (seconds < 2 * 86400) return filled(texts.hours, { n: Math.floor(seconds / 3600) });
  return filled(texts.days, { n: Math.floor(seconds / 86400) });
}

class MapRow {
  constructor(student, { course_id: course, kept }, begins) {
    this.root = made("tr");
    this.root.dataset.student = student.id;
    const head = made("th");
    head.scope = "row";
    const name = made("a");
    name.tabIndex = -1;
    name.href = `student?${new URLSearchParams({ ...kept, course, student: student.id })}`;
    this.name = name;
    this.needs = made("span", "cp-hidden");
    head.append(name, this.needs);
    this.cells = begins.map((isFirst) => made("td", isFirst ? "cp-glyph-cell cp-begins" : "cp-glyph-cell"));
    this.shown = [];
    this.busy = made("td", "cp-busy");
    const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    drawing.setAttribute("viewBox", `0 0 ${15 * BAR_WIDTH} ${BAR_HEIGHT}`);
    drawing.setAttribute("aria-hidden", "true");
    this.bars = document.createElementNS("http://www.w3.org/2000/svg", "path");
    drawing.append(this.bars);
    this.runs = made("span", "cp-hidden");
    this.busy.append(drawing, this.runs);
    this.last = made("td", "cp-last");
    this.root.append(head, ...this.cells, this.busy, this.last);
  }

  update(student, texts) {
    if (this.student === student) return;
    const isNew = !this.student;
    this.root.toggleAttribute("data-needs", student.needs);
    const { id, seat } = student;
    setText(this.name, student.name);
    const who = student.name.includes(id) ? student.name : `${student.name} (${id})`;
    const title = seat ? filled(texts.seat, { student: who, seat }) : who;
    if (this.name.title !== title) this.name.title = title;
    setText(this.needs, student.needs ? ` (${texts.needs})` : "");
    let failing = 0;
    this.cells.forEach((cell, place) => {
      const state = STATES[student.states[place]] ?? "none";
      const runs = state === "failing" ? student.failed[failing++] : 0;
      if (isNew || this.shown[place] !== `${state}${runs}`) {
        this.shown[place] = `${state}${runs}`;
        this.setCell(cell, state, runs, texts, isNew);
      }
    });
    const bars = barsOf(student.runs);
    if (this.bars.getAttribute("d") !== bars) this.bars.setAttribute("d", bars);
    const total = student.runs.reduce((sum, count) => sum + count, 0);
    setText(this.runs, filled(texts.runs, { n: total }));
    this.last.toggleAttribute("data-silent", student.silent);
    this.student = student;
  }

  setCell(cell, state, runs, texts, isNew) {
    cell.dataset.state = state;
    if (runs) cell.dataset.runs = runs > 9 ? "9+" : runs;
    else delete cell.dataset.runs;
    cell.textContent = runs ? filled(texts.failing_now, { n: runs }) : texts[state];
    if (!isNew) cell.classList.add("cp-changed");
  }

  tick(now, texts) {
    const { last_ms } = this.student;
    const age = last_ms === null ? texts.never : ageInWords((now - last_ms) / 1000, texts);
    setText(this.last, age);
  }
}
