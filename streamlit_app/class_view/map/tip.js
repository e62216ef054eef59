// What a cell tells, beside the cell that has the focus; under the pointer the browser's own tooltip
// tells the same. In the top layer, where nothing cuts it off.
class MapTip {
  constructor(map) {
    this.map = map;
    this.root = made("div", "cp-map-tip");
    this.root.id = "cp-map-tip";
    this.root.dataset.testid = "map-tip";
    this.root.setAttribute("role", "tooltip");
    this.root.popover = "manual";
    map.root.append(this.root);
  }

  show(cell, text) {
    if (!text) return this.hide();
    setText(this.root, text);
    if (!this.cell) {
      this.root.showPopover();
      this.listen();
    }
    this.cell = cell;
    this.place();
  }

  // A finger beside the map leaves the focus where it is.
  listen() {
    this.shown = new AbortController();
    const options = { capture: true, passive: true, signal: this.shown.signal };
    document.addEventListener("scroll", () => this.place(), options);
    const hide = ({ target }) => this.map.root.contains(target) || this.hide();
    document.addEventListener("pointerdown", hide, options);
  }

  // Above the cell: a finger hides what is below it.
  place() {
    const [cell, window] = [this.cell, this.map.window].map((each) => each.getBoundingClientRect());
    const { width, height } = this.root.getBoundingClientRect();
    const left = Math.min(cell.left + cell.width / 2 - width / 2, innerWidth - width - 8);
    const top = cell.top - height - 4;
    const isInSight = cell.bottom > window.top && cell.top < window.bottom;
    const { style } = this.root;
    style.left = `${Math.max(8, left)}px`;
    style.top = `${top < 8 ? cell.bottom + 4 : top}px`;
    style.visibility = isInSight ? "visible" : "hidden";
  }

  hide() {
    if (!this.cell) return;
    this.cell = null;
    this.shown.abort();
    this.root.hidePopover();
  }
}
