// The list itself: newest first, each position once, at most MOST_ROWS. Whatever comes from a
// student goes into the page as text, never as markup.

const MOST_ROWS = 100;
const LONGEST_MESSAGE = 160;

// What happened, as one of the kinds that have a glyph and a word; null for what is not shown.
function kindOf(run) {
  switch (run.type ?? "cell_run") {
    case "cell_run":
      return { ok: "ok", error: "error", interrupted: "stopped" }[run.status] ?? null;
    case "check_result":
      return run.passed ? "solved" : "unsolved";
    case "help_requested":
      return "help";
    case "help_resolved":
      return "hand_down";
    case "session_started":
      return "came";
    case "session_ended":
      return "left";
    default:
      return null;
  }
}

// A client's clock may run ahead of ours, but a run that was kept back happened when it says.
function timeOf(run) {
  const times = [run.occurred_at, run.received_at].filter(Boolean).map(Date.parse);
  return new Date(Math.min(...times));
}

// Whether names, links or what may be seen at all are others than before.
function isOtherView(before, data) {
  const view = (of) => JSON.stringify([of.course_id, of.section, of.token, of.projected, of.kept]);
  return view(before) !== view(data);
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function whereOf(run) {
  const file = (run.notebook ?? "").split("/").pop();
  return run.exercise || file.replace(/\.ipynb$/i, "");
}

function shortened(text) {
  const line = text.trim().split("\n")[0];
  return line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE)}…` : line;
}

// The address of a student's page, with what goes along from page to page.
function studentAddress({ kept, course_id: course }, student) {
  return `student?${new URLSearchParams({ ...kept, course, student })}`;
}

// How a student is called: by the roster's name where there is one.
function nameIn({ names }, student) {
  return Object.hasOwn(names, student) ? names[student] : student;
}

// Writes times of day as the viewer's language does, in the course's zone or else the browser's.
function clockIn({ locale, time_zone: timeZone }) {
  return new Intl.DateTimeFormat(locale, { timeStyle: "medium", timeZone: timeZone ?? undefined });
}

class RunList {
  constructor(list, words, clock, addressOf, nameOf) {
    this.list = list;
    this.nameOf = nameOf;
    this.clock = clock;
    this.words = words;
    this.addressOf = addressOf;
    this.rows = new Map();
    this.wanted = "";
  }

  get shown() {
    return this.list.querySelectorAll("li:not([hidden])").length;
  }

  // Show only the rows that have a text somewhere.
  show(text) {
    this.wanted = text.trim().toLocaleLowerCase();
    for (const row of this.rows.values()) this.sift(row);
  }

  sift(row) {
    const told = `${row.textContent} ${row.dataset.student}`;
    row.hidden = !told.toLocaleLowerCase().includes(this.wanted);
  }

  add(run, isNew) {
    const kind = kindOf(run);
    if (!kind || this.rows.has(run.position)) return;
    let next = this.list.firstElementChild;
    while (next && comparePositions(next.dataset.position, run.position) > 0) {
      next = next.nextElementSibling;
    }
    if (!next && this.rows.size >= MOST_ROWS) return;
    const row = this.rowFor(run, kind);
    if (isNew) row.classList.add("cp-new");
    this.sift(row);
    this.list.insertBefore(row, next);
    this.rows.set(run.position, row);
    if (this.rows.size > MOST_ROWS) {
      const last = this.list.lastElementChild;
      this.rows.delete(last.dataset.position);
      last.remove();
    }
  }

  rowFor(run, kind) {
    const row = element("li", "cp-run");
    row.dataset.position = run.position;
    row.dataset.kind = kind;
    row.dataset.student = run.student_id;
    row.dataset.testid = "live-run";
    const when = timeOf(run);
    const time = element("time", "cp-time", this.clock.format(when));
    time.dateTime = when.toISOString();
    const student = element("a", "cp-student", this.nameOf(run.student_id));
    student.title = run.student_id;
    student.href = this.addressOf(run.student_id);
    const outcome = element("span", "cp-outcome");
    const glyph = element("span", "cp-glyph");
    glyph.dataset.kind = kind;
    glyph.ariaHidden = "true";
    outcome.append(glyph, element("span", "cp-word", this.words[kind]));
    row.append(time, student, element("span", "cp-where", whereOf(run)), outcome);
    const detail = this.detailFor(run, kind);
    if (detail) row.append(detail);
    return row;
  }

  detailFor(run, kind) {
    const message = kind === "help" ? run.help_message : run.error_message;
    if (kind !== "help" && kind !== "error") return null;
    if (!message && !run.error_name) return null;
    const detail = element("div", "cp-detail");
    if (kind === "error" && run.error_name) {
      detail.append(element("b", "", run.error_name), " ");
    }
    detail.append(element("span", "", shortened(message ?? "")));
    detail.title = message ?? "";
    return detail;
  }
}
