// The map by keyboard, as a grid: the Tab key stops once in it, arrows go from cell to cell, and the
// cell with the focus tells what it means, as one that is tapped does. The place is kept by names, so
// that the focus stays on its cell whatever is drawn anew.

const HEAD_ROWS = 2;

class MapKeys {
  constructor(map) {
    this.map = map;
    this.tip = new MapTip(map);
    this.at = { row: null, column: "name" };
    this.last = [HEAD_ROWS, 0];
    const { table } = map;
    table.setAttribute("role", "grid");
    table.addEventListener("keydown", (event) => this.press(event));
    table.addEventListener("click", (event) => this.tap(event.target));
    table.addEventListener("focusin", (event) => this.come(event.target));
    table.addEventListener("focusout", (event) => this.leave(event.target));
  }

  get columns() {
    return ["name", ...this.map.data.exercises.map(({ name }) => `exercise ${name}`), "busy", "last"];
  }

  // Before anything is drawn anew; until `settle` nobody has left.
  hold() {
    this.isHeld ||= this.map.table.contains(document.activeElement);
  }

  // Which row has to be in the page, from 0; less than that for none.
  get heldRow() {
    return this.isHeld ? this.find()[0] - HEAD_ROWS : -1;
  }

  // After it was drawn: the focus is on its cell, or on the one that has come into its place.
  settle() {
    const [row, column] = this.find();
    const cell = this.map.cellAt(row, column);
    this.at = { row: this.nameOf(row), column: this.columns[column] };
    this.last = [row, column];
    const stop = cell.querySelector("a") ?? cell;
    if (!this.isHeld) {
      this.stopAt(stop);
      return;
    }
    stop.tabIndex = 0;
    const isMoved = stop !== this.stop;
    if (document.activeElement !== stop) stop.focus({ preventScroll: true });
    this.isHeld = false;
    if (isMoved || this.tip.cell) this.tell(stop);
    else this.name(stop);
  }

  find() {
    const { shown, painted, window } = this.map;
    const end = shown.length + HEAD_ROWS;
    const { row, column } = this.at;
    let place = typeof row === "number" ? row : shown.indexOf(row) + HEAD_ROWS;
    if (place < HEAD_ROWS && row !== place) place = Math.min(this.last[0], end - 1);
    const isOut = place - HEAD_ROWS < painted.first || place - HEAD_ROWS >= painted.last;
    if (!this.isHeld && isOut && place >= HEAD_ROWS)
      place = HEAD_ROWS + Math.ceil(window.scrollTop / this.map.rowHeight);
    const { columns } = this;
    const known = columns.indexOf(column);
    return [place, known < 0 ? Math.min(this.last[1], columns.length - 1) : known];
  }

  nameOf(row) {
    return row < HEAD_ROWS ? row : this.map.shown[row - HEAD_ROWS];
  }

  // The one stop of the Tab key. Who still has the focus must not lose it by this.
  stopAt(stop) {
    if (this.stop === stop) return;
    stop.tabIndex = 0;
    if (this.stop?.matches("a")) this.stop.tabIndex = -1;
    else this.stop?.removeAttribute("tabindex");
    this.stop = stop;
  }

  press(event) {
    const { key, ctrlKey, altKey, metaKey, shiftKey } = event;
    const [row, column] = this.last;
    if (altKey || metaKey || shiftKey) return;
    if (key === "Escape" && this.tip.cell) this.tip.hide();
    else if (["Enter", " "].includes(key) && !event.target.matches("a")) this.tell(event.target);
    else {
      const next = this.next(key, ctrlKey, row, column);
      if (!next) return;
      this.go(...next);
    }
    event.preventDefault();
    event.stopPropagation();
  }

  next(key, withControl, row, column) {
    const { map } = this;
    const [end, right] = [map.shown.length + HEAD_ROWS - 1, this.columns.length - 1];
    if (withControl) return { Home: [0, 0], End: [end, right] }[key];
    const page = Math.max(1, Math.floor(map.heightOfRows / map.rowHeight) - 1);
    const to = (place) => [Math.max(0, Math.min(end, place)), column];
    return {
      ArrowUp: to(row - 1),
      ArrowDown: to(row + this.rowsOf(row, column)),
      PageUp: to(Math.min(row, Math.max(HEAD_ROWS, row - page))),
      PageDown: to(row + page),
      Home: [row, 0],
      End: [row, right],
      ArrowLeft: [row, this.beside(row, column, -1)],
      ArrowRight: [row, this.beside(row, column, 1)],
    }[key];
  }

  // Cells of the head may reach over both its rows, and over several columns.
  rowsOf(row, column) {
    const isTall = row === 0 && this.map.cellAt(0, column) === this.map.cellAt(1, column);
    return isTall ? HEAD_ROWS : 1;
  }

  beside(row, column, step) {
    const cell = this.map.cellAt(row, column);
    let next = column + step;
    while (next in this.columns && this.map.cellAt(row, next) === cell) next += step;
    return next in this.columns ? next : column;
  }

  go(row, column) {
    this.at = { row: this.nameOf(row), column: this.columns[column] };
    this.map.paint();
    const { window } = this.map;
    const { scrollTop } = window;
    this.stop.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (row < HEAD_ROWS) window.scrollTop = scrollTop; // the head is always in sight
  }

  tap(target) {
    const cell = target.closest("th, td");
    if (!cell || target.closest("a")) return;
    const stop = cell.querySelector("a") ?? cell;
    stop.tabIndex = 0;
    stop.focus({ preventScroll: true });
    this.tell(stop);
  }

  come(stop) {
    const cell = stop.closest("th, td");
    const [row, column] = this.map.placeOf(cell);
    this.at = { row: this.nameOf(row), column: this.columns[column] };
    this.last = [row, column];
    this.stopAt(stop);
    if (!this.isHeld) this.tell(stop);
  }

  leave(stop) {
    stop.removeAttribute("aria-label");
    if (!this.isHeld) this.tip.hide();
  }

  tell(stop) {
    this.tip.show(stop, this.name(stop));
  }

  // Readers hear of a cell whose it is; a link has a name, and what is told beside it describes it.
  name(stop) {
    const cell = stop.closest("th, td");
    const told = this.map.told(cell);
    if (stop !== cell) {
      if (!stop.title) stop.setAttribute("aria-describedby", this.tip.root.id);
    } else if (cell.matches("td") && told) {
      cell.removeAttribute("title");
      if (cell.ariaLabel !== told) cell.ariaLabel = told;
    }
    return told;
  }

  close() {
    this.tip.hide();
  }
}
