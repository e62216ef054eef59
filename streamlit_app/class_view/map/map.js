// The class map as a component of the page. It gets the whole matrix each time and changes only
// what differs. Rows stay where they are until the instructor asks.

// The more rows, the smaller they are.
// As few as these leave each name the 24 pixels that WCAG 2.2 asks of what is clicked.
const AIRY_ROWS = 24;
const ROOMY_ROWS = 40;
const SMALL_ROWS = 100;
// In a larger class only the rows in sight, and so many above and below them, are in the page.
const ALL_ROWS = 120;
const ROWS_BEYOND = 12;
const ROW_PX = { airy: 24, roomy: 20, small: 17, tiny: 13 }; // as in map.css
// From so many columns on they are narrower than WIDEST_COLUMN.
const ROOMY_COLUMNS = 24;
const WIDEST_COLUMN = 30;
const NARROWEST_COLUMN = 17;
// Longer names are cut, in widths of a digit; their titles are whole.
const LONGEST_NAME = 20;

// Japanese letters, and others like them, are as wide as two digits.
function widestOf(named) {
  const width = (name) => [...name].reduce((sum, letter) => sum + (letter >= "\u2e80" ? 2 : 1), 0);
  return named.reduce((most, { name }) => Math.max(most, width(name)), 0);
}

// The more columns, the narrower they are, but never so that a short name of one is cut.
function columnWidth(exercises) {
  if (exercises.length <= ROOMY_COLUMNS) return WIDEST_COLUMN;
  const longest = widestOf(exercises);
  return Math.min(WIDEST_COLUMN, Math.max(NARROWEST_COLUMN, 6 * longest + 1));
}

function sizeOf(rows) {
  if (rows <= AIRY_ROWS) return "airy";
  if (rows <= ROOMY_ROWS) return "roomy";
  return rows <= SMALL_ROWS ? "small" : "tiny";
}

// Stands for rows that are not in the page.
function spacer() {
  const row = made("tr");
  row.ariaHidden = "true";
  return row;
}

function range(first, last) {
  return Array.from({ length: last - first }, (_, place) => first + place);
}

// Put rows in order with as few moves as possible: what is in its place keeps focus and pointer.
function putInto(body, rows) {
  const wanted = new Set(rows);
  for (const row of [...body.children]) {
    if (!wanted.has(row)) row.remove();
  }
  let next = body.firstElementChild;
  for (const row of rows) {
    if (row === next) next = next.nextElementSibling;
    else body.insertBefore(row, next);
  }
}

// The course, and the section of it where the map is of one, as addresses name them.
function partOf({ course_id: course, kept: { section } }) {
  return { course, ...(section && { section }) };
}

class ClassMap {
  constructor(parent, data) {
    const { texts } = data;
    this.part = partOf(data);
    this.rows = new Map();
    this.shown = [];
    this.root = made("div", "cp-map");
    this.window = made("div", "cp-map-window");
    this.window.tabIndex = -1; // the table's cells are scrolled to by keys
    this.table = made("table");
    this.table.setAttribute("aria-label", texts.label);
    this.table.dataset.testid = "class-map";
    this.head = new MapHead();
    this.body = made("tbody");
    this.spacers = [spacer(), spacer(), spacer()];
    this.table.append(this.head.root, this.body);
    this.window.append(this.table);
    this.root.append(this.window, this.footer(texts));
    parent.append(this.root);
    this.keys = new MapKeys(this);
    this.table.addEventListener("animationend", (event) =>
      event.target.classList.remove("cp-changed"),
    );
    this.table.addEventListener("pointerover", (event) => this.explain(event.target));
    this.window.addEventListener("scroll", () => this.paintOther());
    this.resized = new ResizeObserver(() => this.paintOther());
    this.resized.observe(this.window);
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
    this.keys.hold();
    this.data = data;
    this.serverAhead ??= data.now_ms - performance.now();
    // The smallest difference seen is the one with the least delay on the way.
    this.serverAhead = Math.max(this.serverAhead, data.now_ms - performance.now());
    this.build(data);
    this.head.update(data.exercises, data.enrolled, data.students.length, data.texts);
    const longest = widestOf(data.students);
    const { style } = this.root;
    style.setProperty("--names", `calc(${Math.min(LONGEST_NAME, Math.max(10, longest))}ch + 24px)`);
    style.setProperty("--columns", data.exercises.length);
    style.setProperty("--column", `${columnWidth(data.exercises)}px`);
    this.table.toggleAttribute("data-dense", data.exercises.length > ROOMY_COLUMNS);
    this.students = new Map(data.students.map((student) => [student.id, student]));
    const asked = JSON.stringify(data.asked);
    if (asked !== this.asked) {
      this.asked = asked;
      this.arrange(data.order);
    } else {
      const kept = this.shown.filter((id) => this.students.has(id));
      const known = new Set(kept);
      this.arrange([...kept, ...data.order.filter((id) => !known.has(id))]);
    }
  }

  // The columns are built anew only when there are others.
  build(data) {
    const { exercises, kept } = data;
    const columns = JSON.stringify([kept, exercises.map(({ name, notebook }) => [name, notebook])]);
    if (columns === this.columns) return;
    this.columns = columns;
    this.begins = exercises.map(
      ({ notebook }, place) => place > 0 && notebook !== exercises[place - 1].notebook,
    );
    this.head.build(data);
    this.rows.clear(); // their elements go when others are painted, so that nothing scrolls
  }

  arrange(order) {
    const { texts } = this.data;
    this.shown = order;
    const rows = order.length;
    this.root.dataset.size = sizeOf(rows);
    const inOrder = this.data.order.join("\n") === this.shown.join("\n");
    this.reorder.disabled = inOrder;
    setText(this.reorder, inOrder ? texts.in_order : texts.reorder);
    this.table.ariaRowCount = rows + HEAD_ROWS;
    this.paint();
  }

  // Paint when rows come into sight that are not in the page; a small move needs nothing.
  paintOther() {
    if (!this.data || !this.painted) return;
    const [first, last] = this.inSight(0);
    if (first < this.painted.first || last > this.painted.last) this.paint();
  }

  paint() {
    if (!this.data) return;
    const [first, last] = this.inSight(ROWS_BEYOND);
    this.painted = { first, last };
    this.keys.hold();
    const places = range(first, last);
    const held = this.keys.heldRow;
    if (held >= 0 && held < first) places.unshift(held);
    if (held >= last) places.push(held);
    const wanted = new Set(places.map((place) => this.shown[place]));
    for (const id of this.rows.keys()) {
      if (!wanted.has(id)) this.rows.delete(id);
    }
    const { texts } = this.data;
    const rows = [];
    let next = 0;
    const [above, between, below] = this.spacers;
    const leap = (place) => {
      if (place === next) return;
      const gap = next === 0 ? above : place === this.shown.length ? below : between;
      gap.style.height = `${(place - next) * this.rowHeight}px`;
      rows.push(gap);
    };
    for (const place of places) {
      leap(place);
      next = place + 1;
      const id = this.shown[place];
      const student = this.students.get(id);
      let row = this.rows.get(id);
      if (!row) {
        row = new MapRow(student, this.data, this.begins);
        this.rows.set(id, row);
      }
      row.update(student, texts);
      const index = String(place + HEAD_ROWS + 1);
      if (row.root.ariaRowIndex !== index) row.root.ariaRowIndex = index;
      rows.push(row.root);
    }
    leap(this.shown.length);
    putInto(this.body, rows);
    this.tick();
    this.keys.settle();
  }

  // The cell at a place that counts the rows of the head too; its row has to be in the page.
  cellAt(row, column) {
    if (row < HEAD_ROWS) return this.head.grid[row][column];
    return this.rows.get(this.shown[row - HEAD_ROWS]).root.children[column];
  }

  placeOf(cell) {
    const { student } = cell.parentElement.dataset;
    if (student !== undefined)
      return [
        this.shown.indexOf(student) + HEAD_ROWS,
        [...cell.parentElement.children].indexOf(cell),
      ];
    const row = this.head.grid.findIndex((cells) => cells.includes(cell));
    return [row, this.head.grid[row].indexOf(cell)];
  }

  get heightOfRows() {
    return this.window.clientHeight - this.head.root.offsetHeight;
  }

  get rowHeight() {
    return ROW_PX[this.root.dataset.size];
  }

  // The first row that has to be in the page, and the one after the last, with some beyond.
  inSight(beyond) {
    const { length } = this.shown;
    if (length <= ALL_ROWS) return [0, length];
    const { scrollTop, clientHeight } = this.window;
    const first = Math.max(0, Math.floor(scrollTop / this.rowHeight) - beyond);
    const seen = Math.ceil(clientHeight / this.rowHeight) + 2 * beyond;
    return [Math.min(first, Math.max(0, length - seen)), Math.min(length, first + seen)];
  }

  tick() {
    // The past stands still.
    const now = this.data.is_past ? this.data.now_ms : performance.now() + this.serverAhead;
    for (const row of this.rows.values()) row.tick(now, this.data.texts);
  }

  // What a cell means is made only when somebody points at it, and not where it is told already.
  explain(target) {
    const cell = target.closest?.("td.cp-glyph-cell, td.cp-busy");
    if (cell && cell !== document.activeElement) cell.title = this.told(cell);
  }

  // What a cell tells beside what is seen in it.
  told(cell) {
    if (cell.matches("td.cp-busy")) return cell.textContent;
    if (!cell.matches("td.cp-glyph-cell")) return cell.querySelector("a")?.title || cell.title;
    const place = [...cell.parentElement.children].indexOf(cell) - 1;
    return filled(this.data.texts.cell, {
      student: this.students.get(cell.parentElement.dataset.student)?.name,
      exercise: this.data.exercises[place].name,
      state: cell.textContent,
    });
  }

  close() {
    this.keys.close();
    clearInterval(this.timer);
    this.resized.disconnect();
    this.root.remove();
  }
}

const maps = new WeakMap();

// Streamlit calls this when the component appears and after each drawing.
export default function ({ parentElement, data }) {
  let shown = maps.get(parentElement);
  if (JSON.stringify(shown?.part) !== JSON.stringify(partOf(data))) {
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
