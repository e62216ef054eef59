// The list of runs as it was at a moment of the past: its rows come with each drawing.

class PastFeed {
  constructor(parent, data) {
    this.root = element("details", "cp-feed");
    this.root.dataset.testid = "past-feed";
    const list = element("ul", "cp-runs");
    list.setAttribute("role", "list");
    list.setAttribute("aria-label", data.texts.label);
    this.empty = element("p", "cp-empty", data.texts.empty);
    this.root.append(element("summary", "", data.texts.title), this.empty, list);
    parent.append(this.root);
    this.runs = new RunList(
      list,
      data.texts.kinds,
      clockIn(data),
      (student) => studentAddress(this.data, student),
      (student) => nameIn(this.data, student),
    );
  }

  update(data) {
    this.data = data;
    const wanted = new Set(data.runs.map((run) => run.position));
    for (const [position, row] of this.runs.rows) {
      if (wanted.has(position)) continue;
      row.remove();
      this.runs.rows.delete(position);
    }
    for (const run of data.runs) this.runs.add(run, false);
    this.empty.hidden = this.runs.rows.size > 0;
  }
}

const lists = new WeakMap();

export default function ({ parentElement, data }) {
  let shown = lists.get(parentElement);
  // Names, links and hints are those of the address, so none of them stays where that is another.
  if (!shown || isOtherView(shown.data, data)) {
    const isOpen = shown?.root.open ?? false;
    shown?.root.remove();
    shown = new PastFeed(parentElement, data);
    shown.root.open = isOpen;
    lists.set(parentElement, shown);
  }
  shown.update(data);
  return () => {
    lists.get(parentElement)?.root.remove();
    lists.delete(parentElement);
  };
}
