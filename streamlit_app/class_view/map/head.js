// The head of the table: the notebooks, then the exercises with how many solved each.

function made(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

// A sentence that depends on a number has two forms, and the number as {n}.
function filled(sentence, values) {
  const form = sentence.one ? sentence[values.n === 1 ? "one" : "other"] : sentence;
  return form.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// Whatever is the same stays as it is: no layout, nothing for a screen reader to tell.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

class MapHead {
  constructor() {
    this.root = made("thead");
  }

  // Neighbours of the same notebook share a heading.
  build({ exercises, texts, kept, course_id: course }) {
    const groups = made("tr", "cp-notebooks");
    this.corner = made("th", "cp-corner");
    this.corner.scope = "col";
    this.corner.rowSpan = 2;
    groups.append(this.corner);
    const names = made("tr", "cp-names");
    this.columns = [];
    // Both rows of the head, a cell a column of the table; some cells reach over several.
    this.grid = [[this.corner], [this.corner]];
    let heading;
    exercises.forEach((exercise, place) => {
      const begins = place === 0 || exercise.notebook !== exercises[place - 1].notebook;
      if (begins) {
        heading = made("th", "cp-notebook", exercise.notebook);
        heading.scope = "colgroup";
        heading.colSpan = 0;
        heading.title = exercise.notebook;
        groups.append(heading);
      }
      heading.colSpan = begins ? 1 : heading.colSpan + 1;
      const column = made("th", begins && place ? "cp-begins" : "");
      column.scope = "col";
      const name = made("a", "cp-exercise", exercise.name);
      name.tabIndex = -1;
      name.href = `exercise?${new URLSearchParams({ ...kept, course, exercise: exercise.name })}`;
      const bar = made("span", "cp-solved");
      bar.ariaHidden = "true";
      bar.append(made("i"));
      column.append(name, bar);
      names.append(column);
      this.columns.push(column);
      this.grid[0].push(heading);
      this.grid[1].push(column);
    });
    for (const [text, className] of [
      [texts.busy, "cp-busy"],
      [texts.last, "cp-last"],
    ]) {
      const column = made("th", className, text);
      column.scope = "col";
      column.rowSpan = 2;
      groups.append(column);
      for (const row of this.grid) row.push(column);
    }
    this.root.replaceChildren(groups, names);
  }

  update(exercises, enrolled, shown, texts) {
    const values = { n: shown, all: enrolled };
    setText(this.corner, filled(shown === enrolled ? texts.students : texts.some, values));
    exercises.forEach((exercise, place) => {
      const column = this.columns[place];
      const share = enrolled ? exercise.solved / enrolled : 0;
      column.querySelector("i").style.width = `${100 * share}%`;
      column.querySelector(".cp-solved").toggleAttribute("data-weak", exercise.is_weak);
      column.title = filled(exercise.is_weak ? texts.weak_column : texts.column, {
        name: exercise.name,
        title: exercise.title,
        n: exercise.solved,
        all: enrolled,
      }).replace(" :", ":");
    });
  }
}
