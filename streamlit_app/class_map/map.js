// The class map as a component of the page. It gets the whole matrix each time and changes only
// what differs. Rows stay where they are until the instructor asks.

// The more rows, the smaller they are.
const ROOMY_ROWS = 40;
const SMALL_ROWS = 100;

class ClassMap {
  constructor(parent, data) {
    const { texts } = data;
    this.courseId = data.course_id;
    this.rows = new Map();
    this.shown = [];
    this.root = made("div", "cp-map");
    this.window = made("div", "cp-map-window");
    this.window.tabIndex = 0;
    this.window.setAttribute("role", "region");
    this.window.setAttribute("aria-label", texts.label);
    this.table = made("table");
    this.table.dataset.testid = "class-map";
    this.head = new MapHead();
    this.body = made("tbody");
    this.table.append(this.head.root, this.body);
    this.window.append(this.table);
    this.root.append(this.window, this.footer(texts));
    parent.append(this.root);
    this.table.addEventListener("animationend", (event) =>
      event.target.classList.remove("cp-changed"),
    );
    this.table.addEventListener("pointerover", (event) => this.explain(event.target));
    this.timer = setInterval(() => this.tick(), 1000);
  }

  footer(texts) {
    const footer = made("div", "cp-map-footer");
    const legend = made("ul", "cp-legend");
    legend.setAttribute("role", "list");
    for (const state of ["solved", "ran", "working", "failing", "none"]) {
      const entry = made("li");
      const glyph = made("span", "cp-glyph-cell");
      glyph.dataset.state = state;
      if (state === "failing") glyph.dataset.runs = "3";
      glyph.ariaHidden = "true";
      entry.append(glyph, texts[state]);
      legend.append(entry);
    }
    this.reorder = made("button", "cp-reorder");
    this.reorder.type = "button";
    this.reorder.dataset.testid = "reorder";
    this.reorder.addEventListener("click", () => this.arrange(this.data.order));
    footer.append(legend, this.reorder);
    return footer;
  }

  update(data) {
    this.data = data;
    this.serverAhead ??= data.now_ms - performance.now();
    // The smallest difference seen is the one with the least delay on the way.
    this.serverAhead = Math.max(this.serverAhead, data.now_ms - performance.now());
    this.build(data);
    this.head.update(data.exercises, data.enrolled, data.students.length, data.texts);
    const present = new Set();
    for (const student of data.students) {
      present.add(student.id);
      let row = this.rows.get(student.id);
      if (!row) {
        row = new MapRow(student, data.course_id, this.begins);
        this.rows.set(student.id, row);
      }
      row.update(student, data.texts);
    }
    for (const id of this.rows.keys()) {
      if (!present.has(id)) this.rows.delete(id);
    }
    const asked = JSON.stringify(data.asked);
    if (asked !== this.asked) {
      this.asked = asked;
      this.arrange(data.order);
    } else {
      const kept = this.shown.filter((id) => present.has(id));
      const known = new Set(kept);
      this.arrange([...kept, ...data.order.filter((id) => !known.has(id))]);
    }
    this.tick();
  }

  // The columns are built anew only when there are others.
  build(data) {
    const columns = JSON.stringify(data.exercises.map(({ name, notebook }) => [name, notebook]));
    if (columns === this.columns) return;
    this.columns = columns;
    const { exercises } = data;
    this.begins = exercises.map(
      ({ notebook }, place) => place > 0 && notebook !== exercises[place - 1].notebook,
    );
    this.head.build(exercises, data.texts);
    this.rows.clear();
    this.shown = [];
    this.body.replaceChildren();
  }

  arrange(order) {
    const { texts } = this.data;
    if (order.join("\n") !== this.shown.join("\n")) {
      this.body.replaceChildren(...order.map((id) => this.rows.get(id).root));
      this.shown = order;
    }
    const rows = order.length;
    this.root.dataset.size = rows <= ROOMY_ROWS ? "roomy" : rows <= SMALL_ROWS ? "small" : "tiny";
    const inOrder = this.data.order.join("\n") === this.shown.join("\n");
    this.reorder.disabled = inOrder;
    setText(this.reorder, inOrder ? texts.in_order : texts.reorder);
  }

  tick() {
    const now = performance.now() + this.serverAhead;
    for (const row of this.rows.values()) row.tick(now, this.data.texts);
  }

  // What a glyph means is made only when somebody points at it.
  explain(target) {
    const cell = target.closest?.("td.cp-glyph-cell");
    if (!cell) return;
    const place = [...cell.parentElement.children].indexOf(cell) - 1;
    cell.title = filled(this.data.texts.cell, {
      student: cell.parentElement.dataset.student,
      exercise: this.data.exercises[place].name,
      state: cell.textContent,
    });
  }

  close() {
    clearInterval(this.timer);
    this.root.remove();
  }
}

const maps = new WeakMap();

// Streamlit calls this when the component appears and after each drawing.
export default function ({ parentElement, data }) {
  let shown = maps.get(parentElement);
  if (shown?.courseId !== data.course_id) {
    shown?.close();
    shown = new ClassMap(parentElement, data);
    maps.set(parentElement, shown);
  }
  shown.update(data);
  return () => {
    maps.get(parentElement)?.close();
    maps.delete(parentElement);
  };
}
