// Whether somebody is about to press what the next drawing may move away: the cards of those who
// need a person come and go by need, and a card that jumps under the pointer is another student's.

// What is opened over a card is no part of it in the page.
const MOVES = ".st-key-attention, .st-key-clusters, [data-testid=stPopoverBody]";
const POINTS = ["pointermove", "pointerdown", "keydown", "keyup"];
// Whoever does nothing there for so long rests, and is to see new numbers all the same. A finger is
// gone when it has pressed.
const LONGEST_REST_MS = 10_000;
const AFTER_TOUCH_MS = 2_000;

class Pointing {
  constructor(onEnd) {
    this.onEnd = onEnd;
    this.isOn = false;
    this.points = ({ target, pointerType }) => {
      const rest = pointerType === "touch" ? AFTER_TOUCH_MS : LONGEST_REST_MS;
      this.note(Boolean(target.closest?.(MOVES)), rest);
    };
    this.leaves = () => this.note(false);
    for (const kind of POINTS) document.addEventListener(kind, this.points);
    document.documentElement.addEventListener("pointerleave", this.leaves);
  }

  note(isOn, rest) {
    clearTimeout(this.timer);
    if (isOn) this.timer = setTimeout(this.leaves, rest);
    const hasEnded = this.isOn && !isOn;
    this.isOn = isOn;
    if (hasEnded) this.onEnd();
  }

  close() {
    clearTimeout(this.timer);
    for (const kind of POINTS) document.removeEventListener(kind, this.points);
    document.documentElement.removeEventListener("pointerleave", this.leaves);
  }
}
