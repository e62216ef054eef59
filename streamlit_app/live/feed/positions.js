// Positions are "milliseconds-sequence", and order everything that happened.
function comparePositions(one, other) {
  const [oneMs, oneSeq] = one.split("-").map(Number);
  const [otherMs, otherSeq] = other.split("-").map(Number);
  return oneMs - otherMs || oneSeq - otherSeq;
}
